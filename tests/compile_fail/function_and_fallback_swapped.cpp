// EXPECT: breaker: call\(\) takes a function that can be called without arguments
// The function comes first.
#include "breaker/breaker.hpp"

int fetch();

void use(breaker::CircuitBreaker<>& circuit) {
  circuit.call([](const breaker::Rejection&) { return 0; }, fetch);
}
