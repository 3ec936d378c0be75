// EXPECT: breaker: a fallback is a callable .*not for void, nor for a reference
// A reference result would refer to a value whose end nobody knows.
#include "breaker/breaker.hpp"

int& fetch();

int& use(breaker::CircuitBreaker<>& circuit, int& other) { return circuit.call(fetch, other); }
