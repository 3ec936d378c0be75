// Bits: a field of a 64-bit word.
#pragma once

#include <cstdint>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Bits Low to High of a 64-bit word.
template <int Low, int High>
struct Bits {
  static constexpr int width = High - Low + 1;
  static constexpr std::uint64_t max =
      width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (width % 64)) - 1;
  static constexpr std::uint64_t mask = max << Low;

  static constexpr std::uint64_t get(std::uint64_t word) noexcept { return (word >> Low) & max; }
  /// **Returns** a word with only these bits, `value` modulo their width.
  static constexpr std::uint64_t put(std::uint64_t value) noexcept { return (value & max) << Low; }
  static constexpr std::uint64_t replace(std::uint64_t word, std::uint64_t value) noexcept {
    return (word & ~mask) | put(value);
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
