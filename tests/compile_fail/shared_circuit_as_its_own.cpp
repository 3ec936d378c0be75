// EXPECT: inaccessible base|private base|is private|cannot cast
// As a plain circuit it could be reconfigured.
#include "breaker/breaker.hpp"
#include "breaker/shared_memory.hpp"

template <class... Parts>
void reconfigure(breaker::CircuitBreaker<Parts...>& circuit) {
  circuit.reconfigure(breaker::Config{});
}

void slower(breaker::SharedCircuits<>& circuits) { reconfigure(circuits.of("payments")); }
