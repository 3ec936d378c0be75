// EXPECT: breaker: a classifier's on_result returns a Verdict or a Judgement
// Is true good, or bad?
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByStatus {
  bool on_result(const Response&) const { return true; }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  return circuit.call(fetch).status;
}
