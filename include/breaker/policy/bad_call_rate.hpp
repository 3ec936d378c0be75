// BadCallRate: trips when too large a share of the calls in a window failed or was slow.
#pragma once

#include <cstddef>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/windowed.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings of BadCallRate.
struct BadCallRateSettings {
  /// A call that took longer is slow. Range: above 0, up to 2^34 ms. No default.
  Duration slower_than;
  /// Share of failed or slow calls that trips, or more. Range: (0, 1]. No default.
  Ratio threshold;
  /// Calls that must be in the window before it is judged. Range: from 1, up to N for
  /// last_calls<N>(). Default: 20, or N if that is smaller.
  int min_calls = usual_min_calls;
};

/// Trips when the share of calls in the window that failed or were slow is at `threshold` or above,
/// once `min_calls` are in. Ignored calls are not in the window. Judged when such a call comes in.
/// A slow probe is a bad probe. As SlowCallRate, this policy makes a call read the clock when it
/// begins, too. Numbers: bad calls, calls. Limits: numerator and denominator of the share,
/// min_calls, slower_than in milliseconds, rounded up.
template <class WindowKind = LastCalls<100>>
class BadCallRate : public detail::Windowed<detail::FailedOrSlower, detail::Share, WindowKind> {
 public:
  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr BadCallRate(WindowKind window, BadCallRateSettings settings)
      : detail::Windowed<detail::FailedOrSlower, detail::Share, WindowKind>{
            window,
            {settings.slower_than.ticks()},
            {settings.threshold,
             detail::min_calls_of<WindowKind>(settings.min_calls, "BadCallRate.min_calls")}} {
    detail::require_time(settings.slower_than.ticks(), "BadCallRate.slower_than");
    detail::require_share(settings.threshold, "BadCallRate.threshold");
  }
  /// The same, over the last calls.
  constexpr explicit BadCallRate(BadCallRateSettings settings)
    requires detail::is_last_calls<WindowKind>
      : BadCallRate{WindowKind{}, settings} {}

  /// **Returns** the policy in words.
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }

 private:
  static constexpr Words in_words{
      .rule = "bad_call_rate",
      .numbers = {"bad_calls", "calls"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return detail::say_share(into, size, "failed or were slow", seen, limits);
      }};
};

explicit BadCallRate(BadCallRateSettings) -> BadCallRate<LastCalls<100>>;
template <class WindowKind>
BadCallRate(WindowKind, BadCallRateSettings) -> BadCallRate<WindowKind>;
template <class First, class... Rest>
BadCallRate(First, Rest...)
    -> BadCallRate<typename detail::BareSettings<First, Duration, LastCalls<100>>::type>;

namespace detail {
template <class WindowKind>
inline constexpr bool is_marked_shareable<BadCallRate<WindowKind>> =
    is_shareable<typename WindowKind::Window>;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
