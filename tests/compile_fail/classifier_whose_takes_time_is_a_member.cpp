// EXPECT: breaker: a classifier's takes_time is static constexpr
// It would not be heard, or not be a constant.
#include "breaker/breaker.hpp"

struct Patient {
  bool takes_time = true;
  breaker::Verdict on_result(int, std::chrono::nanoseconds) const {
    return breaker::Verdict::success;
  }
};
breaker::CircuitBreaker circuit{breaker::Config{}, Patient{}};
