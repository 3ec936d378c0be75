// A circuit that trips again before it was closed for as long as its last wait goes on with its backoff.
#include <chrono>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

using Milliseconds = std::chrono::milliseconds;

struct Flapping {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures> circuit;

  explicit Flapping(OpenWait wait = Backoff{.first = 1s, .factor = 2, .max = 60s})
      : circuit{Config{.open_for = wait}, ConsecutiveFailures{5}, clock} {}

  // The dependency falls over under load. **Returns** how long the circuit waits.
  Milliseconds trip() {
    for (int i = 0; i < 5; ++i) circuit.try_acquire().failure();
    REQUIRE(circuit.why().to == State::open);
    return circuit.why().open_for;
  }

  // The wait is over, and the probe succeeds.
  void close() {
    clock.advance(circuit.why().open_for);
    circuit.try_acquire().success();
    REQUIRE(circuit.state() == State::closed);
  }

  // The wait is over, and the probe fails. **Returns** how long the circuit waits.
  Milliseconds fail_probe() {
    clock.advance(circuit.why().open_for);
    circuit.try_acquire().failure();
    return circuit.why().open_for;
  }
};

}  // namespace

TEST_CASE("a dependency that answers a probe and falls over under load is left alone for longer") {
  Flapping flapping;
  std::vector<Milliseconds> waits;

  for (int i = 0; i < 8; ++i) {
    waits.push_back(flapping.trip());
    flapping.close();
    flapping.clock.advance(100ms);
  }

  CHECK(waits == std::vector<Milliseconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
}

TEST_CASE("a circuit that was closed for as long as its last wait begins with the first again") {
  Flapping flapping;
  for (int i = 0; i < 3; ++i) {
    flapping.trip();
    flapping.close();
  }  // the last wait was 4 s

  SECTION("a moment less") {
    flapping.clock.advance(4s - 1ns);
    CHECK(flapping.trip() == 8s);
  }
  SECTION("as long") {
    flapping.clock.advance(4s);
    CHECK(flapping.trip() == 1s);
  }
}

TEST_CASE("the backoff goes on from where failed probes had brought it") {
  Flapping flapping;
  flapping.trip();
  CHECK(flapping.fail_probe() == 2s);
  CHECK(flapping.fail_probe() == 4s);
  flapping.close();

  CHECK(flapping.trip() == 8s);
  CHECK(flapping.fail_probe() == 16s);
}

TEST_CASE("the backoff goes on when the probe that closed the circuit came after a lost one") {
  Flapping flapping;
  flapping.trip();
  flapping.clock.advance(1s);
  const auto hung = flapping.circuit.try_acquire();
  flapping.clock.advance(1s);
  flapping.circuit.try_acquire().success();

  REQUIRE(hung);
  CHECK(flapping.trip() == 2s);
}

TEST_CASE("a circuit with a fixed wait waits no longer when it trips again soon") {
  Flapping flapping{30s};

  for (int i = 0; i < 5; ++i) {
    CHECK(flapping.trip() == 30s);
    flapping.close();
  }
}

TEST_CASE("what jitter cut off a wait does not shorten the time for which it is remembered") {
  Flapping flapping{Backoff{.first = 100s, .max = 1h, .jitter = 90_percent, .seed = 5}};
  const Milliseconds first = flapping.trip();
  REQUIRE(first < 90s);
  flapping.close();

  SECTION("closed for longer than it waited, but not for the configured wait") {
    flapping.clock.advance(100s - 1ns);
    CHECK(flapping.trip() > 0s);
    CHECK(flapping.circuit.saved().step == 1);
  }
  SECTION("closed for the configured wait") {
    flapping.clock.advance(100s);
    flapping.trip();
    CHECK(flapping.circuit.saved().step == 0);
  }
}

TEST_CASE("an opening by hand is no flapping, and ends it") {
  Flapping flapping;
  for (int i = 0; i < 3; ++i) {
    flapping.trip();
    flapping.close();
  }

  SECTION("trip") {
    flapping.circuit.trip();
    CHECK(flapping.circuit.why().open_for == 1s);
  }
  SECTION("trip for a while, closed by a probe") {
    flapping.circuit.trip(10s);
    flapping.close();
    CHECK(flapping.trip() == 1s);
  }
  SECTION("trip for a while, and the probe fails") {
    flapping.circuit.trip(10s);
    CHECK(flapping.fail_probe() == 1s);
    CHECK(flapping.fail_probe() == 2s);
  }
  SECTION("reset") {
    flapping.circuit.reset();
    CHECK(flapping.trip() == 1s);
  }
  SECTION("forced open") {
    flapping.circuit.force_open();
    flapping.circuit.reset();
    CHECK(flapping.trip() == 1s);
  }
}
