// EXPECT: breaker: a classifier's on_result takes a const R&, and is const
// A judge does not change what it judges.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByStatus {
  breaker::Verdict on_result(Response&) const { return breaker::Verdict::failure; }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  return circuit.call(fetch).status;
}
