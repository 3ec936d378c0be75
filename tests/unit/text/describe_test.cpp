// describe: transitions and rejections in words.
#include "breaker/describe.hpp"

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

Transition tripped_by(const Words* words, const Numbers& numbers, const Limits& limits) {
  return {.from = State::closed,
          .to = State::open,
          .reason = Reason::policy,
          .generation = 1,
          .at = 5s,
          .open_for = 30s,
          .numbers = numbers,
          .limits = limits,
          .words = words,
          .has_numbers = true};
}

/// **Returns** what is said of a trip by `policy`, after its numbers.
template <class Policy>
std::string said_of(const Policy& policy, const Numbers& numbers) {
  return describe(tripped_by(&policy.words(), numbers, policy.limits()));
}

std::string cause_of(Reason reason, State from, State to) {
  return describe(Transition{.from = from,
                             .to = to,
                             .reason = reason,
                             .generation = 1,
                             .at = 0s,
                             .open_for = 0ms,
                             .numbers = {},
                             .limits = {},
                             .words = nullptr,
                             .has_numbers = true});
}

}  // namespace

TEST_CASE("a trip by a rate says which share crossed which") {
  CHECK(said_of(FailureRate{{.threshold = percent(50)}}, {{12, 20}}) ==
        "closed -> open: 12 of 20 calls failed, 60.0 % (limit 50.0 % of at least 20 calls); "
        "calls are refused for 30000 ms");
}

TEST_CASE("a trip by slow calls, or by bad ones, says so") {
  CHECK(said_of(SlowCallRate{{.slower_than = 1s, .threshold = Ratio{1, 3}, .min_calls = 3}},
                {{2, 3}}) ==
        "closed -> open: 2 of 3 calls were slow, 66.6 % (limit 33.3 % of at least 3 calls); "
        "calls are refused for 30000 ms");
  CHECK(said_of(BadCallRate{{.slower_than = 1s, .threshold = Ratio{1, 3}, .min_calls = 3}},
                {{2, 3}}) ==
        "closed -> open: 2 of 3 calls failed or were slow, 66.6 % (limit 33.3 % of at least 3 "
        "calls); calls are refused for 30000 ms");
}

TEST_CASE("a trip by a count says how many and of how many") {
  CHECK(said_of(ConsecutiveFailures{5}, {{5}}) ==
        "closed -> open: 5 failures in a row (limit 5); calls are refused for 30000 ms");
  CHECK(said_of(FailureCount{5, within(10s)}, {{6}}) ==
        "closed -> open: 6 failures in the window (limit 5); calls are refused for 30000 ms");
}

TEST_CASE("a trip by a policy without words, or whose numbers were lost, says no numbers") {
  const ConsecutiveFailures policy{5};
  Transition lost = tripped_by(&policy.words(), {}, {});
  lost.has_numbers = false;
  const Words silent{.rule = "silent"};

  CHECK(describe(tripped_by(nullptr, {{6}}, {})) ==
        "closed -> open: the policy's limit was reached; calls are refused for 30000 ms");
  CHECK(describe(tripped_by(&silent, {{6}}, {})) ==
        "closed -> open: the policy's limit was reached; calls are refused for 30000 ms");
  CHECK(describe(lost) == "closed -> open: the policy's limit was reached");
}

TEST_CASE("a sentence that is too long is cut") {
  const Words endless{
      .sentence = [](char* into, std::size_t size, const Numbers& /*seen*/,
                     const Limits& /*limits*/) { return std::snprintf(into, size, "%0500d", 0); }};

  const std::string text = describe(tripped_by(&endless, {}, {}));

  CHECK(text == "closed -> open: " + std::string(199, '0') + "; calls are refused for 30000 ms");
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
  CHECK(cause_of(Reason::reconfigured, State::half_open, State::half_open) ==
        "half_open -> half_open: new settings, what was counted is void");
  CHECK(cause_of(Reason::classifier, State::closed, State::open) ==
        "closed -> open: the classifier said so of an answer; calls are refused for 0 ms");
  CHECK(cause_of(static_cast<Reason>(99), State::closed, State::closed) == "closed -> closed: ?");
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
