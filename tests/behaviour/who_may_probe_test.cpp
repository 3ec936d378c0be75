// Not every call is fit to be a probe: a permit says whether it is one, and a call may say that it must
// not be.
#include <stdexcept>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct Circuits {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures> circuit;

  explicit Circuits(Config config = {.open_for = 30s})
      : circuit{config, ConsecutiveFailures{3}, clock} {}

  void open() {
    for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
    REQUIRE(circuit.state() == State::open);
  }
  void end_wait() {
    open();
    clock.advance(30s);
  }
};

}  // namespace

TEST_CASE("a permit says that it is a probe, and no other permit does") {
  Circuits circuits;
  auto& circuit = circuits.circuit;
  CHECK_FALSE(circuit.try_acquire().is_probe());  // closed
  circuits.open();
  CHECK_FALSE(circuit.try_acquire().is_probe());  // refused
  circuits.clock.advance(30s);

  auto probe = circuit.try_acquire();
  CHECK(probe.is_probe());
  CHECK_FALSE(circuit.try_acquire().is_probe());  // refused
  const auto moved = std::move(probe);
  CHECK(moved.is_probe());
  CHECK_FALSE(probe.is_probe());  // NOLINT(bugprone-use-after-move)
  circuit.disable();
  CHECK_FALSE(circuit.try_acquire().is_probe());
  CHECK(moved.is_probe());  // what it was admitted as
}

TEST_CASE("a pass in shadow mode is no probe") {
  Circuits circuits{{.open_for = 30s, .mode = Mode::shadow}};
  circuits.end_wait();
  const auto probe = circuits.circuit.try_acquire();

  CHECK(probe.is_probe());
  CHECK_FALSE(circuits.circuit.try_acquire().is_probe());
}

TEST_CASE("a local failure can count while closed and say nothing of the dependency as a probe") {
  Circuits circuits;
  const auto call = [&](bool pool_is_full) {
    auto permit = circuits.circuit.try_acquire();
    if (!pool_is_full) return permit.success();
    return permit.is_probe() ? permit.ignore() : permit.failure();
  };

  for (int i = 0; i < 3; ++i) call(true);
  CHECK(circuits.circuit.state() == State::open);
  circuits.clock.advance(30s);
  for (int i = 0; i < 5; ++i) call(true);
  CHECK(circuits.circuit.state() == State::half_open);
  call(false);
  CHECK(circuits.circuit.state() == State::closed);
}

TEST_CASE("a call that must not be a probe is refused where only a probe could pass") {
  Circuits circuits;
  auto& circuit = circuits.circuit;
  circuits.end_wait();

  SECTION("the wait is over") {}
  SECTION("half-open, with a free slot") { circuit.try_acquire().ignore(); }

  const auto refused = circuit.try_acquire(never_probe);
  REQUIRE_FALSE(refused);
  CHECK(refused.rejection().reason == RejectionReason::needs_probe);
  CHECK(refused.rejection().retry_after == 100ms);
  CHECK_FALSE(circuit.would_admit(never_probe));
  CHECK(circuit.would_admit());
  CHECK(circuit.try_acquire().is_probe());  // the slot was not taken
}

TEST_CASE("a call that must not be a probe is refused as such while probes are out") {
  Circuits circuits;
  circuits.end_wait();
  const auto probe = circuits.circuit.try_acquire();

  const auto refused = circuits.circuit.try_acquire(never_probe);

  REQUIRE(probe);
  REQUIRE_FALSE(refused);
  CHECK(refused.rejection().reason == RejectionReason::needs_probe);
}

TEST_CASE("a call that must not be a probe does not take the place of a lost one") {
  Circuits circuits;
  circuits.end_wait();
  const auto lost = circuits.circuit.try_acquire();
  circuits.clock.advance(30s);

  CHECK_FALSE(circuits.circuit.would_admit(never_probe));
  CHECK_FALSE(circuits.circuit.try_acquire(never_probe));

  REQUIRE(lost);
  CHECK(circuits.circuit.try_acquire().generation() == lost.generation() + 1);
}

