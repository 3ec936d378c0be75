// Stripes where POSIX has more than threads: forked processes and signal handlers lose no count either.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <type_traits>
#include <vector>

#include "breaker/base/stripes.hpp"
#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;

namespace {

struct Counts {
  detail::StripedCount one{0};
  detail::StripedCount other{0};
};

detail::Stripes<Counts, 2> counted_by_handler;

/// **Returns** whether any word of `thing` says that this thread owns a stripe. (Whether a count is lost, chance decides.)
template <class T>
bool names_this_thread(const T& thing) {
  static_assert(sizeof(T) % sizeof(std::uintptr_t) == 0);
  std::vector<std::uintptr_t> words(sizeof(T) / sizeof(std::uintptr_t));
  std::memcpy(words.data(), &reinterpret_cast<const unsigned char&>(thing), sizeof(T));
  return std::find(words.begin(), words.end(), detail::thread_key()) != words.end();
}

}  // namespace

TEST_CASE("a circuit that is shared by two processes loses no count, in any of its stripes") {
  using namespace breaker::literals;
  const auto policy = any_of(
      FailureRate{within<10, 2>(Duration{std::chrono::hours{1}}), {.threshold = 100_percent}},
      ConsecutiveFailures{5});
  using Circuit = CircuitBreaker<ManualClock, std::remove_const_t<decltype(policy)>,
                                 DefaultClassifier, Counters<2>>;
  struct Shared {
    Circuit circuit;
    std::atomic<int> here{0};
  };
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  auto& shared = *::new (memory) Shared{Circuit{Config{}, policy, ManualClock{}, Counters<2>{}}};
  detail::share_stripes(detail::Peek::at(shared.circuit).evidence);
  detail::share_stripes(detail::Peek::at(shared.circuit).listener);
  constexpr int calls = 300'000;

  // Both have the same key: the child's one thread is a copy of this one.
  const pid_t child = fork();
  shared.here.fetch_add(1);
  while (shared.here < 2) std::this_thread::yield();
  for (int i = 0; i < calls; ++i) shared.circuit.try_acquire().success();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);

  CHECK_FALSE(names_this_thread(shared));
  CHECK(shared.circuit.listener().totals().succeeded == 2 * calls);
  CHECK(shared.circuit.numbers(0) == Numbers{{0, 2 * calls}});
  std::destroy_at(&shared);
  munmap(memory, sizeof(Shared));
}

TEST_CASE("a child counts on in its copy, in the stripes that its thread owned") {
  detail::Stripes<Counts, 2> stripes;
  stripes.add(&Counts::one, 5);

  const pid_t child = fork();
  if (child == 0) {
    stripes.add(&Counts::one);
    _exit(stripes.sum(&Counts::one) == 6 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);

  CHECK(status == 0);
  CHECK(stripes.sum(&Counts::one) == 5);
}

TEST_CASE("no count is lost to a signal handler that counts in the stripe of its thread") {
  const auto count = [](int /*signal*/) {
    counted_by_handler.add(&Counts::one);  // which the thread may be about to count
    counted_by_handler.add(&Counts::other);
  };
  REQUIRE(std::signal(SIGUSR1, count) != SIG_ERR);
  const pthread_t here = pthread_self();
  constexpr int signals = 300;  // each waits for both threads to run

  std::thread sender{[here] {
    for (int i = 0; i < signals; ++i) {
      const auto handled = counted_by_handler.sum(&Counts::other);
      pthread_kill(here, SIGUSR1);
      while (counted_by_handler.sum(&Counts::other) == handled) std::this_thread::yield();
      counted_by_handler.add(&Counts::one);
    }
  }};
  std::uint64_t mine = 0;
  while (counted_by_handler.sum(&Counts::other) < signals) {
    counted_by_handler.add(&Counts::one);
    ++mine;
  }
  sender.join();
  std::signal(SIGUSR1, SIG_DFL);

  CHECK(counted_by_handler.sum(&Counts::one) == mine + 2 * signals);
  CHECK(counted_by_handler.sum(&Counts::other) == signals);
}
