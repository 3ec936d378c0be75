// By hand: trip, retry_in, force_open, disable, reset. The last one wins.
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

TEST_CASE("a trip for a while extends an open wait, and never shortens it") {
  Circuits circuits;
  auto in_flight = circuits.circuit.try_acquire();
  circuits.circuit.try_acquire().failure();  // 30 s
  CHECK(in_flight.settle(Verdict::failure, 1h) == Settled::stale);

  SECTION("longer than what is left") {
    CHECK(circuits.circuit.trip(1h));
    CHECK(circuits.circuit.why().from == State::open);
    CHECK(circuits.circuit.why().reason == Reason::tripped);
    CHECK(circuits.circuit.why().open_for == 1h);
    circuits.clock.advance(1h - 1ms);
    CHECK(circuits.circuit.state() == State::open);
    circuits.clock.advance(1ms);
    CHECK(circuits.circuit.state() == State::half_open);
  }
  SECTION("as long as what is left, or shorter") {
    CHECK_FALSE(circuits.circuit.trip(Duration{GENERATE(30'000ms, 1ms)}));
    CHECK(circuits.circuit.snapshot().transitions == 1);
    CHECK(circuits.circuit.try_acquire().rejection().retry_after == 30s);
  }
  SECTION("after the wait is over") {
    circuits.clock.advance(GENERATE(30s, 40s));
    CHECK(circuits.circuit.trip(5s));
    CHECK(circuits.circuit.try_acquire().rejection().retry_after == 5s);
  }
}

TEST_CASE("a trip for a while does not get past force_open or disable") {
  const State from = GENERATE(State::forced_open, State::disabled);
  Circuits circuits;
  circuits.bring_to(from);

  CHECK_FALSE(circuits.circuit.trip(1h));

  CHECK(circuits.circuit.state() == from);
}

TEST_CASE("a health check that knows the dependency to be back lets the next call be the probe") {
  Circuits circuits;
  circuits.circuit.try_acquire().failure();
  circuits.clock.advance(2s + 7ns);

  CHECK(circuits.circuit.retry_in());

  CHECK(circuits.circuit.state() == State::half_open);
  CHECK(circuits.circuit.why().to == State::open);  // no transition: that comes with the next call
  CHECK(circuits.circuit.snapshot().transitions == 1);
  CHECK(circuits.circuit.try_acquire().is_probe());
  CHECK(circuits.circuit.why().reason == Reason::wait_over);
}

TEST_CASE("the end of an open wait can be moved, sooner and later") {
  const auto left = GENERATE(1ms, 10'000ms, 29'000ms, 200'000ms);
  Circuits circuits;
  circuits.circuit.try_acquire().failure();
  circuits.clock.advance(5s);

  CHECK(circuits.circuit.retry_in(left));

  CHECK(circuits.circuit.try_acquire().rejection().retry_after == left);
  circuits.clock.advance(left - 1ns);
  CHECK_FALSE(circuits.circuit.try_acquire());
  circuits.clock.advance(1ns);
  CHECK(circuits.circuit.try_acquire());
}

TEST_CASE("the end of an open wait is moved no further than the longest configured wait") {
  Circuits circuits;
  circuits.circuit.try_acquire().failure();

  CHECK(circuits.circuit.retry_in(24h));

  CHECK(circuits.circuit.try_acquire().rejection().retry_after == 5min);  // retry_after_max
}

TEST_CASE("a wait whose end was moved keeps its backoff") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = Backoff{.first = 1s, .factor = 10, .max = 100s}},
                         ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(1s);
  circuit.try_acquire().failure();  // 10 s

  circuit.retry_in();
  circuit.try_acquire().failure();

  CHECK(circuit.why().open_for == 100s);
}

TEST_CASE("the end of a wait can be moved only while there is one") {
  const State from = GENERATE(State::closed, State::half_open, State::forced_open, State::disabled);
  Circuits circuits;
  circuits.bring_to(from);

  CHECK_FALSE(circuits.circuit.retry_in(10s));

  CHECK(circuits.circuit.state() == from);
}

TEST_CASE("a wait that would end in the past is refused by name and changes nothing") {
  Circuits circuits;
  circuits.circuit.trip();

  CHECK_THROWS_AS(circuits.circuit.retry_in(-1ns), ConfigError);

  CHECK(circuits.circuit.try_acquire().rejection().retry_after == 30s);
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
  CHECK(circuits.circuit.snapshot().numbers == Numbers{});
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

  CHECK(circuit.snapshot().numbers == Numbers{});
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
