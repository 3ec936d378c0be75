// EXPECT: breaker: a policy is a trivially copyable value
// Settings are read word by word while they may be replaced.
#include <string>

#include "breaker/breaker.hpp"

struct Policy {
  std::string name;

  struct Evidence {};
  breaker::Standing record(Evidence&, const breaker::Outcome&) const noexcept { return {}; }
  bool operator==(const Policy&) const = default;
};

breaker::CircuitBreaker circuit{breaker::Config{}, Policy{"mine"}};
