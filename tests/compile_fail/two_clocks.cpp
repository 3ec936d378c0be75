// EXPECT: breaker: two clocks were given
// Which one would tell the time?
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ManualClock{}, breaker::CoarseClock{}};
