// EXPECT: breaker: call\(\) takes a function that can be called without arguments
// The result of a call that can't be made is no error of its own.
#include "breaker/breaker.hpp"

int twice(int number) { return 2 * number; }
int use(breaker::CircuitBreaker<>& circuit) { return circuit.call(twice, 5); }
