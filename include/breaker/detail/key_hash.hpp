// KeyHash: a seeded 64-bit hash of short texts, for tables that strangers may fill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "breaker/detail/mix.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::detail {

/// Multiplies and folds, as wyhash does, but every number that it multiplies by comes from the seed.
/// Who does not know the seed can't choose keys that meet in the table: there is no key that turns
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
      state = fold(load<8>(bytes) ^ secrets_[1], load<8>(bytes + 8) ^ state);
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (left >= 8) {
      first = load<8>(bytes);
      last = load<8>(bytes + left - 8);
    } else if (left >= 4) {
      first = load<4>(bytes);
      last = load<4>(bytes + left - 4);
    } else if (left > 0) {
      first = load<1>(bytes) << 16 | load<1>(bytes + left / 2) << 8 | load<1>(bytes + left - 1);
    }
    const std::uint64_t mixed = fold(first ^ secrets_[1], last ^ state);
    return fold(mixed ^ secrets_[2], secrets_[3] ^ key.size());
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  template <std::size_t Size>
  static std::uint64_t load(const char* bytes) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, Size);
    return word;
  }

  std::uint64_t secrets_[4];
};

}  // namespace breaker::inline BREAKER_ABI::detail
