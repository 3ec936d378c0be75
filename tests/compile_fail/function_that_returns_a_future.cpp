// EXPECT: breaker: this function returns before its work is done
// A future would be judged before it is ready.
#include <future>

#include "breaker/breaker.hpp"

std::future<int> fetch();

void use(breaker::CircuitBreaker<>& circuit) { circuit.call(fetch); }
