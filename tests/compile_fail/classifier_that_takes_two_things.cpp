// EXPECT: breaker: a classifier's on_result takes a const R&
// It would never be asked.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};
struct ByStatus {
  breaker::Verdict on_result(const Response& response, int limit) const {
    return response.status < limit ? breaker::Verdict::success : breaker::Verdict::failure;
  }
};
void use() {
  breaker::CircuitBreaker circuit{breaker::Config{}, ByStatus{}};
  circuit.call([] { return Response{503}; });
}
