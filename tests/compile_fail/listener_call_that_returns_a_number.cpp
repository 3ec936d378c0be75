// EXPECT: breaker: a listener's operator\(\) takes a const Transition& and returns void
// Beside another hook it would never be called.
#include "breaker/breaker.hpp"

struct Log {
  int operator()(const breaker::Transition&) { return 0; }
  void on_refused(const breaker::Rejection&) {}
};
breaker::CircuitBreaker circuit{breaker::Config{}, Log{}};
