// EXPECT: breaker: call\(\) takes a function that can be called without arguments
// Arguments are captured.
#include "breaker/breaker.hpp"

int fetch(int key);

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
