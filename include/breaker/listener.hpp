// What a listener must be able to hear; several as one, and none.
#pragma once

#include "breaker/listen/listener.hpp"  // IWYU pragma: export
