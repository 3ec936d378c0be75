// EXPECT: deleted (function|constructor) .*AnyClock
// It would refer to a clock that is gone.
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"

breaker::AnyClock dangling{breaker::ManualClock{}};
