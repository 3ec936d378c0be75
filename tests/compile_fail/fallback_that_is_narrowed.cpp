// EXPECT: breaker: this value would be narrowed
// It would be 2.
#include "breaker/breaker.hpp"

int fetch();

int use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch, 2.9); }
