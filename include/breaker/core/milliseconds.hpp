// Milliseconds: the unit of waits and deadlines in the state word.
#pragma once

#include <cstdint>

#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Time in whole milliseconds.
using Milliseconds = std::uint64_t;

/// **Returns** a wait of a valid config, rounded up.
constexpr Milliseconds in_milliseconds(Duration wait) noexcept {
  return static_cast<Milliseconds>(to_milliseconds_up(wait.ticks()));
}

/// **Returns** any wait, rounded up: 0 if it is below, the longest one if it is above.
constexpr Milliseconds in_milliseconds(Ticks wait) noexcept {
  const Ticks most = wait < longest_wait ? wait : longest_wait;
  return most <= 0 ? 0 : static_cast<Milliseconds>(to_milliseconds_up(most));
}

// Milliseconds of the clock, counted from the earliest time that it can show, so that they are
// never negative and the division is one multiplication.
inline constexpr std::uint64_t clock_bias = (std::uint64_t{1} << 63) / millisecond * millisecond;

constexpr std::uint64_t biased(Ticks time) noexcept {
  return static_cast<std::uint64_t>(time) + clock_bias;
}
constexpr Milliseconds to_milliseconds(Ticks time) noexcept { return biased(time) / millisecond; }
/// **Returns** the same, rounded up.
constexpr Milliseconds up_to_milliseconds(Ticks time) noexcept {
  return (biased(time) + millisecond - 1) / millisecond;
}

/// **Returns** the time that is `wait` after `now`, rounded up: never early. No wait is over at once.
constexpr Milliseconds deadline_after(Ticks now, Milliseconds wait) noexcept {
  return wait == 0 ? to_milliseconds(now) : up_to_milliseconds(now) + wait;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
