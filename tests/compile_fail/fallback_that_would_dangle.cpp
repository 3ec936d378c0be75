// EXPECT: breaker: a fallback is a callable .*not for void, nor for a reference
// The answer would be converted into a string that ends with the call, and be referred to.
#include <string>

#include "breaker/breaker.hpp"

const std::string& fetch();

const std::string& use(breaker::CircuitBreaker<>& circuit) {
  return circuit.call(fetch, [] { return "the fallback"; });
}
