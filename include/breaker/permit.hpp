// Permit: the right to make one call, in two steps. It settles itself if you don't.
#pragma once

#include "breaker/call/permit.hpp"  // IWYU pragma: export
