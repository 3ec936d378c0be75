// EXPECT: call to non-'constexpr' function .*percentage_is_above_100|non-constexpr function 'percentage_is_above_100'
// There is no share of 120 percent.
#include "breaker/breaker.hpp"

using namespace breaker::literals;
constexpr breaker::Ratio threshold = 120_percent;
