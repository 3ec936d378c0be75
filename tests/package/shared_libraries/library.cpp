#include "library.hpp"

#include "breaker/breaker.hpp"

void refuse() {
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::named("inside")};
  circuit.trip();
  circuit.call([] {});
}

void configure() { breaker::CircuitBreaker{breaker::Config{.probes = 0}}; }

std::error_code refused() {
  breaker::CircuitBreaker circuit{breaker::Config{}};
  circuit.trip();
  return circuit.call([] { return std::error_code{}; });
}
