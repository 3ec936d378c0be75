// EXPECT: breaker: a fallback is a callable that takes nothing
// A std::any would hold the lambda itself.
#include <any>

#include "breaker/breaker.hpp"

std::any fetch();

std::any use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(fetch, [](int) { return 1; });
}
