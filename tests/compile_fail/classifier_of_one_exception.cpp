// EXPECT: breaker: a classifier's on_exception takes a const std::exception_ptr&
// It would have to be caught first.
#include <stdexcept>

#include "breaker/breaker.hpp"

struct OfOne {
  breaker::Verdict on_exception(const std::runtime_error&) const {
    return breaker::Verdict::failure;
  }
};

breaker::CircuitBreaker circuit{breaker::Config{}, OfOne{}};
