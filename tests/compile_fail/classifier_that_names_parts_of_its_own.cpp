// EXPECT: breaker: a classifier's on_result takes a const R&, and is const
// What the library calls a part of a pair is a user's name here.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByStatus {
  using FirstPart = Response;
  using SecondPart = Response;
  breaker::Verdict on_result(const Response&) { return breaker::Verdict::failure; }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  return circuit.call(fetch).status;
}
