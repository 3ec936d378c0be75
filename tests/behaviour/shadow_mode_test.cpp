// Shadow mode: everything is computed, nothing is refused, would-be refusals are counted.
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct Shadow {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, TransitionLog> circuit{
      Config{.open_for = 30s, .mode = Mode::shadow}, ConsecutiveFailures{1}, clock, log};
};

}  // namespace

TEST_CASE("in shadow mode no call is refused, and those that would be are counted") {
  Shadow shadow;
  shadow.circuit.try_acquire().failure();

  for (int i = 0; i < 10; ++i) CHECK(shadow.circuit.call([] { return true; }, false));

  CHECK(shadow.circuit.snapshot().refused == 10);
  CHECK(shadow.circuit.state() == State::open);
}

TEST_CASE("in shadow mode the machine goes through the same states at the same times") {
  Shadow shadow;

  shadow.circuit.try_acquire().failure();
  shadow.clock.advance(30s);
  shadow.circuit.try_acquire().failure();
  shadow.clock.advance(30s);
  shadow.circuit.try_acquire().success();

  const auto events = shadow.log.transitions();
  REQUIRE(events.size() == 5);
  CHECK(events[0].reason == Reason::policy);
  CHECK(events[1].reason == Reason::wait_over);
  CHECK(events[2].reason == Reason::probes_failed);
  CHECK(events[4].reason == Reason::probes_succeeded);
}

TEST_CASE("the verdict of a call past a shadow refusal is unaccounted and moves nothing") {
  Shadow shadow;
  shadow.circuit.try_acquire().failure();

  CHECK(shadow.circuit.try_acquire().failure() == Settled::unaccounted);
  auto outlasts = shadow.circuit.try_acquire();
  shadow.clock.advance(30s);
  shadow.circuit.try_acquire().success();

  CHECK(outlasts.failure() == Settled::unaccounted);
  CHECK(shadow.circuit.state() == State::closed);
}

TEST_CASE("in shadow mode a forced-open circuit lets calls pass, and says that it would admit") {
  Shadow shadow;
  shadow.circuit.force_open();

  CHECK(shadow.circuit.would_admit());
  CHECK(shadow.circuit.try_acquire());
  CHECK(shadow.circuit.snapshot().refused == 1);
}

TEST_CASE("in shadow mode a fallback hears of failures, never of refusals") {
  Shadow shadow;
  shadow.circuit.try_acquire().failure();
  bool refused = false;

  const int result = shadow.circuit.call([]() -> int { throw 1; },
                                         [&](const NoResult& why) {
                                           refused = why.rejection() != nullptr;
                                           return 2;
                                         });

  CHECK(result == 2);
  CHECK_FALSE(refused);
}
