// EXPECT: breaker: a fallback is a callable that takes nothing
// A pointer to a function of another shape is no value, though it converts to bool.
#include "breaker/breaker.hpp"

bool send();
bool send_to(int where);

bool use(breaker::CircuitBreaker<>& circuit) { return circuit.call(send, send_to); }
