// By hand: trip, force_open, disable, reset. They take effect from every state, the last one wins.
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures>;

struct Circuits {
  ManualClock clock;
  Circuit circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};

  void bring_to(State state) {
    if (state == State::open || state == State::half_open) circuit.trip();
    if (state == State::half_open) {
      clock.advance(30s);
      circuit.try_acquire().ignore();
    }
    if (state == State::forced_open) circuit.force_open();
    if (state == State::disabled) circuit.disable();
    REQUIRE(circuit.state() == state);
  }
};

State any_state() {
  return GENERATE(State::closed, State::open, State::half_open, State::forced_open,
                  State::disabled);
}

}  // namespace

TEST_CASE("force_open, disable and reset take effect from every state") {
  const State from = any_state();
  Circuits circuits;
  circuits.bring_to(from);

  SECTION("force_open") {
    circuits.circuit.force_open();
    CHECK(circuits.circuit.state() == State::forced_open);
  }
  SECTION("disable") {
    circuits.circuit.disable();
    CHECK(circuits.circuit.state() == State::disabled);
  }
  SECTION("reset") {
    circuits.circuit.reset();
    CHECK(circuits.circuit.state() == State::closed);
  }
}

TEST_CASE("trip works from closed and half-open, elsewhere it changes nothing and says so") {
  const State from = any_state();
  Circuits circuits;
  circuits.bring_to(from);
  const bool works = from == State::closed || from == State::half_open;

  CHECK(circuits.circuit.trip() == works);

  CHECK(circuits.circuit.state() == (works ? State::open : from));
}

TEST_CASE("a trip for a while lasts that while, not the configured one") {
  Circuits circuits;

  CHECK(circuits.circuit.trip(2h));
  circuits.clock.advance(2h - 1ms);
  CHECK_FALSE(circuits.circuit.try_acquire());
  circuits.clock.advance(1ms);

  CHECK(circuits.circuit.try_acquire());
}

TEST_CASE("a trip for an impossible while is refused by name and changes nothing") {
  const Duration wait = GENERATE(Duration{0s}, Duration{-1s}, Duration{std::chrono::hours::max()});
  Circuits circuits;

  CHECK_THROWS_AS(circuits.circuit.trip(wait), ConfigError);

  CHECK(circuits.circuit.state() == State::closed);
}

TEST_CASE("nobody gets into a circuit that was forced open, however long it takes") {
  Circuits circuits;
  circuits.circuit.force_open();

  for (int i = 0; i < 10; ++i) {
    circuits.clock.advance(1000h);
    CHECK_FALSE(circuits.circuit.try_acquire());
    CHECK_FALSE(circuits.circuit.would_admit());
  }
}

TEST_CASE("everybody gets into a disabled circuit, and nothing is counted") {
  Circuits circuits;
  circuits.circuit.disable();

  for (int i = 0; i < 100; ++i) {
    auto permit = circuits.circuit.try_acquire();
    REQUIRE(permit);
    CHECK(permit.failure() == Settled::unaccounted);
  }

  CHECK(circuits.circuit.state() == State::disabled);
  CHECK(circuits.circuit.snapshot().evidence == Evidence{0, 0, 0});
}

TEST_CASE("a call that began while disabled is unaccounted, also when it ends while closed") {
  Circuits circuits;
  circuits.circuit.disable();
  auto permit = circuits.circuit.try_acquire();
  circuits.circuit.reset();

  CHECK(permit.failure() == Settled::unaccounted);

  CHECK(circuits.circuit.state() == State::closed);
}

TEST_CASE("a reset clears the evidence, and the next failures count from nothing") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}};
  circuit.try_acquire().failure();

  circuit.reset();

  CHECK(circuit.snapshot().evidence == Evidence{0, 0, 0});
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a trip by hand during a growing wait starts from the first wait") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = Backoff{.first = 1s, .factor = 10, .max = 100s}},
                         ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(1s);
  circuit.try_acquire().failure();  // 10 s
  clock.advance(10s);
  circuit.try_acquire().ignore();

  circuit.trip();

  CHECK(circuit.why().reason == Reason::tripped);
  CHECK(circuit.why().open_for == 1s);
}

TEST_CASE("a circuit that was tripped by hand recovers as any other") {
  Circuits circuits;
  circuits.circuit.trip();
  circuits.clock.advance(30s);

  circuits.circuit.try_acquire().success();

  CHECK(circuits.circuit.state() == State::closed);
}
