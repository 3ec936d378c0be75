// What the library's only unchecked requirement comes to: a permit is dropped after its circuit. The
// address sanitizer reports it.
#include <memory>

#include "breaker/breaker.hpp"

int main() {
  auto circuit = std::make_unique<breaker::CircuitBreaker<>>();
  const auto permit = circuit->try_acquire();
  circuit.reset();
}
