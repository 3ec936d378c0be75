// Peek: reaches inside a circuit.
#pragma once

#include "breaker/base/atomic.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/core.hpp"
#include "breaker/core/inside.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// For tests, fleet::advise(), metrics, a registry, and memory that processes share.
struct Peek {
  template <class Circuit>
  static constexpr auto& at(Circuit& circuit) noexcept {
    return circuit.core_.inside_;
  }

  /// Advise the policy of a circuit. **Returns** whether what it has seen was then enough to trip.
  template <class Circuit>
  static bool advise(Circuit& circuit, Ticks lasts) noexcept {
    auto& inside = at(circuit);
    const Ticks now = inside.now();
    inside.evidence.advise(now, saturating_add(now, lasts));
    const StayId id = StayId::of(inside.machine.word.load(detail::acquire));  // as in count_in_word
    if (id.state() != State::closed) return false;
    Found found;
    found.standing =
        inside.evidence.look(inside.policy(found.version), now, Stay{inside.machine.word, id});
    if (found.standing.kind != Standing::Kind::at_limit) return false;
    circuit.core_.booked(id, found);
    return true;
  }

  /// **Returns** whether advice stands.
  template <class Circuit>
  static bool is_advised(const Circuit& circuit) noexcept {
    const auto& inside = at(circuit);
    return inside.evidence.is_advised(inside.now());
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
