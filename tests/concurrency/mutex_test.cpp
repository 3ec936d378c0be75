// The mutex: one at a time holds it, and who waits for it gets it.
#include "breaker/base/mutex.hpp"

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
  int counted = 0;  // guarded by mutex

  Barrier round{crew.threads};
  race(crew, [&](int) {
    for (int i = 0; i < rounds; ++i) {
      round.arrive_and_wait();
      const Lock lock{mutex};
      ++counted;
      if (i % 8 != 0) continue;
      for (int j = 0; j < 16; ++j) std::this_thread::yield();  // while others come to wait
    }
  });

  CHECK(counted == rounds * crew.threads);
}
