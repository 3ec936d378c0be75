// EXPECT: breaker: a listener's on_refused takes a const Rejection&
// It would never be called.
#include "breaker/breaker.hpp"

struct Refusals {
  void operator()(const breaker::Transition&) {}
  void on_refused() {}
};

breaker::CircuitBreaker circuit{breaker::Config{}, Refusals{}};
