// EXPECT: breaker: a wait has a unit
// 30 of what? A wait is a duration.
#include "breaker/breaker.hpp"

breaker::Config config{.open_for = 30};
