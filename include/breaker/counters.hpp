// Counters: a listener that adds up how calls end, for metrics.
#pragma once

#include "breaker/listen/counters.hpp"  // IWYU pragma: export
