// EXPECT: breaker: a clock needs
// A wall clock is set back and forth.
#include <chrono>

#include "breaker/breaker.hpp"

breaker::CircuitBreaker circuit{breaker::Config{}, std::chrono::system_clock{}};
