// The mutex: one at a time holds it, and who waits for it gets it.
#include "breaker/base/mutex.hpp"

#if defined(__linux__)
#include <signal.h>
#endif

#include <atomic>
#include <cerrno>
#include <thread>

#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using breaker::detail::Lock;
using breaker::detail::Mutex;

// In rounds: a wake-up that is lost is made good for by the next one, so that only the last may be missed.
TEST_CASE("whoever waits for the mutex gets it, on every system") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int rounds = 2'000 / crew.threads;
  static constinit Mutex mutex;
  int counted = 0;           // guarded by mutex
  std::atomic<int> came{0};  // in all rounds

  Barrier round{crew.threads};
  race(crew, [&](int) {
    for (int i = 0; i < rounds; ++i) {
      round.arrive_and_wait();
      came.fetch_add(1, std::memory_order_relaxed);
      const Lock lock{mutex};
      ++counted;
      if (i % 8 != 0) continue;
      const int all = (i + 1) * crew.threads;
      for (int j = 0; j < 16; ++j) {  // the others come to wait: on a busy machine, at once
        std::this_thread::yield();
        if (came.load(std::memory_order_relaxed) == all) break;
      }
    }
  });

  CHECK(counted == rounds * crew.threads);
}

#if defined(__linux__)
TEST_CASE("what a function said in errno stays, also where its thread had to wait for the mutex") {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  REQUIRE(sigaction(SIGUSR1, &action, nullptr) == 0);
  static constinit Mutex mutex;
  std::atomic<bool> is_there{false};
  int kept = 0;

  mutex.lock();
  std::thread waiting{[&] {
    errno = ECONNREFUSED;
    is_there = true;
    const Lock lock{mutex};
    kept = errno;
  }};
  while (!is_there) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) {
    pthread_kill(waiting.native_handle(), SIGUSR1);  // ends a wait of the kernel's, if it meets one
    std::this_thread::yield();
  }
  mutex.unlock();
  waiting.join();

  CHECK(kept == ECONNREFUSED);
}
#endif
