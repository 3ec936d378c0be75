// PackedRule: a rule without padding, so that a circuit can keep it as plain words, and what it decides.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/bad_call_rate.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/cusum.hpp"
#include "breaker/policy/failure_count.hpp"
#include "breaker/policy/failure_rate.hpp"
#include "breaker/policy/lower.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/slow_call_rate.hpp"
#include "breaker/policy/windowed.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// How a rule tells that a success would change nothing.
enum class Shape : std::uint8_t {
  never,       ///< It does not.
  always,      ///< A success leaves no mark.
  score,       ///< The row or the score is 0.
  last_calls,  ///< The window is full, and none in it is marked.
};

/// A Rule, without what it was chosen for. Of a window of time the slices are 10.
struct PackedRule {
  std::uint32_t limit;
  std::uint32_t min_calls;
  std::uint32_t last_calls;
  std::uint16_t on_failure;
  std::uint16_t on_success;
  Ratio share;
  PackedTicks within;
  PackedTicks slower_than;
  Rule::Kind kind;
  Rule::Marks marked;
  std::uint16_t unused = 0;

  constexpr explicit PackedRule(const Rule& rule) noexcept
      : limit{rule.limit},
        min_calls{rule.min_calls},
        last_calls{rule.last_calls},
        on_failure{static_cast<std::uint16_t>(rule.on_failure)},
        on_success{static_cast<std::uint16_t>(rule.on_success)},
        share{rule.share},
        within{rule.within},
        slower_than{rule.slower_than},
        kind{rule.kind},
        marked{rule.marks} {}

  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    rule.kind = kind;
    rule.marks = marked;
    rule.limit = limit;
    rule.share = share;
    rule.min_calls = min_calls;
    rule.last_calls = last_calls;
    rule.within = within.ticks();
    rule.slices = rule.within > 0 ? 10 : 0;
    rule.slower_than = slower_than.ticks();
    rule.on_failure = on_failure;
    rule.on_success = on_success;
    return rule;
  }

  [[nodiscard]] constexpr bool is_score() const noexcept {
    return kind == Rule::Kind::row || kind == Rule::Kind::score;
  }
  [[nodiscard]] constexpr bool is_share() const noexcept { return kind == Rule::Kind::share; }

  /// **Returns** the window of time; some other if there is none.
  [[nodiscard]] constexpr Within<10, 1> ring() const noexcept {
    return Within<10, 1>{std::chrono::nanoseconds{within.ticks() > 0 ? within.ticks() : 10}};
  }

  [[nodiscard]] constexpr bool marks(const Outcome& call) const noexcept {
    const bool is_failed = call.verdict == Verdict::failure;
    if (marked == Rule::Marks::failed) return is_failed;
    const bool is_slow = call.took > slower_than.ticks();
    return is_slow || (is_failed && marked == Rule::Marks::failed_or_slow);
  }

  /// **Returns** a row or score after one call more.
  [[nodiscard]] constexpr std::uint32_t next(std::uint32_t value, bool is_marked) const noexcept {
    if (kind == Rule::Kind::row) return is_marked ? value + 1 : 0;
    if (is_marked) return value + on_failure;
    return value > on_success ? value - on_success : 0;
  }

  [[nodiscard]] constexpr bool is_reached_by(const Tally& seen) const noexcept {
    if (is_share()) return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
    return seen.marked >= limit;
  }

  [[nodiscard]] constexpr Shape shape() const noexcept {
    if (marked != Rule::Marks::failed) return Shape::never;  // a success may be slow
    if (is_score()) return Shape::score;
    if (last_calls != 0) return Shape::last_calls;
    return is_share() ? Shape::never : Shape::always;
  }

  [[nodiscard]] constexpr ClockUse clock_use() const noexcept {
    if (marked != Rule::Marks::failed) return ClockUse::both_ends;
    if (is_score() || last_calls != 0) return ClockUse::none;
    return is_share() ? ClockUse::on_settle : ClockUse::on_failure;
  }

  /// **Returns** whether what was counted under `before` holds, as the policies say it of themselves.
  [[nodiscard]] constexpr bool keeps(const PackedRule& before) const noexcept {
    if (is_score()) return kind == before.kind && on_failure == before.on_failure;
    return is_share() == before.is_share() && !before.is_score() && marked == before.marked &&
           slower_than == before.slower_than && last_calls == before.last_calls &&
           within == before.within;
  }

  [[nodiscard]] constexpr Limits limits() const noexcept {
    if (kind == Rule::Kind::score) return {{limit, on_failure}};
    if (!is_share()) return {{limit}};
    const Ticks slow = detail::to_milliseconds_up(slower_than.ticks());
    return {{static_cast<std::uint32_t>(share.part()), static_cast<std::uint32_t>(share.whole()),
             min_calls, slow < UINT32_MAX ? static_cast<std::uint32_t>(slow) : UINT32_MAX}};
  }

  [[nodiscard]] constexpr std::uint32_t window_calls() const noexcept {
    return kind == Rule::Kind::row ? limit : last_calls;
  }

  /// Let `share` of the limit be enough, as the policy does that it stands for.
  constexpr void lower(Ratio by) noexcept {
    if (is_share()) {
      min_calls = detail::lower_limit(min_calls, by);
    } else if (kind == Rule::Kind::score) {
      limit = detail::lower_score(limit, on_failure, by);
    } else {
      limit = detail::lower_limit(limit, by);
    }
  }

  /// **Returns** the words of the policy that it stands for.
  [[nodiscard]] constexpr const Words& words() const noexcept;

  friend constexpr bool operator==(const PackedRule&, const PackedRule&) noexcept = default;
};

