// Overdue under a race: places are neither lost nor kept, hanging calls are seen by many once, and nobody
// is taken for a call that hangs.
#include <cstddef>
#include <iterator>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("calls of many threads leave no place behind, and take none of those that hang") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  ManualClock clock;  // stands often: calls that began at the same time are equal
  CircuitBreaker circuit{Config{}, clock, Overdue<64>{{.limit = 1h, .calls = 3}}};
  std::vector<decltype(circuit)::Permit> hanging;
  for (int i = 0; i < 2; ++i) hanging.push_back(circuit.try_acquire());

  race(crew, [&](int number) {
    Random random{number};
    for (int i = 0; i < 16'000 / crew.threads; ++i) {
      auto one = circuit.try_acquire();
      auto other = circuit.try_acquire();
      if (random.below(4) == 0) clock.advance(2us);
      if (random.below(8) == 0) other.expect_long();
      one.settle(random.below(2) == 0 ? Verdict::success : Verdict::ignored);
      if (random.below(8) == 0) static_cast<void>(circuit.check());
    }
  });

  CHECK(circuit.numbers() == Numbers{{0, 2}});
  CHECK(circuit.snapshot().transitions == 0);
  clock.advance(2h);
  CHECK(circuit.numbers() == Numbers{{2, 2}});
}

TEST_CASE("many arrivals that find calls overdue open the circuit once") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, Overdue{{.limit = 1s, .calls = 2}}};
  using Permit = decltype(circuit)::Permit;
  std::vector<Permit> hanging(4);
  int wrong = 0;
  unsigned transitions = 0;

  Barrier start{crew.threads, [&]() noexcept {
                  circuit.reset();
                  for (Permit& permit : hanging) permit = circuit.try_acquire();
                  clock.advance(2s);
                  transitions = static_cast<unsigned>(circuit.snapshot().transitions);
                }};
  Barrier end{crew.threads, [&]() noexcept {
                const auto seen = circuit.snapshot();
                wrong += seen.state != State::open || seen.transitions != transitions + 1 ? 1 : 0;
              }};
  race(crew, [&](int number) {
    for (int round = 0; round < 1200 / crew.threads; ++round) {
      start.arrive_and_wait();
      // Two settle: two are left, as many as trip.
      if (number < 2) hanging[static_cast<std::size_t>(number)].success();
      if (number % 2 == 0) {
        static_cast<void>(circuit.try_acquire());
      } else {
        circuit.check();
      }
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
}
