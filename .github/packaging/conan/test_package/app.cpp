// Not run here.
#include <breaker/breaker.hpp>

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{1}};
  circuit.try_acquire().failure();
  return circuit.state() == breaker::State::open ? 0 : 1;
}
