// EXPECT: breaker: settings stand in braces of their own
// Policies are no aggregates: their settings are.
#include "breaker/breaker.hpp"

breaker::FailureRate policy{.threshold = breaker::percent(50), .min_calls = 10};
