// EXPECT: breaker: a fallback is a callable .*a move-only one by std::move
// A value that is passed by name is copied, and this one can't be.
#include <memory>

#include "breaker/breaker.hpp"

std::unique_ptr<int> fetch();

std::unique_ptr<int> use(breaker::CircuitBreaker<>& circuit, std::unique_ptr<int> spare) {
  return circuit.call(fetch, spare);
}
