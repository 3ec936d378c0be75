// EXPECT: breaker: a listener's on_settled takes a const SettledCall&
// One of two; what it misses does not depend on the other.
#include "breaker/breaker.hpp"

struct Log {
  void operator()(const breaker::Transition&) {}
};
struct Calls : Log {
  void on_settled(breaker::Verdict) {}
};

breaker::CircuitBreaker circuit{breaker::Config{}, breaker::Listeners{Log{}, Calls{}}};
