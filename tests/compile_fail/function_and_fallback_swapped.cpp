// EXPECT: breaker: call\(\) takes a function that can be called without arguments
// The function comes first.
#include "breaker/breaker.hpp"

int fetch();

int use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call([](const breaker::Rejection&) { return 0; }, fetch);
}
