// EXPECT: breaker: two listeners were given; combine them as Listeners
// Several listeners go in as one part.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::Counters{},
                                [](const breaker::Transition&) {}};
