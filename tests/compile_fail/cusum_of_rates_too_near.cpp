// EXPECT: Cusum\.bad
// No limit is high enough where what is bad is next to normal.
#include <chrono>

#include "breaker/breaker.hpp"

using namespace breaker::literals;
constinit breaker::Cusum policy{{.normal = 10_percent,
                                 .bad = 10.001_percent,
                                 .calls_per_second = 1000,
                                 .false_opening_every = std::chrono::days{365}}};
