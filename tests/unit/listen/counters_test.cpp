// Counters: totals of how calls end.
#include "breaker/counters.hpp"

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("each call is in exactly one total, whichever stripe it was counted in") {
  CircuitBreaker circuit{Config{}, ManualClock{}, Counters<4>{}};
  auto late = circuit.try_acquire();

  for (unsigned thread = 1; thread <= 9; ++thread) {
    detail::own_thread_number = thread;
    circuit.try_acquire().success();
  }
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  for (int i = 0; i < 2; ++i) circuit.try_acquire().ignore();
  circuit.force_open();
  late.failure();
  static_cast<void>(circuit.try_acquire());

  const CallTotals totals = circuit.listener().totals();
  CHECK(totals.admitted == 15);
  CHECK(totals.succeeded == 9);
  CHECK(totals.failed == 3);
  CHECK(totals.ignored == 2);
  CHECK(totals.stale == 1);
  CHECK(totals.refused == 1);
}

TEST_CASE("calls that the circuit keeps no account of are counted all the same") {
  CircuitBreaker circuit{Config{.mode = Mode::shadow}, ManualClock{}, Counters<1>{}};
  circuit.force_open();

  circuit.try_acquire().failure();
  circuit.disable();
  circuit.try_acquire().success();

  const CallTotals totals = circuit.listener().totals();
  CHECK(totals.admitted == 2);
  CHECK(totals.failed == 1);
  CHECK(totals.succeeded == 1);
  CHECK(totals.refused == 1);
}

TEST_CASE("a repeated verdict is not counted") {
  CircuitBreaker circuit{Config{}, Counters{}};
  auto permit = circuit.try_acquire();

  permit.success();
  permit.failure();

  CHECK(circuit.listener().totals().succeeded == 1);
  CHECK(circuit.listener().totals().failed == 0);
}

TEST_CASE("timed counters add up and keep the longest, by how calls ended") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, TimedCounters{}};
  const auto settle = [&](std::chrono::nanoseconds time, Verdict verdict) {
    auto permit = circuit.try_acquire();
    clock.advance(time);
    permit.settle(verdict);
  };

  for (const auto time : {5ms, 20ms, 10ms}) settle(time, Verdict::success);
  settle(1s, Verdict::failure);
  settle(2s, Verdict::ignored);

  const CallDurations durations = circuit.listener().durations();
  CHECK(durations.succeeded.sum == 35ms);
  CHECK(durations.succeeded.longest == 20ms);
  CHECK(durations.failed.sum == 1s);
  CHECK(durations.ignored.longest == 2s);
  CHECK(circuit.listener().totals().succeeded == 3);
}

TEST_CASE("stale calls are in no duration") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, TimedCounters{}};
  auto permit = circuit.try_acquire();
  clock.advance(1s);

  circuit.reset();
  permit.success();

  CHECK(circuit.listener().durations().succeeded.sum == 0s);
  CHECK(circuit.listener().totals().stale == 1);
}

TEST_CASE("counters are moved into a circuit, never copied, and start there at 0") {
  Counters<2> counters;
  TimedCounters<2> timed;
  counters.on_admitted();
  timed.on_settled({Verdict::success, Settled::counted, 1s});

  const Counters<2> moved{std::move(counters)};
  const TimedCounters<2> timed_moved{std::move(timed)};

  CHECK(moved.totals().admitted == 0);
  CHECK(timed_moved.totals().succeeded == 0);
  CHECK(timed_moved.durations().succeeded.sum == 0s);
  STATIC_REQUIRE(!std::is_copy_constructible_v<Counters<2>>);
  STATIC_REQUIRE(!std::is_copy_constructible_v<TimedCounters<2>>);
}

TEST_CASE("timed counters keep what each thread counts, in one stripe too") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, TimedCounters<1>{}};

  CHECK(circuit.listener().durations().succeeded.longest == 0s);
  for (unsigned thread = 1; thread <= 3; ++thread) {
    detail::own_thread_number = thread;
    auto permit = circuit.try_acquire();
    clock.advance(1s);
    permit.success();
  }

  CHECK(circuit.listener().durations().succeeded.sum == 3s);
}

TEST_CASE("timed counters say since when the circuit has not been closed") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1s, .probe_lease = 1s}, ConsecutiveFailures{1}, clock,
                         Listeners{TimedCounters{}}};
  const auto since = [&] { return circuit.listener().get<TimedCounters<>>().not_closed_since(); };
  CHECK_FALSE(since());

  clock.advance(5s);
  circuit.try_acquire().failure();
  const auto left_at = clock.now().time_since_epoch();
  REQUIRE(since());
  CHECK(*since() <= left_at);
  CHECK(*since() > left_at - 1'100us);

  clock.advance(2s);
  auto lost = circuit.try_acquire();
  clock.advance(2s);
  auto probe = circuit.try_acquire();
  probe.failure();
  clock.advance(10s);
  auto last = circuit.try_acquire();
  CHECK(*since() > left_at - 1'100us);
  CHECK(*since() <= left_at);

  last.success();
  CHECK_FALSE(since());
  circuit.disable();
  CHECK(since());
  circuit.reset();
  CHECK_FALSE(since());
}

namespace {

Transition told(State from, State to, Generation generation, std::chrono::nanoseconds at) {
  Transition transition{};
  transition.from = from;
  transition.to = to;
  transition.generation = generation;
  transition.at = at;
  return transition;
}

}  // namespace

TEST_CASE("since when it has not been closed is right before the epoch of the clock") {
  TimedCounters counters;
  counters(told(State::closed, State::open, 1, -3h));

  REQUIRE(counters.not_closed_since());
  CHECK(*counters.not_closed_since() <= -3h);
  CHECK(*counters.not_closed_since() > -3h - 1'100us);
}

TEST_CASE("a transition that is told late does not undo a later one") {
  TimedCounters counters;
  counters(told(State::half_open, State::closed, 9, 9s));
  counters(told(State::closed, State::open, 7, 7s));
  CHECK_FALSE(counters.not_closed_since());

  counters(told(State::closed, State::open, 0x1fffff, 1s));
  counters(told(State::half_open, State::closed, 1, 2s));
  CHECK_FALSE(counters.not_closed_since());
}
