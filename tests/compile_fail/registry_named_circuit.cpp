// EXPECT: breaker: a circuit in a registry is named by its key; give it no name
#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"

breaker::Registry circuits{{.capacity = 2}, breaker::named("all of them")};
