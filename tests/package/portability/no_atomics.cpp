// What a machine without lock-free 64-bit atomics compiles; with BREAKER defined, what it must refuse.
#include <atomic>
#include <cstdint>

#if defined(BREAKER)
#include "breaker/breaker.hpp"
#endif

std::atomic<std::uint64_t> counter;
