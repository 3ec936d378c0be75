// describe: transitions and rejections in words.
#include "breaker/describe.hpp"

#include <chrono>
#include <string>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

Transition tripped_by(const Limit& limit, const Evidence& evidence) {
  return {.from = State::closed,
          .to = State::open,
          .reason = Reason::policy,
          .generation = 1,
          .at = 5s,
          .open_for = 30s,
          .evidence = evidence,
          .limit = limit,
          .has_numbers = true};
}

std::string cause_of(Reason reason, State from, State to) {
  return describe(Transition{.from = from,
                             .to = to,
                             .reason = reason,
                             .generation = 1,
                             .at = 0s,
                             .open_for = 0ms,
                             .evidence = {0, 0, 0},
                             .limit = {},
                             .has_numbers = true});
}

}  // namespace

TEST_CASE("a trip by a rate says which share crossed which") {
  const Limit limit{.rule = Rule::failure_rate, .share = percent(50), .min_calls = 20};

  CHECK(describe(tripped_by(limit, {20, 12, 0})) ==
        "closed -> open: 12 of 20 calls failed, 60.0 % (limit 50.0 % of at least 20 calls); "
        "calls are refused for 30000 ms");
}

TEST_CASE("a trip by slow calls says so") {
  const Limit limit{.rule = Rule::slow_call_rate, .share = Ratio{1, 3}, .min_calls = 3};

  CHECK(describe(tripped_by(limit, {3, 0, 2})) ==
        "closed -> open: 2 of 3 calls were slow, 66.6 % (limit 33.3 % of at least 3 calls); "
        "calls are refused for 30000 ms");
}

TEST_CASE("a trip by a count says how many and of how many") {
  CHECK(describe(tripped_by({.rule = Rule::consecutive_failures, .count = 5}, {5, 5, 0})) ==
        "closed -> open: 5 failures in a row (limit 5); calls are refused for 30000 ms");
  CHECK(describe(tripped_by({.rule = Rule::failure_count, .count = 5}, {0, 6, 0})) ==
        "closed -> open: 6 failures in the window (limit 5); calls are refused for 30000 ms");
}

TEST_CASE("a trip by a policy of one's own, or whose numbers were lost, says no numbers") {
  Transition lost = tripped_by({.rule = Rule::failure_count, .count = 5}, {0, 0, 0});
  lost.has_numbers = false;

  CHECK(describe(tripped_by({.rule = Rule::custom}, {0, 0, 0})) ==
        "closed -> open: the policy's threshold was reached; calls are refused for 30000 ms");
  CHECK(describe(tripped_by({}, {0, 0, 0})) ==
        "closed -> open: the policy's threshold was reached; calls are refused for 30000 ms");
  CHECK(describe(lost) == "closed -> open: the policy's threshold was reached");
}

TEST_CASE("every other transition is told by its cause") {
  CHECK(cause_of(Reason::none, State::closed, State::closed) ==
        "closed -> closed: no transition yet");
  CHECK(cause_of(Reason::wait_over, State::open, State::half_open) ==
        "open -> half_open: the wait is over, a probe goes out");
  CHECK(cause_of(Reason::probes_succeeded, State::half_open, State::closed) ==
        "half_open -> closed: enough probes succeeded");
  CHECK(cause_of(Reason::probes_failed, State::half_open, State::open) ==
        "half_open -> open: too many probes failed; calls are refused for 0 ms");
  CHECK(cause_of(Reason::probe_lost, State::half_open, State::half_open) ==
        "half_open -> half_open: a probe was not heard of for a whole lease, a fresh one goes out");
  CHECK(cause_of(Reason::tripped, State::closed, State::open) ==
        "closed -> open: tripped by hand; calls are refused for 0 ms");
  CHECK(cause_of(Reason::forced_open, State::closed, State::forced_open) ==
        "closed -> forced_open: forced open by hand");
  CHECK(cause_of(Reason::disabled, State::closed, State::disabled) ==
        "closed -> disabled: disabled by hand");
  CHECK(cause_of(Reason::reset, State::disabled, State::closed) ==
        "disabled -> closed: reset by hand");
  CHECK(cause_of(Reason::restored, State::closed, State::open) ==
        "closed -> open: restored; calls are refused for 0 ms");
}

TEST_CASE("a rejection says why and for how long, rounded up") {
  CHECK(describe(Rejection{
            .retry_after = 1'249'000'001ns, .generation = 1, .reason = RejectionReason::open}) ==
        "refused: open, retry after 1250 ms");
}

TEST_CASE("what a circuit recorded can be described") {
  CircuitBreaker circuit{Config{.open_for = 1500us}, ConsecutiveFailures{2}};
  circuit.try_acquire().failure();
  circuit.try_acquire().failure();

  CHECK(describe(circuit.why()) ==
        "closed -> open: 2 failures in a row (limit 2); calls are refused for 2 ms");
}

TEST_CASE("a share of no calls is nothing") {
  const Limit limit{.rule = Rule::failure_rate, .share = percent(50), .min_calls = 1};

  CHECK(describe(tripped_by(limit, {0, 0, 0})) ==
        "closed -> open: 0 of 0 calls failed, 0.0 % (limit 50.0 % of at least 1 calls); "
        "calls are refused for 30000 ms");
}
