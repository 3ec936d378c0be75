// Duration: a length of time in a setting.
#pragma once

#include <chrono>
#include <type_traits>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A length of time in a setting. Converts from every std::chrono duration, rounds up to whole
/// nanoseconds and saturates, so that a value is first held and then judged. Does not convert from
/// a number: 30 of what?
class Duration {
 public:
  /// Not given: the field's comment says what stands in.
  constexpr Duration() noexcept = default;

  /// `duration` of any std::chrono type; one that is not a number counts as endless.
  template <class Rep, class Period>
  constexpr Duration(std::chrono::duration<Rep, Period> duration) noexcept
      : ticks_{detail::to_ticks(duration)}, given_{true} {}

  /// Refuses, with a sentence, a number without a unit.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  constexpr Duration(Number /*duration*/) {
    static_assert(!std::is_arithmetic_v<Number>, "breaker: a duration has a unit, as in 30s");
  }

  /// **Returns** whether it was made from a duration.
  [[nodiscard]] constexpr bool is_given() const noexcept { return given_; }
  /// **Returns** it in nanoseconds; 0 if it was not given.
  [[nodiscard]] constexpr Ticks ticks() const noexcept { return ticks_; }

  friend constexpr bool operator==(const Duration&, const Duration&) noexcept = default;

 private:
  Ticks ticks_ = 0;
  bool given_ = false;
};

BREAKER_ABI_END
}  // namespace breaker
