// EXPECT: on_result.* is (private|a private member)
// A class with a private on_result.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

class ByStatus {
  breaker::Verdict on_result(const Response&) const { return breaker::Verdict::failure; }
};

int use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  return circuit.call(fetch).status;
}
