// EXPECT: breaker: a listener's on_reconfigured takes a const Reconfigured&
// What it is told is what was kept.
#include "breaker/breaker.hpp"

struct Settings {
  void on_reconfigured(const breaker::Config&) {}
};

breaker::CircuitBreaker circuit{breaker::Config{}, Settings{}};
