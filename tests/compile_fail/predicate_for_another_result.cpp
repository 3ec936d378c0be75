// EXPECT: breaker: the predicate of failing_on\(\) can.t be called
// A predicate that can not judge this result must not pass it for a success.
#include "breaker/breaker.hpp"

struct Response {
  int status;
};
struct Unrelated {};
Unrelated fetch();

breaker::CircuitBreaker circuit{
    breaker::Config{}, breaker::failing_on([](const Response& r) { return r.status > 499; })};
void use() { circuit.call(fetch); }
