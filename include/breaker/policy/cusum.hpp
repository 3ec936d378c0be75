// Cusum: trips when failures stay more frequent than normal. It is told what is normal, what is bad,
// and how often it may be wrong, and finds its own limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "breaker/base/config_error.hpp"
#include "breaker/base/logarithm.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/lower.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// A score by what a failure adds, and by what trips; 0: there is none that fits.
struct CusumLimit {
  static constexpr std::uint32_t most_up = 4096;  // each takes 16 bytes of stack to find a limit
  static constexpr std::uint32_t most = 65535;

  std::uint32_t up;
  std::uint32_t limit;
};

/// **Returns** what a failure adds: the ratio of the two steps of the sequential probability ratio
/// test (Wald 1945; Page 1954), as a whole number with which the score falls where all is well,
/// and rises where the share is `bad`; 0: there is none.
constexpr std::uint32_t cusum_step(double normal, double bad) noexcept {
  const double ratio = detail::ln(bad / normal) / detail::ln((1 - normal) / (1 - bad));
  if (!(ratio < CusumLimit::most_up)) return 0;
  const auto rises = [&](double up) { return bad * up > 1 - bad; };
  const auto falls = [&](double up) { return normal * up < 1 - normal; };
  const auto below = static_cast<std::uint32_t>(ratio);
  const std::uint32_t nearest = ratio - below < 0.5 ? below : below + 1;
  const std::uint32_t other = nearest == below ? below + 1 : below;
  for (const std::uint32_t up : {nearest, other})
    if (up > 0 && rises(up) && falls(up)) return up;
  return 0;
}

/// How calls fail while all is well.
struct NormalFailures {
  double share;          // of all calls
  double after_success;  // of those after a good one
  double after_failure;  // of those after a failed one

  constexpr NormalFailures(double of_all, double after_failed) noexcept
      : share{of_all},
        after_success{of_all * (1 - after_failed) / (1 - of_all)},
        after_failure{after_failed} {}
};

/// The last `size` numbers, at first 0, and their sum.
class LastNumbers {
 public:
  constexpr explicit LastNumbers(std::uint32_t size) noexcept : size_{size} {}
  [[nodiscard]] constexpr double sum() const noexcept { return sum_; }
  [[nodiscard]] constexpr double oldest() const noexcept { return at_[next_]; }
  constexpr void add(double number) noexcept {
    sum_ += number - at_[next_];
    at_[next_++] = number;
    if (next_ != size_) return;
    next_ = 0;
    sum_ = 0;  // afresh, before differences add up
    for (std::uint32_t i = 0; i != size_; ++i) sum_ += at_[i];
  }

 private:
  std::uint32_t size_;
  std::uint32_t next_ = 0;
  double sum_ = 0;
  double at_[CusumLimit::most_up] = {};
};

/// **Returns** the least limit that takes `calls` calls to reach on average, from a score of 0 after
/// a success; 0: there is none. Exact: by what flows over each value of the score, one more up than
/// down, as it ends at the limit. Of the calls at 0, x, follow those at each other value k: x·u - v.
/// f(k) of them fail, so that f(k - up) calls arrive at k + 0 after a failure; the others at k + 1 bring the
/// rest back. x follows from the limit, which none comes down from. **Complexity** O(limit).
constexpr std::uint32_t cusum_limit(std::uint32_t up, const NormalFailures& fail,
                                    double calls) noexcept {
  LastNumbers u{up};  // of f
  LastNumbers v{up};
  double calls_u = 1;  // at all values so far
  double calls_v = 0;
  double next_u = fail.after_success;
  double next_v = 0;
  for (std::uint32_t limit = 1; limit <= CusumLimit::most; ++limit) {
    u.add(next_u);
    v.add(next_v);
    if ((v.sum() + 1) * calls_u >= (calls + calls_v) * u.sum()) return limit;
    const double falls_u = u.sum() - (1 - fail.after_failure) * u.oldest();
    const double falls_v = v.sum() - (1 - fail.after_failure) * v.oldest() + 1;
    const double good_u = falls_u / (1 - fail.after_success);
    const double good_v = falls_v / (1 - fail.after_success);
    next_u = fail.after_success * good_u + fail.after_failure * u.oldest();
    next_v = fail.after_success * good_v + fail.after_failure * v.oldest();
    calls_u += good_u + u.oldest();
    calls_v += good_v + v.oldest();
  }
  return 0;
}

constexpr double as_double(Ratio share) noexcept {
  return static_cast<double>(share.part()) / share.whole();
}

/// **Returns** what follows from settings that are in their ranges.
constexpr CusumLimit cusum_of(const CusumSettings& settings) noexcept {
  const double normal = detail::as_double(settings.normal);
  const bool is_clumped = settings.after_failure.part() != 0;
  const std::uint32_t up = detail::cusum_step(normal, detail::as_double(settings.bad));
  const NormalFailures fail{normal,
                            is_clumped ? detail::as_double(settings.after_failure) : normal};
  const double seconds = static_cast<double>(settings.false_opening_every.ticks()) / 1e9;
  const std::uint32_t limit =
      up == 0 ? 0 : detail::cusum_limit(up, fail, settings.calls_per_second * seconds);
  return {up, limit};
}

}  // namespace detail

