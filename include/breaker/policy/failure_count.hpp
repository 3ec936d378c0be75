// FailureCount: trips when there are n failures in a window, however many calls succeed.
#pragma once

#include <cstdint>

#include "breaker/base/config_error.hpp"
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

/// Trips when the window holds so many failures: `FailureCount{5, within(10s)}` is "5 failures in
/// 10 seconds". Over a time window a success costs no clock read and no write. Ignored calls are
/// not in the window.
template <class WindowKind>
class FailureCount {
  using Window = typename WindowKind::Window;

 public:
  static constexpr ClockUse clock_use =
      Window::clock_use == ClockUse::none ? ClockUse::none : ClockUse::on_failure;
  static constexpr int parts = 1;

  /// `count`: failures that trip. Range: from 1, up to N for last_calls<N>(), 2^20 - 1 for
  /// within(). **Throws** ConfigError naming the setting that is out of its range.
  constexpr FailureCount(int count, WindowKind window) : count_{count}, window_{window} {
    if constexpr (detail::is_last_calls<WindowKind>) {
      detail::require_setting(count >= 1 && count <= Window::size, "FailureCount.count", count,
                              "1 up to the size of the window");
    } else {
      detail::require_setting(count >= 1 && count < 1 << 20, "FailureCount.count", count,
                              "1 to 2^20 - 1");
    }
  }

  /// What the circuit asks of a policy, from here on: see ConcurrentPolicy.
  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    const bool is_recorded = is_bad(outcome) || Window::needs_every_call;
    if (is_recorded && !window_.record(is_bad(outcome), outcome.now, stay)) return false;
    if (finding != nullptr) *finding = ask(outcome.now, stay);
    return true;
  }

  [[nodiscard]] Finding ask(Ticks now, const Stay& stay) const noexcept {
    const Evidence seen = evidence(now, stay);
    const bool at_threshold = seen.failures >= static_cast<std::uint32_t>(count_);
    return {.at_threshold = at_threshold, .part = 0, .evidence = seen};
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.verdict == Verdict::failure;
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    if constexpr (Window::needs_every_call) {
      return window_.is_clean(id);
    } else {
      return true;  // a success leaves no mark
    }
  }

  void begin(const Stay& stay) noexcept
    requires(Window::needs_every_call)
  {
    window_.begin(stay);
  }

  /// Over a time window calls are not counted: `calls` is 0 there.
  [[nodiscard]] Evidence evidence(Ticks now, const Stay& stay) const noexcept {
    if constexpr (Window::needs_every_call) {
      const Tally tally = window_.tally(now, stay);
      return {tally.calls, tally.marked, 0};
    } else {
      return {0, window_.marked(now, stay), 0};
    }
  }

  [[nodiscard]] Limit limit(int /*part*/) const noexcept {
    return {.rule = Rule::failure_count, .count = count_};
  }

 private:
  std::int32_t count_;
  Window window_;
};

BREAKER_ABI_END
}  // namespace breaker
