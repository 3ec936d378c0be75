// EXPECT: breaker: a generic fallback fits two kinds
// Refused calls only, or failed ones too? A generic parameter does not say.
#include "breaker/breaker.hpp"

int fetch();

int use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(fetch, [](const auto&) { return 0; });
}
