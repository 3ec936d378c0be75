// Registry: one circuit breaker for each key, made when the key is first asked for.
#pragma once

#include "breaker/registry/registry.hpp"  // IWYU pragma: export
