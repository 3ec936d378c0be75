// EXPECT: breaker: a part must be a clock
// What is none of the four kinds is not ignored in silence.
#include "breaker/breaker.hpp"

struct Unrelated {};

breaker::CircuitBreaker circuit{breaker::Config{}, Unrelated{}};