TEST_CASE("if all calls say that they must not be probes, the circuit stays open") {
  Circuits circuits;
  circuits.end_wait();

  for (int i = 0; i < 100; ++i) {
    circuits.clock.advance(1h);
    CHECK_FALSE(circuits.circuit.try_acquire(never_probe));
  }

  CHECK(circuits.circuit.why().to == State::open);
  CHECK(circuits.circuit.snapshot().refused == 100);
}

TEST_CASE("elsewhere a call that must not be a probe is a call like any other") {
  Circuits circuits;
  auto& circuit = circuits.circuit;

  SECTION("closed: admitted and counted") {
    CHECK(circuit.would_admit(never_probe));
    for (int i = 0; i < 3; ++i)
      CHECK(circuit.try_acquire(never_probe).failure() == Settled::counted);
    CHECK(circuit.state() == State::open);
  }
  SECTION("open: refused for the rest of the wait") {
    circuits.open();
    circuits.clock.advance(10s);
    const auto refused = circuit.try_acquire(never_probe);
    CHECK_FALSE(circuit.would_admit(never_probe));
    CHECK(refused.rejection().reason == RejectionReason::open);
    CHECK(refused.rejection().retry_after == 20s);
  }
  SECTION("forced open: refused") {
    circuit.force_open();
    CHECK(circuit.try_acquire(never_probe).rejection().reason == RejectionReason::forced_open);
  }
  SECTION("disabled: admitted") {
    circuit.disable();
    CHECK(circuit.would_admit(never_probe));
    CHECK(circuit.try_acquire(never_probe).failure() == Settled::unaccounted);
  }
}

TEST_CASE("shadow mode lets a call pass that must not be a probe, and counts it as refused") {
  Circuits circuits{{.open_for = 30s, .mode = Mode::shadow}};
  circuits.end_wait();

  CHECK(circuits.circuit.would_admit(never_probe));
  CHECK(circuits.circuit.try_acquire(never_probe).success() == Settled::unaccounted);

  CHECK(circuits.circuit.snapshot().refused == 1);
  CHECK(circuits.circuit.state() == State::half_open);  // the wait is over: nobody has probed
}

TEST_CASE("call says it too, and its fallback hears why") {
  Circuits circuits;
  auto& circuit = circuits.circuit;
  const auto order = [] { return 1; };
  CHECK(circuit.call(never_probe, order) == 1);
  CHECK(circuit.call(never_probe, order, 0) == 1);
  circuits.end_wait();

  SECTION("without a fallback") {
    try {
      circuit.call(never_probe, order);
      FAIL("ran");
    } catch (const CircuitOpen& refused) {
      CHECK(refused.rejection().reason == RejectionReason::needs_probe);
    }
  }
  SECTION("with one") {
    const int answer = circuit.call(never_probe, order, [](const Rejection& rejection) {
      return rejection.reason == RejectionReason::needs_probe ? 2 : 3;
    });
    CHECK(answer == 2);
  }

  CHECK(circuit.call(order) == 1);  // the probe
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.call(never_probe, order) == 1);
}

TEST_CASE("a call is part of a probe of its own circuit, and of no other's") {
  ManualClock clock;
  CircuitBreaker own{Config{.open_for = 1s}, ConsecutiveFailures{1}, clock};
  CircuitBreaker other{Config{.open_for = 1s}, ConsecutiveFailures{1}, clock};
  own.try_acquire().failure();
  other.try_acquire().failure();
  clock.advance(1s);
  const auto probe = own.try_acquire();
  const auto probe_of_other = other.try_acquire();

  CHECK(own.try_acquire(probe));
  CHECK(own.call(probe, [] { return true; }));
  CHECK_FALSE(own.try_acquire(probe_of_other));
  CHECK_THROWS_AS(own.call(probe_of_other, [] {}), CircuitOpen);
}
