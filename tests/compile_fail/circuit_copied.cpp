// EXPECT: deleted (function|constructor) .*CircuitBreaker
// Permits point to their circuit: it is not copied.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker<> circuit;
auto second = circuit;
