// Entropy: a number that nobody can guess, from the system.
#pragma once

#include <cstdint>

#include "breaker/base/version.hpp"

#if defined(__has_include) && __has_include(<sys/random.h>)
#include <sys/random.h>
#define BREAKER_HAS_GETENTROPY
#else
#include <random>
#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** a number drawn by the system, never 0; where it has none to give, `otherwise`.
inline std::uint64_t draw_entropy(std::uint64_t otherwise) {
  std::uint64_t drawn = 0;
#if defined(BREAKER_HAS_GETENTROPY)
  // <random>, which asks the same source, takes longer to compile than all else here.
  if (::getentropy(&drawn, sizeof drawn) != 0) return otherwise;
#else
  std::random_device device;
  drawn = std::uint64_t{device()} << 32 | device();
#endif
  return drawn != 0 ? drawn : otherwise;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker

#if defined(BREAKER_HAS_GETENTROPY)
#undef BREAKER_HAS_GETENTROPY
#endif
