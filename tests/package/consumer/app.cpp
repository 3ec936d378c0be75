// What a consumer's program looks like: it exits with 0 if the circuit trips and falls back.
#include <breaker/breaker.hpp>

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{1}};
  circuit.try_acquire().failure();

  const int result = circuit.call([] { return 1; }, [] { return 0; });

  return circuit.state() == breaker::State::open ? result : 2;
}
