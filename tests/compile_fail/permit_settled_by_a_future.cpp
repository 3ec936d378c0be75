// EXPECT: breaker: this result is not there yet
// A future says nothing of how the call ends.
#include <future>

#include "breaker/breaker.hpp"

void use(breaker::CircuitBreaker<>& circuit, std::future<int>& answer) {
  auto permit = circuit.try_acquire();
  permit.settle_by(answer);
}
