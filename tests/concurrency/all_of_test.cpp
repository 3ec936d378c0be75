// all_of under a race: when all parts stand at their limits, somebody trips.
#include <iterator>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("all parts of a combined policy reach their limits together under a race") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int threads = crew.threads;
  const int rounds = 1200 / threads;
  ManualClock clock;
  CircuitBreaker circuit{Config{},
                         all_of(FailureCount{threads, last_calls<20>()},
                                FailureCount{threads, within(10s)}, ConsecutiveFailures{threads}),
                         clock};
  int wrong = 0;

  Barrier start{threads, [&]() noexcept { circuit.reset(); }};
  Barrier end{threads, [&]() noexcept { wrong += circuit.state() != State::open ? 1 : 0; }};
  race(crew, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      circuit.try_acquire().failure();
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
}
