// Inside: what a circuit is made of, and what can be asked of it without moving it.
#pragma once

#include <cstddef>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/core/word.hpp"
#include "breaker/policy/concurrent.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The data of a circuit, in the order in which it lies in memory.
template <class Clock, class Policy, class Listener>
struct Inside {
  static constexpr bool counts_in_word = WordPolicy<Policy>;
  using Engine = EngineOf<Policy>;

  // Whether a success needs the clock, so that it is never free.
  static constexpr bool books_by_clock = clock_use_of<Engine> >= ClockUse::on_settle;

  static constexpr ClockUse clock_use =
      clock_use_of<Engine> > clock_use_of<Listener> ? clock_use_of<Engine> : clock_use_of<Listener>;

  template <class... Parts>
  constexpr explicit Inside(const Config& config, Parts&&... parts)
      : machine{config},
        // NOLINTBEGIN(bugprone-use-after-move): each member takes the one part that is its own
        clock{take<ClockRole, Clock>(std::forward<Parts>(parts)...)},
        policy{take<PolicyRole, Engine>(std::forward<Parts>(parts)...)},
        listener{take<ListenerRole, Listener>(std::forward<Parts>(parts)...)} {}
  // NOLINTEND(bugprone-use-after-move)

  Ticks now() const noexcept { return to_ticks(clock.now().time_since_epoch()); }

  /// **Returns** whether a success in the stay `id` would leave word and policy as they are.
  bool is_clean(StayId id) const noexcept {
    if constexpr (counts_in_word) {
      return machine.word.load(relaxed) == id.clean_word();  // closed, the same stay, no evidence
    } else if constexpr (requires { policy.is_clean(id); }) {
      return machine.word.load(relaxed) == id.clean_word() && policy.is_clean(id);
    } else {
      return false;
    }
  }

  /// **Returns** what the policy had counted in the word `closed`, or has counted in its stay.
  /// **Requires** a closed word.
  Evidence evidence_of(Word closed, Ticks time) const noexcept {
    if constexpr (counts_in_word) {
      return policy.evidence_of(PolicyBits::get(closed));
    } else {
      return policy.evidence(time, Stay{machine.word, StayId::of(closed)});
    }
  }

  // What windows write stands apart from what every call reads.
  static constexpr std::size_t policy_alignment = sizeof(Engine) > 16 ? cache_line
                                                                      : alignof(Engine);

  alignas(cache_line) Machine machine;
  [[no_unique_address]] const Clock clock;
  [[no_unique_address]] alignas(Engine) alignas(policy_alignment) Engine policy;
  [[no_unique_address]] Listener listener;
};

/// Lets tests look inside a circuit.
struct Peek {
  template <class Circuit>
  static constexpr auto& at(Circuit& circuit) noexcept {
    return circuit.core_.inside_;
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
