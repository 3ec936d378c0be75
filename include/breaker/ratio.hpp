// Ratio: a share of a whole, compared in integers.
#pragma once

#include "breaker/base/ratio.hpp"  // IWYU pragma: export
