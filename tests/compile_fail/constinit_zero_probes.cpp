// EXPECT: Config\.probes
// A constant-initialised circuit is checked at compile time without asking for it.
#include "breaker/breaker.hpp"

constinit breaker::CircuitBreaker<> circuit{{.probes = 0}};
