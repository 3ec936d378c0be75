// EXPECT: breaker: a policy is a trivially copyable value
// A policy runs between two states: it must not throw there.
#include "breaker/breaker.hpp"

struct Policy {
  struct Evidence {};
  breaker::Standing record(Evidence&, const breaker::Outcome&) const { return {}; }
  bool operator==(const Policy&) const = default;
};

breaker::CircuitBreaker circuit{breaker::Config{}, Policy{}};
