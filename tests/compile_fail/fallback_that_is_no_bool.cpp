// EXPECT: breaker: a fallback is a callable that takes nothing
// It returns nothing, so it is none; a lambda that captures nothing converts to a pointer, and that
// to true.
#include "breaker/breaker.hpp"

bool send();

bool use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(send, [] {});
}
