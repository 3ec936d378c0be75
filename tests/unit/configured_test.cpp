// Configured: a circuit that keeps its settings as they were given.
#include "breaker/configured.hpp"

#include <chrono>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("a configured circuit gives its Config back as it was given") {
  ManualClock clock;
  Configured circuit{Config{.open_for = 1s, .probe_lease = 999'999'937ns}, ConsecutiveFailures{1},
                     clock};
  CHECK(circuit.config().probe_lease.ticks() == 999'999'937);

  const Reconfigured kept = circuit.reconfigure(Config{.open_for = 7s, .probes = 3});

  CHECK(kept.times == 1);
  CHECK(circuit.config().probes == 3);
  CHECK(circuit->policy() == ConsecutiveFailures{1});
  circuit->try_acquire().failure();
  CHECK((*circuit).why().open_for == 7s);

  CHECK(circuit.reconfigure(Config{.probes = 4}, ConsecutiveFailures{2}).times == 2);
  CHECK(circuit.config().probes == 4);
  CHECK(circuit->policy() == ConsecutiveFailures{2});
}

TEST_CASE("a Config that is refused is not kept") {
  Configured circuit{Config{.probes = 2}};

  CHECK_THROWS_AS(circuit.reconfigure(Config{.probes = 0}), ConfigError);
  CHECK_THROWS_AS(circuit.reconfigure(Config{}, ConsecutiveFailures{0}), ConfigError);

  CHECK(circuit.config().probes == 2);
}

namespace {

/// Changes the settings again while it hears of a change.
struct Insists {
  using Circuit = CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Insists>;

  Configured<Circuit>** circuit;

  void on_reconfigured(const Reconfigured& kept) const {
    if (kept.times == 1) (*circuit)->reconfigure(Config{.probes = 9});
  }
};

}  // namespace

TEST_CASE("the Config of the last change is kept, be it that another change ends later") {
  Configured<Insists::Circuit>* self = nullptr;
  Configured<Insists::Circuit> circuit{Config{}, ConsecutiveFailures{2}, Insists{&self}};
  self = &circuit;

  circuit.reconfigure(Config{.probes = 5});

  CHECK(circuit.config().probes == 9);
}

TEST_CASE("the number of changes may pass 2^16") {
  Configured circuit{Config{}};
  for (int i = 0; i < 65'536 + 2; ++i) circuit.reconfigure(Config{.probes = 1 + i % 60});
  CHECK(circuit.config().probes == 1 + 65'537 % 60);
}
