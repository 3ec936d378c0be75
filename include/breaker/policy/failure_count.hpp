// FailureCount: trips when there are n failures in a window, however many calls succeed.
#pragma once

#include <cstddef>
#include <cstdio>

#include "breaker/base/config_error.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/windowed.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Trips when the window holds that many failures: `FailureCount{5, within(10s)}` is "5 failures in
/// 10 seconds". Over a time window a success costs no clock read and no write. Ignored calls are
/// not in the window. Numbers: failures; over the last N calls also the calls. Limits: how many trip.
template <class WindowKind>
class FailureCount : public detail::Windowed<detail::Failed, detail::Count, WindowKind> {
 public:
  /// `count`: failures that trip. Range: from 1, up to N for last_calls<N>(), 2^20 - 1 for
  /// within(). **Throws** ConfigError naming the setting that is out of its range.
  constexpr FailureCount(int count, WindowKind window)
      : detail::Windowed<detail::Failed, detail::Count, WindowKind>{window, {}, {count}} {
    if constexpr (detail::is_last_calls<WindowKind>) {
      detail::require_setting(count >= 1 && count <= WindowKind::Window::size, "FailureCount.count",
                              count, "1 up to the size of the window");
    } else {
      detail::require_setting(count >= 1 && count < 1 << 20, "FailureCount.count", count,
                              "1 to 2^20 - 1");
    }
  }

  /// **Returns** the policy in words.
  [[nodiscard]] constexpr const Words& words() const noexcept { return in_words; }

 private:
  static constexpr Words in_words{
      .rule = "failure_count",
      .numbers = {"failures", detail::is_last_calls<WindowKind> ? "calls" : nullptr},
      .sentence = [](char* into, std::size_t size, const Numbers& seen, const Limits& limits) {
        return std::snprintf(into, size, "%u failure%s in the window (limit %u)", seen.at[0],
                             seen.at[0] == 1 ? "" : "s", limits.at[0]);
      }};
};

template <class WindowKind>
FailureCount(int, WindowKind) -> FailureCount<WindowKind>;

namespace detail {
template <class WindowKind>
inline constexpr bool is_marked_shareable<FailureCount<WindowKind>> =
    is_shareable<typename WindowKind::Window>;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
