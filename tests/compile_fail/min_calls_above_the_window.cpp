// EXPECT: FailureRate\.min_calls
// A policy that could never trip.
#include "breaker/breaker.hpp"

using namespace breaker::literals;
constinit breaker::FailureRate policy{breaker::last_calls<10>(),
                                      {.threshold = 50_percent, .min_calls = 11}};
