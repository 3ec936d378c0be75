// EXPECT: needs <breaker/window/striped_count_window.hpp>
// The header of striped windows is not among those of breaker.hpp.
#include "breaker/breaker.hpp"

using namespace breaker::literals;
breaker::FailureRate policy{breaker::last_calls<100, 8>(), {.threshold = 50_percent}};
