// Ratio: a share of a whole, compared in integers.
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A share such as 50 % or 1 in 3. It can't be confused with a count or with a floating-point
/// number, and it has no default: who sets a threshold says which. Whether a ratio fits its place
/// is checked there, by the field's name.
class Ratio {
 public:
  /// `part` of `whole`. A policy's threshold must lie in (0, 1].
  constexpr Ratio(int part, int whole) noexcept : part_{part}, whole_{whole} {}

  /// Refuses, with a sentence, a plain number: none is rounded into a share.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  constexpr Ratio(Number /*share*/) : Ratio{0, 0} {
    static_assert(!std::is_arithmetic_v<Number>,
                  "breaker: a share is exact: 50_percent, percent(50) or Ratio{1, 2}");
  }

  /// **Returns** the numerator as it was given: not reduced, not checked.
  [[nodiscard]] constexpr int part() const noexcept { return part_; }
  /// **Returns** the denominator as it was given.
  [[nodiscard]] constexpr int whole() const noexcept { return whole_; }

  /// **Returns** whether `count` of `total` is this share or more. Exact: cross-multiplied, nothing
  /// is rounded.
  /// **Requires** a ratio in [0, 1].
  [[nodiscard]] constexpr bool reached_by(std::uint32_t count, std::uint32_t total) const noexcept {
    return std::uint64_t{count} * static_cast<std::uint32_t>(whole_) >=
           std::uint64_t{total} * static_cast<std::uint32_t>(part_);
  }

  /// **Returns** whether this is more than nothing and at most the whole.
  [[nodiscard]] constexpr bool is_share() const noexcept { return part_ > 0 && part_ <= whole_; }

  friend constexpr bool operator==(const Ratio&, const Ratio&) noexcept = default;

 private:
  std::int32_t part_;
  std::int32_t whole_;
};

/// **Returns** `value` hundredths, for a percentage that is known at run time only. Range: checked
/// where it is used.
[[nodiscard]] constexpr Ratio percent(int value) noexcept { return Ratio{value, 100}; }

namespace detail {
// Never defined: naming it in a constant expression is the error message.
void percentage_is_above_100();
}  // namespace detail

/// Suffixes of numbers, such as `50_percent`.
namespace literals {

/// `50_percent`. Above 100 it does not compile. (Within a template, next to what depends on its
/// arguments, clang 14 compiles it and does not link: say `percent(50)` there.)
consteval Ratio operator""_percent(unsigned long long value) {
  if (value > 100) detail::percentage_is_above_100();
  return Ratio{static_cast<int>(value), 100};
}

/// `12.5_percent`, to a ten-thousandth of a percent.
consteval Ratio operator""_percent(long double value) {
  if (value > 100) detail::percentage_is_above_100();
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative, and lround is not for constants
  return Ratio{static_cast<int>(value * 10'000 + 0.5L), 1'000'000};
}

}  // namespace literals

BREAKER_ABI_END
}  // namespace breaker
