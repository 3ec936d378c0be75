// SlowCallRate: trips when too large a share of the calls in a window was slow.
#pragma once

#include <concepts>
#include <cstdint>

#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/count_window.hpp"  // IWYU pragma: keep
#include "breaker/window/stay.hpp"
#include "breaker/window/time_window.hpp"  // IWYU pragma: keep
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings of SlowCallRate.
struct SlowCallRateSettings {
  /// A call that took longer is slow. Range: above 0, up to 2^34 ms. No default.
  Duration slower_than;
  /// Share of slow calls that trips, or more. Range: (0, 1]. No default.
  Ratio threshold;
  /// Calls that must be in the window before it is judged. Range: from 1, up to N for
  /// last_calls<N>(). Default: 20.
  int min_calls = 20;
};

/// Trips when the share of slow calls in the window is at `threshold` or above, once `min_calls`
/// are in. A call's verdict makes no difference, but ignored calls are not in the window. Judged
/// when a slow call or a failure comes in. A slow probe is a bad probe. This is the one policy that
/// makes a call read the clock when it begins, too.
template <class WindowKind = LastCalls<100>>
class SlowCallRate {
  using Window = typename WindowKind::Window;

 public:
  static constexpr ClockUse clock_use = ClockUse::both_ends;
  static constexpr int parts = 1;

  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr SlowCallRate(WindowKind window, SlowCallRateSettings settings)
      : slower_than_{settings.slower_than.ticks()},
        threshold_{settings.threshold},
        min_calls_{settings.min_calls},
        window_{window} {
    detail::require_wait(settings.slower_than, "SlowCallRate.slower_than");
    detail::require_share(settings.threshold, "SlowCallRate.threshold");
    detail::require_min_calls<Window>(settings.min_calls, "SlowCallRate.min_calls");
  }
  constexpr explicit SlowCallRate(SlowCallRateSettings settings)
    requires std::default_initializable<WindowKind> && detail::is_last_calls<WindowKind>
      : SlowCallRate{WindowKind{}, settings} {}

  /// What the circuit asks of a policy, from here on: see ConcurrentPolicy.
  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    if (!window_.record(outcome.took > slower_than_, outcome.now, stay)) return false;
    if (finding != nullptr) *finding = ask(outcome.now, stay);
    return true;
  }

  [[nodiscard]] Finding ask(Ticks now, const Stay& stay) noexcept {
    Tally tally{};
    const auto min_calls = static_cast<std::uint32_t>(min_calls_);
    const bool at_threshold = window_.reaches(threshold_, min_calls, now, stay, tally);
    return {.at_threshold = at_threshold, .part = 0, .evidence = {tally.calls, 0, tally.marked}};
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.verdict == Verdict::failure || outcome.took > slower_than_;
  }

  void begin(const Stay& stay) noexcept
    requires(Window::needs_every_call)
  {
    window_.begin(stay);
  }

  [[nodiscard]] Evidence evidence(Ticks now, const Stay& stay) const noexcept {
    const Tally tally = window_.tally(now, stay);
    return {tally.calls, 0, tally.marked};
  }

  [[nodiscard]] Limit limit(int /*part*/) const noexcept {
    return {.rule = Rule::slow_call_rate, .share = threshold_, .min_calls = min_calls_};
  }

 private:
  Ticks slower_than_;
  Ratio threshold_;
  std::int32_t min_calls_;
  Window window_;
};

explicit SlowCallRate(SlowCallRateSettings) -> SlowCallRate<LastCalls<100>>;
template <class WindowKind>
SlowCallRate(WindowKind, SlowCallRateSettings) -> SlowCallRate<WindowKind>;

BREAKER_ABI_END
}  // namespace breaker
