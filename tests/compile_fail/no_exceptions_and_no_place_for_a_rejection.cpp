// EXPECT: breaker: without exceptions a refused call needs a fallback
// FLAGS: -fno-exceptions
// Without exceptions a rejection must have somewhere to go.
#include "breaker/breaker.hpp"

int fetch();

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
