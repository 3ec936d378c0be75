// Half-open: how many good and bad probes decide, and that nothing else does.
#include <stdexcept>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

struct Recovering {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures> circuit;

  explicit Recovering(Config config) : circuit{config, ConsecutiveFailures{1}, clock} {
    circuit.try_acquire().failure();
    clock.advance(30s);
  }
};

}  // namespace

TEST_CASE("as many good probes as configured close the circuit, and no fewer") {
  const int needed = GENERATE(1, 2, 5, 63);
  Recovering recovering{{.probes = 2, .close_after = needed}};

  for (int i = 1; i < needed; ++i) recovering.circuit.try_acquire().success();
  CHECK(recovering.circuit.state() == State::half_open);
  recovering.circuit.try_acquire().success();

  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("as many good probes as there are slots close the circuit unless it is said otherwise") {
  Recovering recovering{{.probes = 3}};

  for (int i = 0; i < 2; ++i) recovering.circuit.try_acquire().success();
  CHECK(recovering.circuit.state() == State::half_open);
  recovering.circuit.try_acquire().success();

  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("as many bad probes as configured reopen the circuit, and no fewer") {
  const int needed = GENERATE(1, 2, 5, 63);
  Recovering recovering{{.probes = 1, .close_after = 63, .reopen_after = needed}};

  for (int i = 1; i < needed; ++i) {
    recovering.circuit.try_acquire().failure();
    recovering.circuit.try_acquire().success();
  }
  CHECK(recovering.circuit.state() == State::half_open);
  recovering.circuit.try_acquire().failure();

  CHECK(recovering.circuit.state() == State::open);
}

TEST_CASE("more good probes may be asked for than there are slots") {
  Recovering recovering{{.probes = 1, .close_after = 10}};

  for (int i = 0; i < 10; ++i) {
    CHECK(recovering.circuit.state() == State::half_open);
    recovering.circuit.try_acquire().success();
  }

  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("a probe whose function throws reopens the circuit") {
  Recovering recovering{{}};

  CHECK_THROWS_AS(recovering.circuit.call([] { throw std::logic_error{"down"}; }),
                  std::logic_error);

  CHECK(recovering.circuit.state() == State::open);
  CHECK_FALSE(recovering.circuit.try_acquire());
}

TEST_CASE("the trip lags no call behind the failure that caused it") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("a recovered circuit starts without evidence") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureRate{last_calls<10>(), {50_percent, 2}}, clock};
  for (int i = 0; i < 2; ++i) circuit.try_acquire().failure();
  clock.advance(30s);
  circuit.try_acquire().success();

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{});
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
}

TEST_CASE(
    "a circuit that nobody calls stays as it is, and the next call after years is the probe") {
  Recovering recovering{{}};
  recovering.clock.advance(std::chrono::hours{24 * 365 * 5} + 7ms);

  CHECK(recovering.circuit.snapshot().transitions == 1);
  const auto probe = recovering.circuit.try_acquire();
  CHECK(probe);
  CHECK_FALSE(recovering.circuit.try_acquire());
}
