// mix: spreads the bits of a number. For jitter and for hashes, not for secrets.
#pragma once

#include <cstdint>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What SplitMix64 adds from one number to the next.
inline constexpr std::uint64_t mix_step = 0x9e3779b97f4a7c15;

/// **Returns** `value` with its bits spread (SplitMix64: Steele, Lea, Flood 2014).
constexpr std::uint64_t mix(std::uint64_t value) noexcept {
  value += mix_step;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