/// One policy of each kind, for their words.
struct OneOfEach {
  static constexpr std::chrono::seconds second{1};
  static constexpr ConsecutiveFailures row{1};
  static constexpr Cusum score{
      {.normal = {1, 100}, .bad = {1, 2}, .calls_per_second = 1, .false_opening_every = second}};
  static constexpr FailureCount<LastCalls<1>> count_of_calls{1, LastCalls<1>{}};
  static constexpr FailureCount<Within<10, 1>> count_of_time{1, Within<10, 1>{second}};
  static constexpr FailureRate<LastCalls<1>> failed{LastCalls<1>{}, {.threshold = {1, 1}}};
  static constexpr SlowCallRate<LastCalls<1>> slow{LastCalls<1>{},
                                                   {.slower_than = second, .threshold = {1, 1}}};
  static constexpr BadCallRate<LastCalls<1>> failed_or_slow{
      LastCalls<1>{}, {.slower_than = second, .threshold = {1, 1}}};
};

constexpr const Words& PackedRule::words() const noexcept {
  if (kind == Rule::Kind::row) return OneOfEach::row.words();
  if (kind == Rule::Kind::score) return OneOfEach::score.words();
  if (!is_share())
    return last_calls != 0 ? OneOfEach::count_of_calls.words() : OneOfEach::count_of_time.words();
  if (marked == Rule::Marks::failed) return OneOfEach::failed.words();
  return marked == Rule::Marks::slow ? OneOfEach::slow.words() : OneOfEach::failed_or_slow.words();
}

/// **Throws** ConfigError naming what AnyRule can not trip on; `most`: calls that a window may hold.
constexpr void require_rule(const Rule& rule, int most) {
  const bool has_window = rule.last_calls != 0 || rule.within != 0;
  const bool is_score = rule.kind == Rule::Kind::row || rule.kind == Rule::Kind::score;
  detail::require_setting(has_window != is_score && rule.kind != Rule::Kind::overdue,
                          "AnyRule.kind", static_cast<int>(rule.kind),
                          "a count or share with a window, or a row or score without one");
  detail::require_setting(rule.last_calls <= static_cast<std::uint32_t>(most), "AnyRule.last_calls",
                          rule.last_calls, "no more than its type has room for");
  if (rule.last_calls == 0 && has_window) {
    within<10>(std::chrono::nanoseconds{rule.within}).require();
    detail::require_setting(rule.slices == 10, "AnyRule.slices", rule.slices, "10");
  }
  if (rule.kind == Rule::Kind::share) {
    detail::require_share(rule.share, "AnyRule.share");
    detail::require_setting(rule.min_calls >= 1, "AnyRule.min_calls", rule.min_calls, "1 or more");
  } else {
    detail::require_setting(rule.limit >= 1 && rule.limit < 1 << 24, "AnyRule.limit", rule.limit,
                            "1 to 2^24 - 1");
    detail::require_setting(rule.marks == Rule::Marks::failed, "AnyRule.marks",
                            static_cast<int>(rule.marks), "failed, but for a share");
  }
  if (rule.marks != Rule::Marks::failed)
    detail::require_time(rule.slower_than, "AnyRule.slower_than");
  detail::require_setting(rule.on_failure < 1 << 16 && rule.on_success < 1 << 16,
                          "AnyRule.on_failure", rule.on_failure, "below 2^16");
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
