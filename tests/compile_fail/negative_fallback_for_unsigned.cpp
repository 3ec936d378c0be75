// EXPECT: breaker: this value would be narrowed
// It would be 4294967295.
#include "breaker/breaker.hpp"

unsigned fetch();

unsigned use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch, -1); }
