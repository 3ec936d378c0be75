// Promise 2: a verdict of a closed call, or of an earlier recovery, moves nothing once the circuit has left
// that stay.
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

// Whether nothing but the count of stale verdicts differs.
bool same_but_for_stale(Snapshot before, const Snapshot& after) {
  before.stale = after.stale;
  return before == after;
}

}  // namespace

TEST_CASE("a call that began closed and ends while open does not lengthen the wait") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  auto late = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(29s);
  const Snapshot before = circuit.snapshot();

  const Settled settled = late.settle(verdict, 60s);

  CHECK(settled == Settled::stale);
  CHECK(same_but_for_stale(before, circuit.snapshot()));
  CHECK(circuit.try_acquire().rejection().retry_after == 1s);
  clock.advance(1s);
  CHECK(circuit.try_acquire());
}

TEST_CASE("a call that began closed can neither close nor reopen a half-open circuit") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 2, .close_after = 1}, ConsecutiveFailures{1}, clock};
  auto late = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto probe = circuit.try_acquire();
  const Snapshot before = circuit.snapshot();

  const Settled settled = late.settle(verdict);

  REQUIRE(probe);
  CHECK(settled == Settled::stale);
  CHECK(circuit.state() == State::half_open);
  CHECK(same_but_for_stale(before, circuit.snapshot()));
}

TEST_CASE("two late successes do not add up to a recovery") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 2}, ConsecutiveFailures{1}, clock};
  auto first = circuit.try_acquire();
  auto second = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(30s);
  auto probe = circuit.try_acquire();

  first.success();
  second.success();

  REQUIRE(probe);
  CHECK(circuit.state() == State::half_open);
  probe.success();
  CHECK(circuit.state() == State::half_open);  // one good probe of two
}

namespace {

template <class Policy>
void leave_no_evidence_in_the_next_closed_stay(const Policy& policy) {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, policy, clock};
  auto failed_late = circuit.try_acquire();
  auto succeeded_late = circuit.try_acquire();
  circuit.trip();
  clock.advance(30s);
  circuit.try_acquire().success();
  REQUIRE(circuit.state() == State::closed);

  const Settled failure = failed_late.failure();
  const Settled success = succeeded_late.success();

  CHECK(failure == Settled::stale);
  CHECK(success == Settled::stale);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{});
}

}  // namespace

TEST_CASE("a call that ends in the next closed stay leaves no evidence, whatever the policy") {
  SECTION("consecutive failures") {
    leave_no_evidence_in_the_next_closed_stay(ConsecutiveFailures{1});
  }
  SECTION("failure rate, last calls") {
    leave_no_evidence_in_the_next_closed_stay(
        FailureRate{last_calls<10>(), {.threshold = 1_percent, .min_calls = 1}});
  }
  SECTION("failure rate, time window") {
    leave_no_evidence_in_the_next_closed_stay(
        FailureRate{within(100s), {.threshold = 1_percent, .min_calls = 1}});
  }
  SECTION("failure rate, striped time window") {
    leave_no_evidence_in_the_next_closed_stay(
        FailureRate{within<10, 4>(100s), {.threshold = 1_percent, .min_calls = 1}});
  }
  SECTION("failure count, last calls") {
    leave_no_evidence_in_the_next_closed_stay(FailureCount{1, last_calls<10>()});
  }
  SECTION("failure count, time window") {
    leave_no_evidence_in_the_next_closed_stay(FailureCount{1, within(100s)});
  }
  SECTION("slow calls") {
    leave_no_evidence_in_the_next_closed_stay(
        SlowCallRate{{.slower_than = 1s, .threshold = 1_percent, .min_calls = 1}});
  }
  SECTION("any of") {
    leave_no_evidence_in_the_next_closed_stay(
        any_of(ConsecutiveFailures{1}, FailureCount{1, within(100s)}));
  }
  SECTION("all of") {
    leave_no_evidence_in_the_next_closed_stay(
        all_of(ConsecutiveFailures{1}, FailureCount{1, last_calls<10>()}));
  }
}

TEST_CASE("a probe of one recovery can't decide the next") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 2, .close_after = 1}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(30s);
  auto old = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto probe = circuit.try_acquire();
  const Snapshot before = circuit.snapshot();

  const Settled settled = old.settle(verdict);

  REQUIRE(probe);
  CHECK(settled == Settled::stale);
  CHECK(same_but_for_stale(before, circuit.snapshot()));
}

TEST_CASE("a probe that ends after the others closed the circuit is stale") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 2, .close_after = 1}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(30s);
  auto slow = circuit.try_acquire();
  circuit.try_acquire().success();
  REQUIRE(circuit.state() == State::closed);

  const Settled settled = slow.failure();

  CHECK(settled == Settled::stale);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{});
}

TEST_CASE("a verdict of before a command by hand is stale") {
  const int command = GENERATE(0, 1, 2, 3);
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock};
  auto before = circuit.try_acquire();

  if (command == 0) circuit.reset();
  if (command == 1) circuit.force_open();
  if (command == 2) circuit.disable();
  if (command == 3) circuit.trip();
  const State state = circuit.state();

  CHECK(before.failure() == Settled::stale);
  CHECK(circuit.state() == state);
}

TEST_CASE("a stale permit that is dropped moves nothing, whatever it was to count as") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock, log};
  {
    auto old = circuit.try_acquire();
    old.if_dropped(Verdict::failure);
    circuit.reset();
  }

  CHECK(circuit.state() == State::closed);
  CHECK(log.size() == 1);
  CHECK(circuit.snapshot().stale == 1);
}

TEST_CASE("a function that outlasts its generation still gives its result to the caller") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock};

  const int result = circuit.call([&] {
    circuit.force_open();
    return 42;
  });

  CHECK(result == 42);
  CHECK(circuit.state() == State::forced_open);
  CHECK(circuit.snapshot().stale == 1);
}

TEST_CASE("each stale verdict is counted once") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock};
  auto a = circuit.try_acquire();
  auto b = circuit.try_acquire();
  auto c = circuit.try_acquire();
  circuit.reset();

  a.success();
  b.failure();
  c.ignore();
  c.ignore();

  CHECK(circuit.snapshot().stale == 3);
}
