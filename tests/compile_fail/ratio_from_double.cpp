// EXPECT: breaker: a share is exact
// A share is exact: no floating-point number is rounded into one.
#include "breaker/breaker.hpp"

constexpr breaker::Ratio half = 0.5;
