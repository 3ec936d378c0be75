// Peek: reaches inside a circuit.
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/word.hpp"
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
    // Relaxed: what is counted says which stay it is of, and what was asked for before it.
    const StayId id = StayId::of(inside.machine.word.load(relaxed));
    if (id.state() != State::closed) return false;
    Found found;
    found.standing =
        inside.evidence.look(inside.policy(found.version), now, Stay{inside.machine.word, id});
    if (found.standing.kind != Standing::Kind::at_limit) return false;
    circuit.core_.booked(id, found);
    return true;
  }

  /// **Returns** whether a circuit is in the closed stay `stay`.
  template <class Circuit>
  static bool is_closed_in(const Circuit& circuit, Generation stay) noexcept {
    // Relaxed: who acts on it asks again.
    return is_closed_in(at(circuit).machine.word.load(relaxed), stay);
  }

  /// Trip the policy of a circuit that is in that closed stay, whatever it counts meanwhile. `found`: how it stands.
  template <class Circuit>
  static void trip(Circuit& circuit, Generation stay, const Found& found) noexcept {
    Word word = at(circuit).machine.word.load(detail::acquire);  // as in count_in_word
    while (is_closed_in(word, stay)) {
      const Event event{.kind = EventKind::policy_trips,
                        .id = StayId::of(word),
                        .counted = static_cast<std::uint32_t>(PolicyBits::get(word))};
      if (circuit.core_.drive(word, event, found)) return;
    }
  }

  /// **Returns** whether advice stands.
  template <class Circuit>
  static bool is_advised(const Circuit& circuit) noexcept {
    const auto& inside = at(circuit);
    return inside.evidence.is_advised(inside.now());
  }

  /// **Returns** how the policy of a circuit stands: the part of it that is at its limit, else the first.
  template <class Circuit>
  static Found found_in(const Circuit& circuit) noexcept {
    const auto& inside = at(circuit);
    const Word word = inside.machine.word.load(relaxed);  // what is counted says of which stay
    Found found;
    const auto policy = inside.policy(found.version);
    if (state_of(word) != State::closed) return found;
    for (int part = parts_of<std::remove_const_t<decltype(policy)>>; part-- > 0;) {
      const Standing standing = inside.standing(word, inside.now(), part);
      if (standing.kind != Standing::Kind::at_limit &&
          found.standing.kind == Standing::Kind::at_limit)
        continue;
      found.standing = standing;
      found.standing.part = static_cast<std::uint8_t>(part);
    }
    return found;
  }

 private:
  static bool is_closed_in(Word word, Generation stay) noexcept {
    return state_of(word) == State::closed && StayId::of(word).generation() == stay;
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
