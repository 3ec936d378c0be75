// EXPECT: breaker: a policy's is_bad\(\) takes a const Outcome&, returns a bool, and is const
// It would never be asked.
#include "breaker/breaker.hpp"

struct Strict {
  using Evidence = breaker::InWord;
  breaker::Standing record(breaker::InWord&, const breaker::Outcome&) const noexcept { return {}; }
  bool is_bad(const breaker::Outcome& call) noexcept { return call.took > 100; }
  bool operator==(const Strict&) const = default;
};
breaker::CircuitBreaker circuit{breaker::Config{}, Strict{}};
