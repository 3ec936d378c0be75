// EXPECT: last_calls<N>\(\) needs N from 1
// A window that holds nothing can not be judged.
#include "breaker/breaker.hpp"

using namespace breaker::literals;
breaker::FailureRate policy{breaker::last_calls<0>(), {.threshold = 50_percent}};
