// ConsecutiveFailures: trips after n failures in a row. The default policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/lower.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Trips when that many calls in a row have failed. A success ends the row, an ignored call neither
/// ends nor extends it. The row is counted in the circuit's state word: on a healthy dependency
/// nothing is ever written. Numbers: failures in a row. Limits: how many trip.
class ConsecutiveFailures {
 public:
  /// `count`: failures in a row. Range: 1 to 2^24 - 1. Default: 5. **Throws** ConfigError.
  constexpr explicit ConsecutiveFailures(int count = 5)
      : count_{static_cast<std::uint32_t>(count)} {
    detail::require_setting(count >= 1 && count < 1 << 24, "ConsecutiveFailures.count", count,
                            "1 to 2^24 - 1");
  }

  /// What the circuit asks of a policy, from here on: see TripPolicy. @{
  using Evidence = InWord;

  [[nodiscard]] constexpr Standing record(InWord& row, const Outcome& call) const noexcept {
    if (call.verdict == Verdict::success) {
      row.value = 0;
      return {};
    }
    ++row.value;
    return look(row);
  }

  [[nodiscard]] constexpr Standing look(InWord row) const noexcept {
    return {.kind = row.value >= count_ ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{row.value, 0, 0}}};
  }

  [[nodiscard]] constexpr Limits limits() const noexcept { return {{count_}}; }
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }
  [[nodiscard]] constexpr std::uint32_t window_calls() const noexcept { return count_; }
  [[nodiscard]] constexpr bool keeps(const ConsecutiveFailures& /*before*/) const noexcept {
    return true;
  }
  /// @}

  /// Let `share` of the limit be enough, see advised().
  constexpr void lower(Ratio share) noexcept { count_ = detail::lower_limit(count_, share); }

  /// **Returns** what it trips on, as data.
  [[nodiscard]] constexpr Rule rule() const noexcept {
    return {.kind = Rule::Kind::row, .limit = count_};
  }

  friend constexpr bool operator==(const ConsecutiveFailures&,
                                   const ConsecutiveFailures&) noexcept = default;

 private:
  static constexpr Words in_words{
      .rule = "consecutive_failures",
      .numbers = {"failures"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return std::snprintf(into, size, "%u failure%s in a row (limit %u)", seen.at[0],
                             seen.at[0] == 1 ? "" : "s", limits.at[0]);
      }};

  std::uint32_t count_;
};
static_assert(TripPolicy<ConsecutiveFailures>);

namespace detail {
template <>
inline constexpr bool is_marked_shareable<ConsecutiveFailures> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
