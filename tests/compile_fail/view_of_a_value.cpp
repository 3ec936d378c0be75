// EXPECT: breaker: the result would be a view of a fallback that ends with the call
// The vector ends with the call, before the optional view is looked at.
#include <optional>
#include <span>
#include <vector>

#include "breaker/breaker.hpp"

std::optional<std::span<const int>> fetch();

auto use(breaker::CircuitBreaker<>& circuit) { return circuit.call(fetch, std::vector<int>{1, 2}); }
