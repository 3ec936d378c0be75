// EXPECT: breaker: this part would refer to a temporary
// The circuit has a place for it; the clock behind it would be gone.
#include <chrono>

#include "breaker/breaker.hpp"

breaker::CircuitBreaker<breaker::AnyClock> circuit{breaker::Config{}, std::chrono::steady_clock{}};
