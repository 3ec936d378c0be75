// circuit, reconfigure: circuits by settings that are known at run time only.
//
//   auto quotes = breaker::circuit(breaker::parse(line_of_the_file).value());
//   …
//   breaker::reconfigure(quotes, breaker::parse(new_line).value());  // forgets no outage
#pragma once

#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/text/settings.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// **Returns** a circuit that runs on `settings`, with their name. `Cap`: how many calls a window of
/// calls may hold, now or by reconfigure(); the place for them is in the circuit. Range: 1 to 100000.
/// Default: 100. `parts`: clock, classifier, listener.
/// **Throws** ConfigError naming what is out of its range: `AnyRule.last_calls`, if a window is larger
/// than `Cap`. Allocates nothing.
template <int Cap = 100, class... Parts>
[[nodiscard]] constexpr auto circuit(const Settings& settings, Parts&&... parts) {
  return CircuitBreaker{settings.config, AnyRule<Cap>{settings.rules}, settings.name,
                        std::forward<Parts>(parts)...};
}

/// Give such a circuit new settings, while calls go on; its name stays.
/// **Returns**, **Throws** as CircuitBreaker::reconfigure(). What a rule has counted is kept if each
/// keeps its kind, and what the policy that it stands for asks for.
template <class Circuit>
Reconfigured reconfigure(Circuit& circuit, const Settings& settings) {
  using Policy = decltype(circuit.policy());
  return circuit.reconfigure(settings.config, Policy{settings.rules});
}

BREAKER_ABI_END
}  // namespace breaker
