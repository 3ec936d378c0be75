// Compiled without exceptions, and without run-time type information.
#include <breaker/breaker.hpp>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this file is about a build without them"
#endif

int fall_back_without_exceptions() {
  breaker::CircuitBreaker<> circuit;
  circuit.force_open();
  return circuit.call([] { return 1; }, [](const breaker::Rejection&) { return 7; });
}
