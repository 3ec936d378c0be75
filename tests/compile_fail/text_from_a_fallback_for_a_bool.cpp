// EXPECT: breaker: a pointer or a function is no fallback for a bool
// It would be true.
#include "breaker/breaker.hpp"

bool send();

bool use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(send, [](const breaker::Rejection&) { return "no"; });
}
