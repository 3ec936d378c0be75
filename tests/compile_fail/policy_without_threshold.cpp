// EXPECT: (Ratio::Ratio\(\)|initialization of .*Ratio|no default constructor.*Ratio|could not convert .*Ratio)
// A threshold must fit the caller's normal error rate: it has no default.
#include "breaker/breaker.hpp"

breaker::FailureRateSettings settings{.min_calls = 20};
