// EXPECT: deleted (function|copy constructor) .*Permit
// The right to make one call is held once.
#include "breaker/breaker.hpp"

void copy(breaker::CircuitBreaker<>& circuit) {
  auto permit = circuit.try_acquire();
  auto second = permit;
}
