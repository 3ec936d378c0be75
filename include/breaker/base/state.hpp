// State and Generation: where a circuit stands, and the number of its stay there.
#pragma once

#include <cstdint>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Number of the current stay in a state. Each transition adds one, modulo 2^21.
using Generation = std::uint32_t;

/// Where a circuit stands.
enum class State : std::uint8_t {
  closed,       ///< Calls pass, their verdicts are counted.
  open,         ///< Calls are refused until the wait is over.
  half_open,    ///< A few probes pass; their verdicts decide.
  forced_open,  ///< By hand: calls are refused, no timer ends it.
  disabled,     ///< By hand: calls pass, nothing is counted.
};

/// **Returns** the name as it stands in the source, for logs and metric labels. A value outside the
/// enum gives "?".
[[nodiscard]] constexpr const char* to_string(State state) noexcept {
  switch (state) {
    case State::closed: return "closed";
    case State::open: return "open";
    case State::half_open: return "half_open";
    case State::forced_open: return "forced_open";
    case State::disabled: return "disabled";
    default: return "?";
  }
}

BREAKER_ABI_END
}  // namespace breaker
