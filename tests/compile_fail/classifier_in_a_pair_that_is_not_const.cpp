// EXPECT: breaker: a classifier's on_result takes a const R&, and is const
// The other of the pair judges this result as it should.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};

Response fetch();

struct ByStatus {
  breaker::Verdict on_result(const Response&) { return breaker::Verdict::failure; }
};

int use() {
  breaker::CircuitBreaker circuit{
      breaker::Config{},
      breaker::operator|(ByStatus{}, breaker::failing_on([](const Response&) { return false; }))};
  return circuit.call(fetch).status;
}
