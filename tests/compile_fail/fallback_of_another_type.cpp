// EXPECT: breaker: a fallback is .* returns what converts to the function.s result
// The fallback stands in for the result.
#include "breaker/breaker.hpp"

int fetch();
struct Other {};

int use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(fetch, [] { return Other{}; });
}
