// EXPECT: breaker: this function returns before its work is done
#include <future>
#include <optional>

#include "breaker/breaker.hpp"

std::optional<std::future<int>> fetch();

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
