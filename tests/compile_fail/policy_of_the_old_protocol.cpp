// EXPECT: breaker: a policy is a trivially copyable value with ==, a type Evidence
// An earlier protocol: a policy counted in itself, and had record and clear.
#include "breaker/breaker.hpp"

class Policy {
 public:
  bool record(const breaker::Outcome& outcome) noexcept {
    failures_ += outcome.verdict == breaker::Verdict::failure ? 1 : 0;
    return failures_ >= 10;
  }
  void clear() noexcept { failures_ = 0; }

 private:
  int failures_ = 0;
};

breaker::CircuitBreaker circuit{breaker::Config{}, Policy{}};
