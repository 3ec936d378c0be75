// Ticks: time as an integer, and arithmetic on it that saturates.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A point in time or a length of it, in nanoseconds. Inside the templates time is this integer,
/// converted once at the edge; sums saturate.
using Ticks = std::int64_t;

namespace detail {

inline constexpr Ticks ticks_max = (std::numeric_limits<Ticks>::max)();
inline constexpr Ticks ticks_min = (std::numeric_limits<Ticks>::min)();

/// **Returns** the duration in nanoseconds, rounded away from zero wait (up); what does not fit
/// saturates. Written out because the conversions of std::chrono overflow: `hours::max()` in
/// nanoseconds is negative there.
template <class Rep, class Period>
constexpr Ticks to_ticks(std::chrono::duration<Rep, Period> duration) noexcept {
  using Factor = std::ratio_divide<Period, std::nano>;
  if constexpr (std::floating_point<Rep>) {
    // What is infinite or not a number is told by its bits: -ffast-math lets a compiler drop
    // comparisons that would tell. (Not of a long double, whose bits each machine lays out its own
    // way.)
    if constexpr (sizeof(Rep) <= sizeof(double)) {
      constexpr std::uint64_t minus_infinity = 0xfff0'0000'0000'0000;
      constexpr std::uint64_t sign = std::uint64_t{1} << 63;
      const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(duration.count()));
      if ((bits | sign) >= minus_infinity) return bits == minus_infinity ? ticks_min : ticks_max;
    }
    const auto value = static_cast<long double>(duration.count()) * Factor::num / Factor::den;
    if (value <= static_cast<long double>(ticks_min)) return ticks_min;
    if (!(value < static_cast<long double>(ticks_max)))
      return ticks_max;  // also what is not a number
    const auto whole = static_cast<Ticks>(value);
    return static_cast<long double>(whole) < value ? whole + 1 : whole;
  } else {
    static_assert(std::integral<Rep>, "a duration must count in a built-in arithmetic type");
    const Rep count = duration.count();
    if constexpr (std::unsigned_integral<Rep>) {
      if (count > static_cast<std::uint64_t>(ticks_max)) return ticks_max;
    }
    if constexpr (sizeof(Rep) > sizeof(Ticks)) {  // __int128, where it is an integral type
      if (count > static_cast<Rep>(ticks_max)) return ticks_max;
      if constexpr (!std::unsigned_integral<Rep>) {
        if (count < static_cast<Rep>(ticks_min)) return ticks_min;
      }
    }
    const auto value = static_cast<Ticks>(count);
    if (value > ticks_max / Factor::num) return ticks_max;
    if (value < ticks_min / Factor::num) return ticks_min;
    const Ticks scaled = value * Factor::num;
    return scaled / Factor::den + (scaled % Factor::den > 0 ? 1 : 0);
  }
}

constexpr Ticks saturating_add(Ticks a, Ticks b) noexcept {
  if (b > 0 && a > ticks_max - b) return ticks_max;
  if (b < 0 && a < ticks_min - b) return ticks_min;
  return a + b;
}

constexpr Ticks saturating_subtract(Ticks a, Ticks b) noexcept {
  if (b < 0 && a > ticks_max + b) return ticks_max;
  if (b > 0 && a < ticks_min + b) return ticks_min;
  return a - b;
}

/// Ticks in a setting, aligned as a smaller number, so that settings have no padding: a circuit that is
/// constant-initialised keeps them as plain words.
class PackedTicks {
 public:
  constexpr PackedTicks(Ticks ticks) noexcept
      : low_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticks))},
        high_{static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticks) >> 32)} {}
  [[nodiscard]] constexpr Ticks ticks() const noexcept {
    return static_cast<Ticks>(std::uint64_t{high_} << 32 | low_);
  }
  friend constexpr bool operator==(const PackedTicks&, const PackedTicks&) noexcept = default;

 private:
  std::uint32_t low_;
  std::uint32_t high_;
};

inline constexpr Ticks millisecond = 1'000'000;

/// The longest wait that the state word can hold, 2^34 ms: 198 days.
inline constexpr Ticks longest_wait = (Ticks{1} << 34) * millisecond;

constexpr Ticks floor_divide(Ticks value, Ticks unit) noexcept {
  return value / unit - (value % unit < 0 ? 1 : 0);
}

constexpr Ticks to_milliseconds_up(Ticks value) noexcept {
  return floor_divide(value, millisecond) + (value % millisecond != 0 ? 1 : 0);
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
