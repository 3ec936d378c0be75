// EXPECT: breaker: two policies were given; combine them with any_of, all_of
// Two policies are combined by saying how.
#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{3},
                                breaker::ConsecutiveFailures{5}};
