// EXPECT: breaker: a classifier's on_exception takes a const std::exception_ptr&
// It is asked by many threads.
#include "breaker/breaker.hpp"

struct Counting {
  breaker::Verdict on_exception(const std::exception_ptr&) { return breaker::Verdict::failure; }
};

breaker::CircuitBreaker circuit{breaker::Config{}, Counting{}};
