// Classifiers: they turn the result or the exception of a call into a verdict.
#pragma once

#include "breaker/call/classifier.hpp"  // IWYU pragma: export
