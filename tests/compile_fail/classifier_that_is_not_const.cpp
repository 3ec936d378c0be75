// EXPECT: breaker: a classifier's on_result takes a const R&, and is const
// The circuit's classifier is const: it is asked by many threads.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByStatus {
  breaker::Verdict on_result(const Response&) { return breaker::Verdict::failure; }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  return circuit.call(fetch).status;
}
