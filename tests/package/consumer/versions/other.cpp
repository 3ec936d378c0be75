// Compiled with the headers of another version.
#include "other.hpp"

#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>

bool is_right_in_the_other_version() {
  breaker::ManualClock clock;
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = std::chrono::seconds{60}}, clock};
  circuit.trip();
  return circuit.try_acquire().rejection().retry_after == std::chrono::seconds{60};
}
