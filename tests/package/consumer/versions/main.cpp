// Two versions of the library in one program: each works on its own fields.
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>

#include "other.hpp"

int main() {
  breaker::ManualClock clock;
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = std::chrono::seconds{30}}, clock};
  circuit.trip();
  const bool is_right = circuit.try_acquire().rejection().retry_after == std::chrono::seconds{30};
  return is_right && is_right_in_the_other_version() ? 0 : 1;
}
