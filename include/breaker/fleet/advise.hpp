// advise: tells a circuit that others find what it guards to be down.
#pragma once

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/peek.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// A circuit whose policy takes advice, see advised().
template <class Circuit>
concept Advisable = requires(Circuit& circuit) { circuit.policy().under_advice(); };

/// Others say that what `circuit` guards is down; they are heeded for `lasts` from now, in place of
/// what they said before. Range: 0, which ends it, or more. The circuit opens at once if it has seen
/// as much as its policy needs under advice, see advised(); otherwise its own next failures decide.
/// **Returns** whether it was closed, and what it has seen was enough. **Throws** ConfigError if `lasts` is negative.
/// **Thread safety** any thread may; of two at a time one counts. **Complexity** as that of one failure.
template <Advisable Circuit>
bool advise(Circuit& circuit, Duration lasts) {
  breaker::detail::require_setting(lasts.ticks() >= 0, "advise.lasts", lasts.ticks(),
                                   "0 or more (in ns)");
  return breaker::detail::Peek::advise(circuit, lasts.ticks());
}

/// **Returns** whether `circuit` heeds now what others say: that what it guards is down.
/// **Thread safety** any thread may ask. **Complexity** a clock reading, and two loads.
template <Advisable Circuit>
[[nodiscard]] bool is_advised(const Circuit& circuit) noexcept {
  return breaker::detail::Peek::is_advised(circuit);
}

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
