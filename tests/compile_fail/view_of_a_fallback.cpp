// EXPECT: breaker: the result would be a view of a fallback that ends with the call
// The string ends with the call.
#include <string>
#include <string_view>

#include "breaker/breaker.hpp"

std::string_view fetch();
std::string last_known();

std::string_view use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch, last_known); }
