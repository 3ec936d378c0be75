// EXPECT: breaker: a duration has a unit
// 30 of what? A lease is a duration.
#include "breaker/breaker.hpp"

breaker::Config config{.probe_lease = 30};
