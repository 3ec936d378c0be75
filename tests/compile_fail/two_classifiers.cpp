// EXPECT: breaker: two classifiers were given; combine them with \|
// Two classifiers are combined by saying how.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ignoring<int>(),
                                breaker::ignoring<long>()};
