// How what came of a call becomes a verdict.
#pragma once

#include "breaker/call/classifier.hpp"  // IWYU pragma: export
