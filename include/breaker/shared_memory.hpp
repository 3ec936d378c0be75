// Circuits in shared memory: one for each key, used by all processes of a host.
#pragma once

#include "breaker/shared_memory/shared_memory.hpp"  // IWYU pragma: export
