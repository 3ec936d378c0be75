// EXPECT: breaker: this value would be narrowed
// It would be 4294967295.
#include <optional>

#include "breaker/breaker.hpp"

void use() {
  breaker::CircuitBreaker circuit{breaker::Config{}};
  circuit.call([] { return std::optional<unsigned>{7}; }, -1);
}
