// ConsecutiveFailures: trips after n failures in a row. The default policy.
#pragma once

#include <cstdint>

#include "breaker/base/config_error.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Trips when so many calls in a row have failed. A success ends the row, an ignored call neither
/// ends nor extends it. The row is counted in the circuit's state word: on a healthy dependency
/// nothing is ever written.
class ConsecutiveFailures {
 public:
  static constexpr ClockUse clock_use = ClockUse::none;

  /// `count`: failures in a row. Range: 1 to 2^24 - 1. Default: 5. **Throws** ConfigError.
  constexpr explicit ConsecutiveFailures(int count = 5) : count_{count} {
    detail::require_setting(count >= 1 && count < 1 << 24, "ConsecutiveFailures.count", count,
                            "1 to 2^24 - 1");
  }

  /// What the circuit asks of a policy, from here on: see WordPolicy.
  [[nodiscard]] constexpr std::uint64_t after(std::uint64_t row, Verdict verdict) const noexcept {
    if (verdict == Verdict::success) return 0;
    return verdict == Verdict::failure ? row + 1 : row;
  }

  [[nodiscard]] constexpr bool trips_at(std::uint64_t row) const noexcept {
    return row >= static_cast<std::uint64_t>(count_);
  }

  [[nodiscard]] constexpr Evidence evidence_of(std::uint64_t row) const noexcept {
    return {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(row), 0};
  }

  [[nodiscard]] constexpr Limit limit() const noexcept {
    return {.rule = Rule::consecutive_failures, .count = count_};
  }

 private:
  std::int32_t count_;
};
static_assert(WordPolicy<ConsecutiveFailures>);

BREAKER_ABI_END
}  // namespace breaker
