// Settings: all that a circuit runs on, as one value.
#pragma once

#include "breaker/base/version.hpp"
#include "breaker/call/name.hpp"
#include "breaker/config.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a circuit runs on: what a sentence says, see parse().
struct Settings {
  Config config = {};  ///< The circuit's own settings.
  /// What trips. Default: 5 failures in a row.
  TripRules rules = Rule{.kind = Rule::Kind::row, .limit = 5};
  /// What is normal, if it was said: for forecast(). Else `calls_per_second` is 0.
  Traffic traffic = {.normal = {0, 1}, .calls_per_second = 0};
  Name name{{}};  ///< What refusals call the circuit; empty: nothing.

  friend constexpr bool operator==(const Settings&, const Settings&) noexcept = default;
};

BREAKER_ABI_END
}  // namespace breaker
