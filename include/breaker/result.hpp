// How a refused call is told: inside the function's own result if that can carry an error, else by
#pragma once

#include "breaker/call/result.hpp"  // IWYU pragma: export
