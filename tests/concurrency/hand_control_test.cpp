// Commands by hand race with verdicts and probes: the last command wins, and everything is told and
// counted once.
#include <atomic>
#include <iterator>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

TEST_CASE("a circuit that was forced open stays so, whatever verdicts race with it") {
  constexpr int threads = 4;
  constexpr int rounds = 1500;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1ms, .probes = 3}, ConsecutiveFailures{1}, clock};
  std::vector<decltype(circuit)::Permit> permits(threads);
  int wrong = 0;

  Barrier start{threads, [&]() noexcept {
                  circuit.reset();
                  circuit.trip();
                  clock.advance(1ms);
                  for (int i = 1; i < threads; ++i)
                    permits[static_cast<std::size_t>(i)] = circuit.try_acquire();
                }};
  Barrier end{threads, [&]() noexcept {
                if (circuit.state() != State::forced_open) ++wrong;
                clock.advance(1h);
                if (circuit.try_acquire()) ++wrong;
              }};
  race(threads, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      auto& mine = permits[static_cast<std::size_t>(number)];
      if (number == 0) circuit.force_open();
      if (number == 1) mine.success();
      if (number == 2) mine.failure();
      if (number == 3) mine.ignore();
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
}

TEST_CASE("a circuit that was disabled or reset stays so, whatever failures race with it") {
  constexpr int threads = 4;
  constexpr int rounds = 1500;
  const bool disables = GENERATE(false, true);
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, clock};
  std::vector<decltype(circuit)::Permit> permits(threads);
  int wrong = 0;

  Barrier start{threads, [&]() noexcept {
                  circuit.reset();
                  for (auto& permit : permits) permit = circuit.try_acquire();
                }};
  Barrier end{threads, [&]() noexcept {
                if (circuit.state() != (disables ? State::disabled : State::closed)) ++wrong;
                if (circuit.snapshot().numbers.at[0] != 0) ++wrong;
              }};
  race(threads, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      if (number > 0) {
        permits[static_cast<std::size_t>(number)].failure();
      } else if (disables) {
        circuit.disable();
      } else {
        circuit.reset();
      }
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
}

TEST_CASE("commands, calls and probes of all threads at once are one chain of events, all told") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 5ms, .probes = 2, .probe_lease = 64ms},
                         ConsecutiveFailures{2}, clock, Listeners{log, Counters{}}};
  std::atomic<std::uint64_t> asked{0};

  race(crew, [&](int number) {
    Random random{number};
    for (int i = 0; i < 4000 / crew.threads; ++i) {
      switch (random.below(40)) {
        case 0: circuit.force_open(); break;
        case 1: circuit.disable(); break;
        case 2: circuit.trip(); break;
        case 3:
        case 4:
        case 5: circuit.reset(); break;
        default: break;
      }
      ++asked;
      auto permit = circuit.try_acquire();
      clock.advance(1ms);
      if (permit) permit.settle(static_cast<Verdict>(random.below(3)));
    }
  });

  auto events = log.transitions();
  const CallTotals totals = circuit.listener().get<Counters<>>().totals();
  const Snapshot snapshot = circuit.snapshot();
  CHECK(is_one_chain(events));
  CHECK(events.size() == snapshot.transitions);
  CHECK(events.back().to == circuit.why().to);
  CHECK(circuit.why() == events.back());
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale);
  CHECK(totals.admitted + totals.refused == asked);
  CHECK(totals.refused == snapshot.refused);
  CHECK(totals.stale == snapshot.stale);
}

TEST_CASE("of many threads that trip at once, one does") {
  constexpr int threads = 4;
  constexpr int rounds = 1500;
  CircuitBreaker circuit{Config{}};
  std::atomic<int> tripped{0};

  Barrier start{threads, [&]() noexcept { circuit.reset(); }};
  race(threads, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      tripped += circuit.trip() ? 1 : 0;
    }
  });

  // The thread that comes to the barrier last resets when all of that round have tripped.
  CHECK(tripped == rounds);
  CHECK(circuit.snapshot().transitions == 2u * rounds);
}

TEST_CASE("what why() says of a transition is of that transition, also while others happen") {
  constexpr int threads = 4;
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureCount{1, within(10s)}, clock};
  std::atomic<int> torn{0};

  race(threads, [&](int number) {
    for (int i = 0; i < 4000; ++i) {
      if (number == 0) {
        circuit.trip(std::chrono::milliseconds{1000});
        circuit.reset();
      } else if (number == 1) {
        circuit.try_acquire().failure();  // opens for 30 s
      } else {
        const Transition last = circuit.why();
        if (!last.has_numbers) continue;
        const bool fits = last.reason == Reason::policy
                              ? last.open_for == 30s && last.numbers.at[0] >= 1
                          : last.reason == Reason::tripped ? last.open_for == 1s
                                                           : last.open_for == 0s;
        if (!fits) ++torn;
      }
    }
  });

  CHECK(torn == 0);
  CHECK(circuit.why().has_numbers);  // at rest they are there, whoever came last
}
