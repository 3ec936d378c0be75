// ln and exp that the compiler can compute, too: the same on every machine.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

inline constexpr double ln_2 = 0.693147180559945309417;

/// **Returns** the natural logarithm of `x`, to 2e-16. **Requires** a normal number above 0.
constexpr double ln(double x) noexcept {
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & fraction) | std::uint64_t{1023} << 52);  // 1 to 2
  if (m > 1.4142135623730951) {
    m /= 2;
    ++exponent;
  }
  const double t = (m - 1) / (m + 1);  // ln m = 2 (t + t³/3 + t⁵/5 + …), |t| < 0.172
  double sum = 0;
  for (int i = 23; i >= 1; i -= 2) sum = sum * t * t + 1.0 / i;
  return exponent * ln_2 + 2 * t * sum;
}

/// **Returns** e to the power of `x`, to 1e-13; 0 below 1e-299, endless above 1e299.
constexpr double exp(double x) noexcept {
  if (x < -690) return 0;
  if (x > 690) return std::numeric_limits<double>::infinity();
  const int power = static_cast<int>(x / ln_2 + (x < 0 ? -0.5 : 0.5));
  const double rest = x - power * ln_2;  // |rest| < 0.35
  double sum = 1;
  for (int i = 14; i >= 1; --i) sum = 1 + sum * rest / i;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(1023 + power) << 52);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
