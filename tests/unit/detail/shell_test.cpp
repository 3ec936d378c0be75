// Shell: what it does to a policy on each transition.
#include "breaker/detail/shell.hpp"

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;

TEST_CASE("evidence is void after 256 transitions without a closed stay among them") {
  for (const int transitions : {255, 256, 257}) {
    CAPTURE(transitions);
    CircuitBreaker circuit{
        Config{}, FailureRate{last_calls<10>(), {.threshold = percent(50), .min_calls = 10}}};
    for (int i = 0; i < 9; ++i) circuit.try_acquire().failure();
    REQUIRE(circuit.snapshot().evidence.failures == 9);

    for (int i = 1; i < transitions; ++i) {
      if (i % 2 == 0) circuit.disable();
      if (i % 2 != 0) circuit.force_open();
    }
    circuit.reset();

    CHECK(circuit.snapshot().generation == static_cast<Generation>(transitions));
    CHECK(circuit.snapshot().evidence == Evidence{0, 0, 0});
  }
}
