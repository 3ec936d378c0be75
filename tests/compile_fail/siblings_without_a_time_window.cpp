// EXPECT: breaker: siblings are compared by their calls in a time window
#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"

void look(breaker::Registry<>& circuits) { circuits.trip_bad_siblings(); }
