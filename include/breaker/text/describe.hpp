// describe: a transition or a rejection in words, for logs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// **Returns** `count` of `total` in percent, to a tenth, cut: 1 of 3 is "33.3 %".
inline std::string in_percent(std::uint32_t count, std::uint32_t total) {
  const std::uint64_t tenths = total == 0 ? 0 : std::uint64_t{count} * 1000 / total;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

inline std::string of_limit(const Limit& limit) {
  return "limit " +
         in_percent(static_cast<std::uint32_t>(limit.share.part()),
                    static_cast<std::uint32_t>(limit.share.whole())) +
         " of at least " + std::to_string(limit.min_calls) + " calls";
}

inline std::string cause(const Transition& transition) {
  const Evidence& seen = transition.evidence;
  switch (transition.reason) {
    case Reason::none: return "no transition yet";
    case Reason::wait_over: return "the wait is over, a probe goes out";
    case Reason::probes_succeeded: return "enough probes succeeded";
    case Reason::probes_failed: return "too many probes failed";
    case Reason::probe_lost:
      return "a probe was not heard of for a whole lease, a fresh one goes out";
    case Reason::tripped: return "tripped by hand";
    case Reason::forced_open: return "forced open by hand";
    case Reason::disabled: return "disabled by hand";
    case Reason::reset: return "reset by hand";
    case Reason::restored: return "restored";
    case Reason::policy: break;
  }
  if (!transition.has_numbers) return "the policy's threshold was reached";
  switch (transition.limit.rule) {
    case Rule::consecutive_failures:
      return std::to_string(seen.failures) + " failures in a row (limit " +
             std::to_string(transition.limit.count) + ")";
    case Rule::failure_count:
      return std::to_string(seen.failures) + " failures in the window (limit " +
             std::to_string(transition.limit.count) + ")";
    case Rule::failure_rate:
      return std::to_string(seen.failures) + " of " + std::to_string(seen.calls) +
             " calls failed, " + in_percent(seen.failures, seen.calls) + " (" +
             of_limit(transition.limit) + ")";
    case Rule::slow_call_rate:
      return std::to_string(seen.slow) + " of " + std::to_string(seen.calls) +
             " calls were slow, " + in_percent(seen.slow, seen.calls) + " (" +
             of_limit(transition.limit) + ")";
    case Rule::none:
    case Rule::custom: break;
  }
  return "the policy's threshold was reached";
}

}  // namespace detail

/// **Returns** a line such as "closed -> open: 12 of 20 calls failed, 60.0 % (limit 50.0 % of at
/// least 20 calls); calls are refused for 30000 ms": which number crossed which threshold.
[[nodiscard]] inline std::string describe(const Transition& transition) {
  std::string text = to_string(transition.from);
  text += " -> ";
  text += to_string(transition.to);
  text += ": " + detail::cause(transition);
  if (transition.to == State::open && transition.has_numbers) {
    text += "; calls are refused for " + std::to_string(transition.open_for.count()) + " ms";
  }
  return text;
}

/// **Returns** a line such as "refused: open, retry after 1250 ms".
[[nodiscard]] inline std::string describe(const Rejection& rejection) {
  return std::string{"refused: "} + to_string(rejection.reason) + ", retry after " +
         std::to_string(
             std::chrono::ceil<std::chrono::milliseconds>(rejection.retry_after).count()) +
         " ms";
}

BREAKER_ABI_END
}  // namespace breaker
