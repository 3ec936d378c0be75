// RegistrySummary: all circuits of a registry in some numbers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// All circuits of a registry in some numbers.
struct RegistrySummary {
  std::size_t
      closed;  ///< How many circuits are in that state. The overflow circuit is not among them.
  std::size_t open;         ///< As closed.
  std::size_t half_open;    ///< As closed: open ones whose wait is over are among these.
  std::size_t forced_open;  ///< As closed.
  std::size_t disabled;     ///< As closed.
  /// As those of Snapshot, of all circuits, erased ones and the overflow circuit included: they never fall.
  std::uint64_t transitions;
  std::uint64_t refused;          ///< As transitions.
  std::uint64_t stale;            ///< As transitions.
  std::uint64_t listener_errors;  ///< As transitions.

  friend bool operator==(const RegistrySummary&, const RegistrySummary&) = default;
};

namespace detail {

/// Count a circuit that is in `state`.
inline void add_state(RegistrySummary& sum, State state) noexcept {
  switch (state) {
    case State::open: ++sum.open; break;
    case State::half_open: ++sum.half_open; break;
    case State::forced_open: ++sum.forced_open; break;
    case State::disabled: ++sum.disabled; break;
    case State::closed:
    default: ++sum.closed; break;
  }
}

/// Add the totals of a circuit.
inline void add_totals(RegistrySummary& sum, const Snapshot& seen) noexcept {
  sum.transitions += seen.transitions;
  sum.refused += seen.refused;
  sum.stale += seen.stale;
  sum.listener_errors += seen.listener_errors;
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
