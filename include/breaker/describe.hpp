// describe: a transition or a rejection in words, for logs.
#pragma once

#include "breaker/text/describe.hpp"  // IWYU pragma: export
