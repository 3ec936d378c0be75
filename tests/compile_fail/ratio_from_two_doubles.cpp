// EXPECT: (narrowing conversion|cannot be narrowed)
// Two floating-point numbers make no share either.
#include "breaker/breaker.hpp"

constexpr breaker::Ratio half{0.5, 1.0};
