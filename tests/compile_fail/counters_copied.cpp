// EXPECT: breaker: this part can.t be copied into the circuit
// The circuit would count in its own copy, and these would stay at 0.
#include "breaker/breaker.hpp"

breaker::Counters<> counters;
breaker::CircuitBreaker circuit{breaker::Config{}, counters};
