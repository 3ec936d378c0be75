// EXPECT: deleted (function|operator).*
// Permits point to their circuit: it is not moved.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker<> make();
void move(breaker::CircuitBreaker<>& to) { to = make(); }
