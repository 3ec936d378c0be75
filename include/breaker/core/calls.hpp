// Calls: what arriving calls and their verdicts do to the state word.
#pragma once

#include <cstdint>

#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the refusal of a call that arrives, in shadow if it is not carried out; a ticket that is
/// neither, if nothing refuses it.
[[gnu::noinline]] constexpr Ticket refusal(Word word, Ticks now, Gate gate) noexcept {
  const StayId stay = StayId::of(word);
  Ticks retry_after = 0;
  if (stay.state() == State::half_open && is_busy(word, now, gate)) {
    retry_after = gate.hint();
  } else if (stay.state() == State::open && !is_wait_over(word, now, gate)) {
    retry_after = ticks_left(word, now);
  } else if (stay.state() == State::forced_open) [[unlikely]] {
    retry_after = static_cast<Ticks>(gate.longest_wait()) * millisecond;
  } else {
    return {stay, 0};
  }
  const Ticket ticket = Ticket::refused(stay, retry_after);
  return gate.is_shadow() ? ticket.in_shadow() : ticket;
}

/// **Returns** the same for a call that must not be a probe.
constexpr Ticket refusal_of_no_probe(Word word, Ticks now, Gate gate) noexcept {
  const StayId stay = StayId::of(word);
  const bool is_waiting = stay.state() == State::open && !is_wait_over(word, now, gate);
  if (is_waiting || (stay.state() != State::open && stay.state() != State::half_open))
    return refusal(word, now, gate);
  const Ticket ticket = Ticket::refused(stay, gate.hint(), true);
  return gate.is_shadow() ? ticket.in_shadow() : ticket;
}

constexpr Step arrive(Word word, Ticks now, Gate gate, bool may_probe) noexcept {
  const State state = state_of(word);
  if (state == State::closed || state == State::disabled) return {word, true};
  // No state at all: somebody wrote over the word, in memory that processes share. Begin anew.
  if (!is_state(state)) return {begin(State::closed, word, 0), true, Reason::reset};
  const Ticket ticket = refusal(word, now, gate);
  if (!may_probe || ticket.is_refused() || ticket.is_in_shadow()) return {word, false};
  Step step = state == State::open    ? begin_half_open(word)
              : !has_slot(word, gate) ? renew(word)
                                      : Step{word + HeldBits::put(1), true};
  step.word = granted(step.word, now, gate);
  return step;
}

/// **Returns** whether `id` is a stay of the recovery that a word is in: its own, or one that ended
/// with a lease.
constexpr bool is_of_recovery(Word word, StayId id) noexcept {
  return state_of(word) == State::half_open && id.state() == State::half_open &&
         StayId::of(word).stays_since(id) <= RenewalBits::get(word);
}

/// A verdict on a probe. It counts if it is of this recovery, and frees its slot if it still has one.
constexpr Step settle_probe(Word word, const Event& event, Ticks now, const Rules& rules,
                            const Context& context) noexcept {
  if (!is_of_recovery(word, event.id)) return {word, false};
  const bool holds_slot = StayId::of(word) == event.id && HeldBits::get(word) > 0;
  const Word released = holds_slot ? word - HeldBits::put(1) : word;
  const std::uint64_t step = event.id.step();
  if (event.kind == EventKind::success) {
    if (GoodBits::get(word) + 1 >= rules.close_after())
      return {begin(State::closed, word, step), true, Reason::probes_succeeded};
    return {released + GoodBits::put(1), true};
  }
  if (event.kind == EventKind::failure) {
    if (BadBits::get(word) + 1 >= rules.reopen_after())
      return open_by_rule(word, step, now, rules, context, Reason::probes_failed);
    return {released + BadBits::put(1), true};
  }
  return {released, true};
}

/// **Returns** the step that follows from an arrival or a verdict at `now` when the circuit's word is `word`.
/// Pure: the core puts the new word in place by compare-exchange, and asks again if the old one has
/// changed. What a verdict does to the policy of a closed circuit is not here but with the policy.
[[gnu::noinline, gnu::cold, gnu::flatten]] constexpr Step next_of_call(
    Word word, const Event& event, Ticks now, const Rules& rules,
    const Context& context = {}) noexcept {
  switch (event.kind) {
    case EventKind::arrive:
    case EventKind::arrive_no_probe:
      return arrive(word, now, rules.gate(), event.kind == EventKind::arrive);
    case EventKind::success:
    case EventKind::failure:
    case EventKind::ignored: return settle_probe(word, event, now, rules, context);
    case EventKind::policy_trips: return trip_by_policy(word, event, now, rules, context);
    default: return {word, false};
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
