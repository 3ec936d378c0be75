// advise: what others say, told to one circuit.
#include "breaker/fleet/advise.hpp"

#include <chrono>
#include <string>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/describe.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

auto make(const ManualClock& clock, const Config& config = {.open_for = 10s}) {
  return CircuitBreaker{config, advised(ConsecutiveFailures{5}), clock};
}

template <class Circuit>
void fail(Circuit& circuit, int times) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().failure();
}

}  // namespace

TEST_CASE("a healthy circuit that has seen no failures is not opened by advice") {
  ManualClock clock;
  auto circuit = make(clock);
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(fleet::advise(circuit, 1h));
    circuit.try_acquire().success();
    clock.advance(1ms);
  }
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().transitions == 0);
}

TEST_CASE("after advice the circuit's own second failure in a row opens it") {
  ManualClock clock;
  auto circuit = make(clock);
  CHECK_FALSE(fleet::is_advised(circuit));
  CHECK_FALSE(fleet::advise(circuit, 3s));
  CHECK(fleet::is_advised(circuit));

  fail(circuit, 1);
  CHECK(circuit.state() == State::closed);
  fail(circuit, 1);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().reason == Reason::policy);
  CHECK(describe(circuit.why()) ==
        "closed -> open: 2 failures in a row (limit 2); calls are refused for 10000 ms");
}

TEST_CASE("what a circuit has seen before the advice counts") {
  ManualClock clock;
  auto circuit = make(clock);
  fail(circuit, 2);
  CHECK(circuit.state() == State::closed);

  CHECK(fleet::advise(circuit, 3s));
  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limits == Limits{{2}});
  CHECK_FALSE(fleet::advise(circuit, 3s));
}

TEST_CASE("advice ends") {
  ManualClock clock;
  auto circuit = make(clock);
  fleet::advise(circuit, 3s);

  SECTION("by itself") { clock.advance(3s); }
  SECTION("by newer advice") { fleet::advise(circuit, 0s); }
  SECTION("when the clock is set back") {
    clock.set(1h);
    fleet::advise(circuit, 3s);
    clock.set(0s);
  }
  fail(circuit, 4);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("advice moves nothing but a closed circuit") {
  ManualClock clock;
  auto circuit = make(clock);
  circuit.trip();
  const Saved open = circuit.saved();
  CHECK_FALSE(fleet::advise(circuit, 3s));
  CHECK(circuit.saved() == open);

  clock.advance(10s);
  const auto probe = circuit.try_acquire();
  const Generation recovery = circuit.snapshot().generation;
  CHECK_FALSE(fleet::advise(circuit, 3s));
  CHECK(circuit.snapshot().generation == recovery);

  circuit.force_open();
  CHECK_FALSE(fleet::advise(circuit, 3s));
  CHECK(circuit.state() == State::forced_open);
  CHECK_THROWS_AS(fleet::advise(circuit, -1ns), ConfigError);
}

TEST_CASE("a circuit opened under advice goes on with its backoff") {
  ManualClock clock;
  auto circuit = make(clock, {.open_for = Backoff{.first = 1s, .factor = 2, .max = 8s}});
  fail(circuit, 5);
  clock.advance(1s);
  circuit.try_acquire().success();
  fail(circuit, 2);

  CHECK(fleet::advise(circuit, 3s));
  CHECK(circuit.why().open_for == 2s);
}

TEST_CASE("an advised circuit that is healthy writes nothing") {
  ManualClock clock;
  auto circuit = make(clock);
  fail(circuit, 1);
  circuit.try_acquire().success();

  CHECK(circuit.numbers() == Numbers{});
  CHECK(detail::Peek::at(circuit).is_clean(StayId{}));
}

TEST_CASE("new limits keep the advice that stands") {
  ManualClock clock;
  auto circuit = make(clock);
  fleet::advise(circuit, 1h);
  circuit.reconfigure({.open_for = 10s}, advised(ConsecutiveFailures{10}));

  fail(circuit, 3);
  CHECK(circuit.state() == State::closed);
  fail(circuit, 1);
  CHECK(circuit.state() == State::open);
}
