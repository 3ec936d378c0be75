// EXPECT: breaker: a clock needs a noexcept now
// A clock must not throw in the middle of a transition.
#include <chrono>

#include "breaker/breaker.hpp"

struct Clock {
  static constexpr bool is_steady = true;
  std::chrono::steady_clock::time_point now() const { return {}; }
};

breaker::CircuitBreaker circuit{breaker::Config{}, Clock{}};
