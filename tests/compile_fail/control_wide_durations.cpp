// EXPECT: success
// FLAGS: -std=gnu++20
// A duration that counts in an integer of 128 bits, which is one of the extensions, saturates.
#include "breaker/breaker.hpp"

#if defined(__SIZEOF_INT128__)
using Wide = std::chrono::duration<__int128, std::nano>;
using UnsignedWide = std::chrono::duration<unsigned __int128, std::nano>;
constexpr __int128 above = (static_cast<__int128>(1) << 64) + 1;

static_assert(breaker::Duration{Wide{above}}.ticks() == INT64_MAX);
static_assert(breaker::Duration{Wide{-above}}.ticks() == INT64_MIN);
static_assert(breaker::Duration{Wide{-7}}.ticks() == -7);
static_assert(breaker::Duration{UnsignedWide{static_cast<unsigned __int128>(above)}}.ticks() ==
              INT64_MAX);
#endif
