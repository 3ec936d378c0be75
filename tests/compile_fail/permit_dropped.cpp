// EXPECT: ignoring return value .*(try_acquire|'nodiscard' attribute)
// FLAGS: -Werror
// A permit that is not kept is given back at once, before the call is made.
#include "breaker/breaker.hpp"

void drop(breaker::CircuitBreaker<>& circuit) { circuit.try_acquire(); }
