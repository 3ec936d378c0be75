// EXPECT: breaker: settings stand in braces of their own
// The same where the first setting is a time.
#include <chrono>

#include "breaker/breaker.hpp"

breaker::SlowCallRate policy{.slower_than = std::chrono::seconds{1},
                             .threshold = breaker::percent(50)};
