// SlowCallRate: trips when too large a share of the calls in a window was slow.
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

/// Settings of SlowCallRate.
struct SlowCallRateSettings {
  /// A call that took longer is slow. Range: above 0, up to 2^34 ms. No default.
  Duration slower_than;
  /// Share of slow calls that trips, or more. Range: (0, 1]. No default.
  Ratio threshold;
  /// Calls that must be in the window before it is judged. Range: from 1, up to N for
  /// last_calls<N>(). Default: 20, or N if that is smaller.
  int min_calls = usual_min_calls;
};

/// Trips when the share of slow calls in the window is at `threshold` or above, once `min_calls`
/// are in. A call's verdict makes no difference, except that ignored calls are not in the window.
/// Judged when a slow call comes in. A slow probe is a bad probe. This policy makes a call read the
/// clock when it begins, too. Numbers: slow calls, calls. Limits: numerator and denominator of the
/// share, min_calls, slower_than in milliseconds, rounded up.
template <class WindowKind = LastCalls<100>>
class SlowCallRate : public detail::Windowed<detail::SlowerThan, detail::Share, WindowKind> {
 public:
  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr SlowCallRate(WindowKind window, SlowCallRateSettings settings)
      : detail::Windowed<detail::SlowerThan, detail::Share, WindowKind>{
            window,
            {settings.slower_than.ticks()},
            {settings.threshold,
             detail::min_calls_of<WindowKind>(settings.min_calls, "SlowCallRate.min_calls")}} {
    detail::require_time(settings.slower_than.ticks(), "SlowCallRate.slower_than");
    detail::require_share(settings.threshold, "SlowCallRate.threshold");
  }
  /// The same, over the last calls.
  constexpr explicit SlowCallRate(SlowCallRateSettings settings)
    requires detail::is_last_calls<WindowKind>
      : SlowCallRate{WindowKind{}, settings} {}

  /// **Returns** the policy in words.
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }

 private:
  static constexpr Words in_words{
      .rule = "slow_call_rate",
      .numbers = {"slow_calls", "calls"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return detail::say_share(into, size, "were slow", seen, limits);
      }};
};

explicit SlowCallRate(SlowCallRateSettings) -> SlowCallRate<LastCalls<100>>;
template <class WindowKind>
SlowCallRate(WindowKind, SlowCallRateSettings) -> SlowCallRate<WindowKind>;
template <class First, class... Rest>
SlowCallRate(First, Rest...)
    -> SlowCallRate<typename detail::BareSettings<First, Duration, LastCalls<100>>::type>;

namespace detail {
template <class WindowKind>
inline constexpr bool is_marked_shareable<SlowCallRate<WindowKind>> =
    is_shareable<typename WindowKind::Window>;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
