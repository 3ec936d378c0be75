// EXPECT: breaker: a policy needs bool record
// A policy runs between two states: it must not throw there.
#include "breaker/breaker.hpp"

struct Policy {
  bool record(const breaker::Outcome&) { return false; }
  void clear() noexcept {}
};

breaker::CircuitBreaker circuit{breaker::Config{}, Policy{}};
