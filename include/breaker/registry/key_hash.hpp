// KeyHash: a seeded 64-bit hash of short texts, for tables that strangers may fill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "breaker/base/mix.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the two words of the 128-bit product of `a` and `b`, folded into one. By halves of
/// 32 bits, none of whose sums overflows: for machines that have no integer of 128 bits.
constexpr std::uint64_t fold_by_halves(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr std::uint64_t low_half = 0xffffffff;
  const std::uint64_t low = (a & low_half) * (b & low_half);
  const std::uint64_t cross = (a >> 32) * (b & low_half) + (low >> 32);
  const std::uint64_t other = (a & low_half) * (b >> 32) + (cross & low_half);
  const std::uint64_t high = (a >> 32) * (b >> 32) + (cross >> 32) + (other >> 32);
  return high ^ (other << 32 | (low & low_half));
}

/// As fold_by_halves, by the machine's own multiplication where there is one.
constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
#if defined(__SIZEOF_INT128__)
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
#else
  return fold_by_halves(a, b);
#endif
}

/// Multiplies and folds, as wyhash does, but every number that it multiplies by comes from the seed.
/// An attacker who does not know the seed can't choose keys that meet in the table: there is no key that turns
/// a multiplier into 0, and no pair that collides under every seed. It is no cryptographic hash:
/// against somebody who can time single look-ups for long enough, or who knows the seed, it holds
/// nothing.
class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed) noexcept {
    for (std::uint64_t& secret : secrets_) {
      secret = mix(seed);
      seed += mix_step;
    }
  }

  [[nodiscard]] std::uint64_t operator()(std::string_view key) const noexcept {
    const char* bytes = key.data();
    std::size_t left = key.size();
    std::uint64_t state = secrets_[0];
    for (; left > 16; left -= 16, bytes += 16) {
      state =
          fold(load<std::uint64_t>(bytes) ^ secrets_[1], load<std::uint64_t>(bytes + 8) ^ state);
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (left >= 8) {
      first = load<std::uint64_t>(bytes);
      last = load<std::uint64_t>(bytes + left - 8);
    } else if (left >= 4) {
      first = load<std::uint32_t>(bytes);
      last = load<std::uint32_t>(bytes + left - 4);
    } else if (left > 0) {
      first = load<std::uint8_t>(bytes) << 16 | load<std::uint8_t>(bytes + left / 2) << 8 |
              load<std::uint8_t>(bytes + left - 1);
    }
    const std::uint64_t mixed = fold(first ^ secrets_[1], last ^ state);
    return fold(mixed ^ secrets_[2], secrets_[3] ^ key.size());
  }

 private:
  /// **Returns** the integer that stands at `bytes`. One of its own width: put into the first bytes
  /// of a longer one, a big-endian machine would have it at the upper end.
  template <class Integer>
  static std::uint64_t load(const char* bytes) noexcept {
    Integer integer;
    std::memcpy(&integer, bytes, sizeof integer);
    return integer;
  }

  std::uint64_t secrets_[4];
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
