// EXPECT: breaker: the result would be a view of a fallback that ends with the call
// The view would be of a dead string.
#include <string>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"

void use() {
  breaker::CircuitBreaker circuit{breaker::Config{}};
  circuit.call([] { return std::pair<std::string_view, int>{"fresh", 1}; },
               [] { return std::pair<std::string, int>{std::string(99, 'x'), 0}; });
}
