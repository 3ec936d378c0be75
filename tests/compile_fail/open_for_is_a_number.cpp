// EXPECT: (could not convert|no viable conversion) .*OpenWait
// 30 of what? A wait is a duration.
#include "breaker/breaker.hpp"

breaker::Config config{.open_for = 30};
