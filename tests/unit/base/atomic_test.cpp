// The seam that atomics and the number of the thread come through.
#include "breaker/base/atomic.hpp"

#include <cstdint>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("a thread keeps its number, and no two threads that are alive share one, or a key") {
  std::set<unsigned> numbers;
  std::set<std::uintptr_t> keys;
  bool kept = true;
  std::mutex mutex;
  std::latch all_here{4};

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const unsigned number = detail::thread_number();
      all_here.arrive_and_wait();
      const std::lock_guard lock{mutex};
      kept = kept && detail::thread_number() == number && detail::known_thread_number() == number;
      numbers.insert(number);
      keys.insert(detail::thread_key());
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(kept);
  CHECK(numbers.size() == 4);
  CHECK(keys.size() == 4);
  CHECK(*numbers.begin() >= 1);
}

TEST_CASE("a thread that begins when another has ended, with its key, has its number") {
  std::map<std::uintptr_t, unsigned> number_of;
  bool kept = true;

  for (int i = 0; i < 100; ++i) {
    std::thread{[&] {
      const auto known = number_of.emplace(detail::thread_key(), detail::thread_number()).first;
      kept = kept && known->second == detail::thread_number();
    }}.join();
  }

  CHECK(kept);
  CHECK(number_of.size() < 100);  // or nothing was tried
}

TEST_CASE("what is added to a word alone is there, whatever it was") {
  detail::Atomic<std::uint64_t> word{7};

  detail::add_alone(word, 1);
  detail::add_alone(word, std::uint64_t{1} << 40);

  CHECK(word.load() == (std::uint64_t{1} << 40) + 8);
}

#if defined(__linux__)
TEST_CASE("more threads than there are places for numbers have each a number of their own") {
  // In a process of its own, as the places stay taken.
  const pid_t child = fork();
  if (child == 0) {
    constexpr int many = 300;  // there are 256 places
    std::set<unsigned> numbers;
    std::mutex mutex;
    std::latch all_here{many};
    std::vector<std::thread> threads;
    for (int i = 0; i < many; ++i) {
      threads.emplace_back([&] {
        {
          const std::lock_guard lock{mutex};
          numbers.insert(detail::thread_number());
        }
        all_here.arrive_and_wait();
      });
    }
    for (std::thread& thread : threads) thread.join();
    _exit(numbers.size() == many ? 0 : 1);
  }

  int status = 1;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif
