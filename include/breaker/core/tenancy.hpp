// Tenancy: a circuit that outlives its owner and goes to the next one, as the places of a registry do.
// `is_ours` says below whether the circuit is still the caller's: it is asked after the word was read,
// by an acquire load. A thread that reads the word that retire() put there knows that it is not.
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/refusals.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// As Core::acquire(), for as long as the circuit is the caller's. **Returns** whether it was; if not,
/// nothing is held, and `ticket` says nothing.
template <bool may_probe, bool by_call, class Core, class IsOurs>
[[gnu::always_inline]] inline bool acquire_if(Core& core, Ticket& ticket,
                                              const IsOurs& is_ours) noexcept {
  // Acquire: pairs with the exchange in retire(). A thread that reads the next owner's word sees that it is not
  // ours, because that was said before.
  const Word word = core.inside().machine.word.load(acquire);
  if (!is_ours()) [[unlikely]]
    return false;
  using Inside = std::remove_cvref_t<decltype(core.inside())>;
  if constexpr (!Inside::asks_clock && !Inside::hears_arrivals) {
    if (state_of(word) == State::closed) [[likely]] {
      ticket = core.admitted(StayId::of(word));
      return true;
    }
  }
  core.template acquire<may_probe, by_call>(ticket);
  if (is_ours()) [[likely]]
    return true;
  if (!ticket.is_refused()) core.template settle<by_call>(ticket, Verdict::ignored);
  return false;
}

/// What became of a command.
enum class Obeyed : std::uint8_t { no, yes, not_ours };

/// As Core::command(), for as long as the circuit is the caller's.
template <class Inside, class IsOurs>
Obeyed command_if(Inside& inside, const Event& event, const IsOurs& is_ours) noexcept {
  Word word = inside.machine.word.load(acquire);  // as in acquire_if()
  for (;;) {
    if (!is_ours()) return Obeyed::not_ours;
    const Ticks time = inside.now();  // after the word was read, see Machine
    const Machine::Attempt attempt = inside.machine.template try_once<true>(word, event, time);
    if (attempt.is_overtaken) continue;
    if (attempt.is_transition()) {
      inside.keep(attempt, time, {});
      detail::tell_transition(inside.listener, inside.machine.listener_errors,
                              transition_of(attempt.from, attempt.step, time, {}));
    }
    return attempt.step.takes_effect ? Obeyed::yes : Obeyed::no;
  }
}

/// **Returns** whether no outage is in progress, and no hand holds the circuit, whose word is `word`.
template <class Inside>
bool is_at_rest(const Inside& inside, Word word) noexcept {
  if (state_of(word) != State::open) return state_of(word) == State::closed;
  return is_wait_over(word, inside.now(), inside.machine.gate());
}

/// Close a circuit whose owner goes, and begin a new stay: what is in flight is stale. No transition: it
/// is told to nobody. **Requires** that it was said before that it is the owner's no more. `only_at_rest`:
/// unless an outage is in progress. **Returns** whether it is done; `stay` is then the new stay.
template <class Inside>
bool retire(Inside& inside, StayId& stay, bool only_at_rest = false) noexcept {
  Machine& machine = inside.machine;
  Word word = machine.word.load(acquire);  // if it is open, the clock read below is not behind
  do {
    if (only_at_rest && !detail::is_at_rest(inside, word)) return false;
    stay = StayId::of(word).next(State::closed, 0);
  } while (!machine.exchange(word, stay.clean_word()));
  // There was no transition yet, and nobody asked for a wait.
  Transition none{};
  none.generation = stay.generation();
  machine.last.store(none, 0, machine.version.load(relaxed));
  if constexpr (requires(const Stay& begun) { inside.evidence.begin(begun); })
    inside.evidence.begin(Stay{machine.word, stay});
  return true;
}

/// Give a retired circuit settings, and totals of 0, for its next owner. **Requires** that nobody else
/// gives it settings. `stay`: the one that it is in, also afterwards: it may have to be retired once
/// more.
template <class Inside, class Policy>
void settle_in(Inside& inside, const Rules& rules, const Policy& policy, StayId& stay) noexcept {
  Machine& machine = inside.machine;
  const Policy before = inside.policy();
  if (!(policy == before)) {
    if constexpr (requires { inside.evidence.adopt(policy); }) inside.evidence.adopt(policy);
    if (!detail::keeps(policy, before)) detail::retire(inside, stay);
  }
  if (!(policy == before) || rules != machine.rules()) {
    inside.policies.prepare(policy, machine.version);
    machine.publish(rules);
  }
  detail::forget_refusals(machine, inside.evidence);
  machine.transitions.store(0, relaxed);
  machine.stale.store(0, relaxed);
  machine.listener_errors.store(0, relaxed);
}

/// How much is lost if a circuit is made anew.
enum class Rest : std::uint8_t {
  none,   // its outage, or what a hand did
  rests,  // what it has counted, or how long it would wait next
  clean,  // nothing but calls that went well
};

template <class Inside>
Rest rest_of(const Inside& inside) noexcept {
  const Word word = inside.machine.word.load(relaxed);  // retire() asks again
  if (!detail::is_at_rest(inside, word)) return Rest::none;
  if (state_of(word) != State::closed) return Rest::rests;
  if (StayId::of(word).step() != 0) return Rest::rests;
  for (int part = 0; part < parts_of<std::remove_cvref_t<decltype(inside.policy())>>; ++part) {
    if (inside.numbers(part).at[0] != 0) return Rest::rests;
  }
  return Rest::clean;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
