// EXPECT: breaker: a policy is a trivially copyable value with ==
// Whether new settings differ from the old ones decides what becomes of what was counted.
#include "breaker/breaker.hpp"

struct Policy {
  struct Evidence {};
  breaker::Standing record(Evidence&, const breaker::Outcome&) const noexcept { return {}; }
};

breaker::CircuitBreaker circuit{breaker::Config{}, Policy{}};