/// Trips when failures stay more frequent than normal, and promises how often it is wrong:
/// `Cusum{{.normal = 1_percent, .bad = 10_percent, .calls_per_second = 1000, .false_opening_every =
/// days{365}}}` opens a healthy circuit once a year, and finds a backend that fails one call in ten
/// after some 140. It keeps a score, a cumulative sum: up for a failure, one down for a success, not
/// below 0. It lives in the circuit's state word; besides failures, the successes that take it back
/// to 0 write. An ignored call changes nothing. Of its settings it keeps what follows from them.
/// Numbers: the score. Limits: the score that trips, what a failure adds.
class Cusum {
 public:
  /// **Throws** ConfigError naming the setting that is out of its range. **Complexity** some 10
  /// microseconds, and 64 KiB of stack; nothing where the settings are constants.
  constexpr explicit Cusum(const CusumSettings& settings) : Cusum{limit_of(settings)} {}

  /// What the circuit asks of a policy, from here on: see TripPolicy. @{
  using Evidence = InWord;

  [[nodiscard]] constexpr Standing record(InWord& score, const Outcome& call) const noexcept {
    if (call.verdict == Verdict::success) {
      if (score.value > 0) --score.value;
      return {};
    }
    score.value += up_;
    return look(score);
  }

  [[nodiscard]] constexpr Standing look(InWord score) const noexcept {
    return {.kind = score.value >= limit_ ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{score.value, 0, 0}}};
  }

  [[nodiscard]] constexpr Limits limits() const noexcept { return {{limit_, up_}}; }
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }
  [[nodiscard]] constexpr bool keeps(const Cusum& before) const noexcept {
    return up_ == before.up_;
  }
  /// @}

  /// Let `share` of the limit be enough, see advised(): but more than one failure adds.
  constexpr void lower(Ratio share) noexcept {
    limit_ = static_cast<std::uint16_t>(detail::lower_score(limit_, up_, share));
  }

  /// **Returns** what it trips on, as data.
  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    rule.kind = Rule::Kind::score;
    rule.limit = limit_;
    rule.on_failure = up_;
    rule.on_success = 1;
    return rule;
  }

  friend constexpr bool operator==(const Cusum&, const Cusum&) noexcept = default;

 private:
  constexpr explicit Cusum(const detail::CusumLimit& found) noexcept
      : up_{static_cast<std::uint16_t>(found.up)},
        limit_{static_cast<std::uint16_t>(found.limit)} {}

  static constexpr detail::CusumLimit limit_of(const CusumSettings& settings) {
    const auto [normal, bad, a_second, every, after_failure] = settings;
    detail::require_setting(normal.is_share() && detail::as_double(normal) < 0.5, "Cusum.normal",
                            normal.part(), "a share above 0, below 1/2 (shown: its numerator)");
    detail::require_setting(bad.is_share() && detail::as_double(bad) > detail::as_double(normal) &&
                                detail::as_double(bad) < 1,
                            "Cusum.bad", bad.part(),
                            "a share above Cusum.normal, below 1 (shown: its numerator)");
    const bool can_be_shown = a_second > -1e15 && a_second < 1e15;
    detail::require_setting(a_second >= 1e-6 && a_second <= 1e9, "Cusum.calls_per_second",
                            can_be_shown ? static_cast<long long>(a_second) : 0,
                            "10^-6 to 10^9 (shown: without its fraction)");
    detail::require_setting(every.ticks() > 0, "Cusum.false_opening_every", every.ticks(),
                            "more than 0 (in ns)");
    const bool is_clumped = after_failure.part() != 0;
    detail::require_setting(
        !is_clumped || (after_failure.is_share() && detail::as_double(after_failure) < 1 &&
                        detail::as_double(after_failure) >= detail::as_double(normal)),
        "Cusum.after_failure", after_failure.part(),
        "a share from Cusum.normal, below 1 (shown: its numerator)");
    const detail::CusumLimit found = detail::cusum_of(settings);
    detail::require_setting(found.limit > 0, "Cusum.bad", bad.part(),
                            "farther from Cusum.normal (shown: its numerator)");
    return found;
  }

  static constexpr Words in_words{
      .rule = "cusum",
      .numbers = {"score"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return std::snprintf(into, size,
                             "more failures than normal: the score is %u (limit %u, a failure adds "
                             "%u)",
                             seen.at[0], limits.at[0], limits.at[1]);
      }};

  std::uint16_t up_;
  std::uint16_t limit_;
};
static_assert(TripPolicy<Cusum>);

namespace detail {
template <>
inline constexpr bool is_marked_shareable<Cusum> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
