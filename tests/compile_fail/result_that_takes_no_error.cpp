// EXPECT: breaker: this result can't be made of its error
// A refusal would be a result with such an error.
#include <system_error>

#include "breaker/breaker.hpp"

struct Result {
  bool has_value() const { return true; }
  std::error_code error() const { return {}; }
};
void use(breaker::CircuitBreaker<>& circuit) {
  circuit.call([] { return Result{}; });
}
