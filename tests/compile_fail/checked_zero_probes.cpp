// EXPECT: Config\.probes
// A setting out of its range, checked at compile time: the error names the field.
#include "breaker/breaker.hpp"

constexpr breaker::Config config = breaker::checked({.probes = 0});
