// The operation that every row calls, and the dice that decide whether it fails.
#pragma once

#include <cstdint>

namespace bench {

/// Returns `answer`. It lives in a translation unit of its own, so that it stays a real call.
int operation(int answer);

/// Throws.
[[noreturn]] int throwing_operation();

/// Make the compiler believe that `value` is used.
template <class T>
inline void keep(T value) {
  asm volatile("" : : "r"(value));
}

/// Whether the dependency fails this time, drawn from a generator (a multiplication and an
/// addition), which the baseline rows draw from too.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed * 0x9e3779b97f4a7c15} {}

  /// **Returns** -1 in `per_mille` of a thousand cases, else 1.
  template <int per_mille>
  int answer() {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    constexpr auto bound = static_cast<std::uint64_t>(per_mille) * (std::uint64_t{1} << 32) / 1000;
    return 1 - 2 * static_cast<int>((state_ >> 32) < bound);
  }

  /// **Returns** a number below `bound`.
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return (state_ >> 32) * bound >> 32;
  }

 private:
  std::uint64_t state_;
};

}  // namespace bench
