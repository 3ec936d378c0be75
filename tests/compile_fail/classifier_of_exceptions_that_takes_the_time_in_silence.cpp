// EXPECT: breaker: a classifier that takes how long a call took says so
// Nobody would tell it.
#include <chrono>
#include <exception>

#include "breaker/breaker.hpp"

struct ByTime {
  breaker::Verdict on_exception(const std::exception_ptr&, std::chrono::nanoseconds) const {
    return breaker::Verdict::ignored;
  }
};

breaker::CircuitBreaker circuit{breaker::Config{}, ByTime{}};
