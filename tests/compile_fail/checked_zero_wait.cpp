// EXPECT: Config\.open_for
// A wait of nothing, checked at compile time.
#include <chrono>

#include "breaker/breaker.hpp"

constexpr breaker::Config config = breaker::checked({.open_for = std::chrono::seconds{0}});
