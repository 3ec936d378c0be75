// The version of the library, and the inline namespace that carries it.
#pragma once

#include "breaker/base/version.hpp"  // IWYU pragma: export
