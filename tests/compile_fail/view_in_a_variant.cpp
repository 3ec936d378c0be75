// EXPECT: breaker: the result would be a view of a fallback that ends with the call
// The string ends with the call.
#include <string>
#include <string_view>
#include <variant>

#include "breaker/breaker.hpp"

using Answer = std::variant<int, std::string_view>;
Answer fetch();
std::string last_known();

Answer use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch, last_known); }
