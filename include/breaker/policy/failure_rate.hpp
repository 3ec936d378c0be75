// FailureRate: trips when too large a share of the calls in a window failed.
#pragma once

#include <cstddef>

#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/windowed.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Settings of FailureRate.
struct FailureRateSettings {
  /// Share of failures that trips, or more. Range: (0, 1]. No default: it must fit your normal
  /// error rate.
  Ratio threshold;
  /// Calls that must be in the window before it is judged. Range: from 1, up to N for
  /// last_calls<N>(). Default: 20, or N if that is smaller.
  int min_calls = usual_min_calls;
};

/// Trips when the share of failures in the window is at `threshold` or above, once `min_calls` are
/// in. Ignored calls are not in the window. Judged when a failure comes in: a success never trips.
/// `FailureRate{{.threshold = 50_percent}}` looks at the last 100 calls,
/// `FailureRate{within(10s), {.threshold = 50_percent}}` at those of the last 10 s.
/// Numbers: failures, calls. Limits: numerator and denominator of the share, min_calls.
template <class WindowKind = LastCalls<100>>
class FailureRate : public detail::Windowed<detail::Failed, detail::Share, WindowKind> {
 public:
  /// **Throws** ConfigError naming the setting that is out of its range.
  constexpr FailureRate(WindowKind window, FailureRateSettings settings)
      : detail::Windowed<detail::Failed, detail::Share, WindowKind>{
            window,
            {},
            {settings.threshold,
             detail::min_calls_of<WindowKind>(settings.min_calls, "FailureRate.min_calls")}} {
    detail::require_share(settings.threshold, "FailureRate.threshold");
  }
  /// The same, over the last calls.
  constexpr explicit FailureRate(FailureRateSettings settings)
    requires detail::is_last_calls<WindowKind>
      : FailureRate{WindowKind{}, settings} {}

  /// **Returns** the policy in words.
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }

 private:
  static constexpr Words in_words{
      .rule = "failure_rate",
      .numbers = {"failures", "calls"},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return detail::say_share(into, size, "failed", seen, limits);
      }};
};

explicit FailureRate(FailureRateSettings) -> FailureRate<LastCalls<100>>;
template <class WindowKind>
FailureRate(WindowKind, FailureRateSettings) -> FailureRate<WindowKind>;
template <class First, class... Rest>
FailureRate(First, Rest...)
    -> FailureRate<typename detail::BareSettings<First, Ratio, LastCalls<100>>::type>;

namespace detail {
template <class WindowKind>
inline constexpr bool is_marked_shareable<FailureRate<WindowKind>> =
    is_shareable<typename WindowKind::Window>;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
