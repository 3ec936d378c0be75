// EXPECT: breaker: a pointer or a function is no fallback for a bool
// It would be true.
#include <optional>

#include "breaker/breaker.hpp"

std::optional<bool> fetch();

std::optional<bool> use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(fetch, [] { return "no"; });
}
