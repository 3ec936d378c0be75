// describe: a transition or a rejection in words, for logs.
#pragma once

#include <chrono>
#include <string>

#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// **Returns** which numbers crossed which limits, in the policy's own words.
inline std::string of_policy(const Transition& transition) {
  constexpr const char* unknown = "the policy's limit was reached";
  if (!transition.has_numbers || transition.words == nullptr ||
      transition.words->sentence == nullptr)
    return unknown;
  char text[200];
  transition.words->sentence(text, sizeof text, transition.numbers, transition.limits);
  return text;
}

inline std::string cause(const Transition& transition) {
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
    case Reason::reconfigured: return "new settings, what was counted is void";
    case Reason::policy: return of_policy(transition);
    case Reason::classifier: return "the classifier said so of an answer";
    default: return "?";
  }
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
