// EXPECT: breaker: two names were given
// Which one?
#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::named("a"), breaker::named("b")};
