// Compiled with exceptions, and linked with a part without: each has kept its own meaning.
#include <breaker/breaker.hpp>

int fall_back_without_exceptions();

int main() {
  breaker::CircuitBreaker<> circuit;
  circuit.force_open();
  bool has_thrown = false;
  try {
    circuit.call([] { return 1; });
  } catch (const breaker::CircuitOpen&) {
    has_thrown = true;
  }
  bool has_failed = false;
  circuit.reset();
  try {
    circuit.call([]() -> int { throw 1; });
  } catch (int) {
    has_failed = true;
  }
  return has_thrown && has_failed && fall_back_without_exceptions() == 7 ? 0 : 1;
}
