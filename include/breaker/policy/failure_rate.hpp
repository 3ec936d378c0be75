// FailureRate: trips when too large a share of the calls in a window failed.
#pragma once

#include <concepts>
#include <cstdint>

#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/count_window.hpp"  // IWYU pragma: keep
#include "breaker/window/stay.hpp"
#include "breaker/window/time_window.hpp"  // IWYU pragma: keep
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings of FailureRate.
struct FailureRateSettings {
  /// Share of failures that trips, or more. Range: (0, 1]. No default: it must fit your normal
  /// error rate.
  Ratio threshold;
  /// Calls that must be in the window before it is judged. Range: from 1, up to N for
  /// last_calls<N>(). Default: 20.
  int min_calls = 20;
};

/// Trips when the share of failures in the window is at `threshold` or above, once `min_calls` are
/// in. Ignored calls are not in the window. Judged when a failure comes in: a success never trips.
/// `FailureRate{{.threshold = 50_percent}}` looks at the last 100 calls,
/// `FailureRate{within(10s), {.threshold = 50_percent}}` at those of the last 10 s.
template <class WindowKind = LastCalls<100>>
class FailureRate {
  using Window = typename WindowKind::Window;

 public:
  static constexpr ClockUse clock_use = Window::clock_use;
  static constexpr int parts = 1;

  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr FailureRate(WindowKind window, FailureRateSettings settings)
      : threshold_{settings.threshold}, min_calls_{settings.min_calls}, window_{window} {
    detail::require_share(settings.threshold, "FailureRate.threshold");
    detail::require_min_calls<Window>(settings.min_calls, "FailureRate.min_calls");
  }
  constexpr explicit FailureRate(FailureRateSettings settings)
    requires std::default_initializable<WindowKind> && detail::is_last_calls<WindowKind>
      : FailureRate{WindowKind{}, settings} {}

  /// What the circuit asks of a policy, from here on: see ConcurrentPolicy.
  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    if (!window_.record(is_bad(outcome), outcome.now, stay)) return false;
    if (finding != nullptr) *finding = ask(outcome.now, stay);
    return true;
  }

  [[nodiscard]] Finding ask(Ticks now, const Stay& stay) noexcept {
    Tally tally{};
    const auto min_calls = static_cast<std::uint32_t>(min_calls_);
    const bool at_threshold = window_.reaches(threshold_, min_calls, now, stay, tally);
    return {.at_threshold = at_threshold, .part = 0, .evidence = {tally.calls, tally.marked, 0}};
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.verdict == Verdict::failure;
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept
    requires(Window::needs_every_call)
  {
    return window_.is_clean(id);
  }

  void begin(const Stay& stay) noexcept
    requires(Window::needs_every_call)
  {
    window_.begin(stay);
  }

  [[nodiscard]] Evidence evidence(Ticks now, const Stay& stay) const noexcept {
    const Tally tally = window_.tally(now, stay);
    return {tally.calls, tally.marked, 0};
  }

  [[nodiscard]] Limit limit(int /*part*/) const noexcept {
    return {.rule = Rule::failure_rate, .share = threshold_, .min_calls = min_calls_};
  }

 private:
  Ratio threshold_;
  std::int32_t min_calls_;
  Window window_;
};

explicit FailureRate(FailureRateSettings) -> FailureRate<LastCalls<100>>;
template <class WindowKind>
FailureRate(WindowKind, FailureRateSettings) -> FailureRate<WindowKind>;

BREAKER_ABI_END
}  // namespace breaker
