// Core: a circuit without classifier and `call`. The state is one word; drive() is the loop that moves it.
#pragma once

#include <cstdint>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/core/inside.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/core/reconfigure.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/refusals.hpp"
#include "breaker/core/riding.hpp"
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

struct Peek;

/// The verbs of a circuit: acquire, settle, command, reconfigure. Each attempt to move the state loads the word, then
/// reads the clock, lets next() compute, and exchanges the word. **Thread safety** every member may be called by any
/// thread at any time. It is lock-free, except reconfigure(), and where the policy's evidence has a lock around it.
template <class Clock, class Policy, class Listener, bool is_timed = false>
class Core {
  using Inside = detail::Inside<Clock, Policy, Listener, is_timed>;

 public:
  static constexpr ClockUse clock_use = Inside::clock_use;
  static constexpr bool notes_begin = Inside::notes_begin;
  static constexpr bool hears_departures = Inside::hears_departures;

  template <class... Parts>
  constexpr explicit Core(const Config& config, Parts&&... parts)
      : inside_{config, std::forward<Parts>(parts)...} {}

  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- acquire

  /// Ask for the right to make one call. `may_probe`: also if it would be a probe. **Returns** whether
  /// the call may be made; `ticket` is of the stay that admitted it, or the refusal.
  template <bool may_probe, bool by_call>
  [[gnu::always_inline]] bool acquire(Ticket& ticket) noexcept {
    const Word word = inside_.machine.word.load(detail::acquire);  // pairs with exchange()
    if (state_of(word) == State::closed) [[likely]] {
      if constexpr (Inside::asks_clock || Inside::hears_arrivals) {
        const bool is_timed_now = inside_.clock_use_in_force() == ClockUse::both_ends;
        ticket = Inside::hears_arrivals || is_timed_now ? acquire_asking<may_probe, by_call>(word)
                                                        : admitted<false>(StayId::of(word));
        return !ticket.is_refused();
      } else {
        ticket = admitted(StayId::of(word));
        return true;
      }
    }
    ticket = acquire_slowly<may_probe, by_call>(word);
    return !ticket.is_refused();
  }

  /// **Returns** the ticket of a call that was admitted in the stay of `id`.
  template <bool may_be_timed = true>
  [[gnu::always_inline]] Ticket admitted(StayId id) noexcept {
    detail::tell_admitted(inside_.listener, inside_.machine.listener_errors);
    return {id, may_be_timed ? inside_.begin_of_call() : Inside::not_timed};
  }

  // ---- settle

  /// An answer to the call of `ticket` asked to wait. To be called before its failure is settled.
  void note_asked(Ticket ticket, Ticks retry_after) noexcept {
    if (retry_after > 0) inside_.machine.note_asked(ticket.stay(), retry_after, inside_.now());
  }

  /// The call of `ticket` has ended. To be called before settle(), unless that is by `call`.
  void depart(Ticket ticket) noexcept { inside_.depart(ticket); }

  /// Report a verdict on the call of `ticket`. **Returns** whether it counted.
  template <bool by_call>
  Settled settle(Ticket ticket, Verdict verdict) noexcept {
    if constexpr (by_call && Inside::hears_departures) depart(ticket);
    if (verdict == Verdict::success && !hears_settled<Listener>) {
      if constexpr (Inside::asks_clock || !Inside::books_by_clock) {
        if (inside_.need_not_book(ticket.stay())) [[likely]]
          return Settled::counted;
      }
      if constexpr (!Inside::asks_clock && Inside::books_good)
        return book_success<by_call>(ticket.stay(), ticket.began());
    }
    if (counts_settled<Listener, clock_use> && verdict == Verdict::success &&
        inside_.is_clean(ticket.stay())) [[likely]]
      return inside_.told(ticket.stay(), Settled::counted, {Verdict::success, 0, 0});
    return settle_slowly(ticket.stay(), verdict, ticket.began(), by_call);
  }

  /// The call of `ticket` failed, and opens the circuit, see Judgement::trip(). **Returns** whether it counted.
  template <bool by_call>
  [[gnu::noinline, gnu::cold]] Settled trip_by(Ticket ticket, Ticks wait) noexcept {
    const StayId id = ticket.stay();
    if (by_call) depart(ticket);
    const Outcome outcome =
        inside_.outcome_of(Verdict::failure, ticket.began(), inside_.clock_use_in_force());
    if (id == StayId::unaccounted()) return inside_.told(id, Settled::unaccounted, outcome);
    if (by_call) rides.leave(this, id);
    Word word = inside_.machine.word.load(detail::acquire);  // as in count_in_word
    const bool counts = drive<true>(word, {EventKind::classifier_trips, id, in_milliseconds(wait)});
    return inside_.told(id, counts ? Settled::counted : Settled::stale, outcome);
  }

  /// Ask for a call that is part of another. **Returns** its ticket.
  Ticket ride() noexcept { return admitted(StayId::unaccounted()); }

  // ---- command

  /// Move the circuit by hand. **Returns** whether the command took effect.
  bool command(const Event& event) noexcept {
    Word word = inside_.machine.word.load(detail::acquire);
    return drive<true>(word, event);
  }

  /// Ask a policy that is asked when calls arrive, though none does. **Returns** whether it trips.
  bool ask() noexcept {
    // Relaxed: what is counted says which stay it is of.
    const StayId id = StayId::of(inside_.machine.word.load(relaxed));
    return trips_if_due(id, inside_.ask(id));
  }

  // ---- reconfigure

  /// Take new settings, see detail::reconfigure().
  Reconfigured reconfigure(const Rules& rules, const Policy* new_policy) noexcept {
    return detail::reconfigure(inside_, rules, new_policy);
  }

  // ---- observe

  /// **Returns** what can be asked of the circuit.
  [[nodiscard]] const Inside& inside() const noexcept { return inside_; }
  [[nodiscard]] Gate gate() const noexcept { return inside_.machine.gate(); }

 private:
  friend Peek;

  /// Carry out `event`, and tell the transition, if there is one. `word`: the circuit's, as it was read before and as it
  /// is after. `found`: how the policy that trips stands. **Returns** whether the event took effect.
  template <bool by_hand = false>
  [[gnu::noinline, gnu::cold]] bool drive(Word& word, const Event& event,
                                          const Found& found = nothing_found) noexcept {
    for (;;) {
      const Ticks time = inside_.now();  // after the word was read, see Machine
      const Machine::Attempt attempt =
          inside_.machine.template try_once<by_hand>(word, event, time);
      if (attempt.is_overtaken) continue;
      if (attempt.is_transition()) commit(attempt, time, found);
      return attempt.step.takes_effect;
    }
  }

  /// Keep and tell a transition.
  [[gnu::noinline]] void commit(const Machine::Attempt& attempt, Ticks time,
                                const Found& found) noexcept {
    inside_.keep(attempt, time, found);
    if constexpr (hears_transitions<Listener>) {
      Transition transition =
          transition_of(attempt.from, attempt.step, time, found.standing.numbers);
      if (transition.reason == Reason::policy)
        inside_.explain(transition, found.standing.part, found.version);
      detail::tell_transition(inside_.listener, inside_.machine.listener_errors, transition);
    }
  }

  // ---- acquire

  /// **Returns** the ticket of a call that arrived when the circuit's word was `word`, closed, and
  /// whose policy is asked about that.
  template <bool may_probe, bool by_call>
  [[gnu::noinline]] Ticket acquire_asking(Word word) noexcept {
    const StayId id = StayId::of(word);
    if constexpr (Inside::hears_arrivals) {
      const Ticks now = inside_.now();
      const Found found = inside_.arrive(id, now);
      if (found.standing.kind == Standing::Kind::at_limit) {
        booked(id, found);
        Ticket ticket;
        acquire<may_probe, by_call>(ticket);
        return ticket;
      }
      detail::tell_admitted(inside_.listener, inside_.machine.listener_errors);
      return {id, now};  // what depart() is told
    } else {
      return admitted(id);
    }
  }

  /// **Returns** the ticket of a call that arrived when the circuit's word was `word`. A refusal moves nothing.
  template <bool may_probe, bool by_call>
  [[gnu::noinline]] Ticket acquire_slowly(Word word) noexcept {
    const State state = state_of(word);
    Ticks time = 0;
    // Open by hand, or half-open to a call that must not probe: refused at any time.
    if (state <= (may_probe ? State::half_open : State::open)) [[likely]]
      time = inside_.now();
    else if (state == State::disabled)
      return admitted(StayId::unaccounted());
    const Ticket ticket = may_probe ? detail::refusal(word, time, gate())
                                    : detail::refusal_of_no_probe(word, time, gate());
    if (!ticket.is_refused() || rides.any()) [[unlikely]]
      return enter<may_probe, by_call>(word, ticket);
    note_refused(ticket);
    return ticket;
  }

  /// The same for a call that gets in, or rides, or whose refusal is not carried out.
  template <bool may_probe, bool by_call>
  [[gnu::noinline]] Ticket enter(Word word, Ticket ticket) noexcept {
    if (rides.has(this, word)) return admitted(StayId::unaccounted());
    if (ticket.is_refused() || ticket.is_in_shadow()) {
      note_refused(ticket);
      return ticket.is_refused() ? ticket : admitted(StayId::unaccounted());
    }
    if (!drive(word, may_probe ? arrival : arrival_of_no_probe))
      return acquire_slowly<may_probe, by_call>(word);
    if constexpr (Inside::hears_arrivals) {
      if (state_of(word) == State::closed) return acquire_asking<may_probe, by_call>(word);
    }
    if (by_call) rides.enter(this, StayId::of(word));
    return admitted(state_of(word) == State::disabled ? StayId::unaccounted() : StayId::of(word));
  }

  void note_refused(Ticket ticket) noexcept {
    // First: what follows goes on while it is carried out.
    if constexpr (counts_refusals<Listener>)
      detail::note_refused(inside_.machine, inside_.evidence);
    if constexpr (hears_refused<Listener>)
      detail::tell_refused(inside_.listener, inside_.machine.listener_errors, ticket.rejection());
  }

  // ---- settle, unless a success changes nothing

  /// Record a success of the stay `id`. Usually it is good whatever the settings are, so that they need not be read.
  template <bool by_call>
  [[gnu::noinline, gnu::flatten]] Settled book_success(StayId id, Ticks began) noexcept {
    if (inside_.machine.word.load(relaxed) == id.clean_word()) [[likely]] {
      const Outcome outcome = inside_.outcome_of(Verdict::success, began, clock_use);
      if (inside_.evidence.is_good(outcome) &&
          inside_.evidence.record_good(outcome, Stay{inside_.machine.word, id})) [[likely]]
        return Settled::counted;
    }
    return settle_slowly(id, Verdict::success, began, by_call);
  }

  [[gnu::noinline]] Settled settle_slowly(StayId id, Verdict verdict, Ticks began,
                                          bool by_call) noexcept {
    const Outcome outcome = inside_.outcome_of(verdict, began, inside_.clock_use_in_force());
    Settled settled = Settled::unaccounted;
    if (id.state() == State::closed) settled = settle_call(id, outcome);
    if (id.state() == State::half_open) {
      if (by_call) rides.leave(this, id);
      settled = settle_probe(id, outcome);
    }
    return inside_.told(id, settled, outcome);
  }

  /// A verdict on a call that was admitted while closed.
  Settled settle_call(StayId id, const Outcome& outcome) noexcept {
    if constexpr (Inside::counts_in_word) {
      return count_in_word(id, outcome);
    } else {
      const Stay stay{inside_.machine.word, id};
      if (stay.is_over()) return Settled::stale;
      if (outcome.verdict == Verdict::ignored) return Settled::counted;
      return booked(id, inside_.record(outcome, stay));
    }
  }

  /// A call of the stay `id` was booked. Two calls may find the limit reached; one of them trips.
  Settled booked(StayId id, const Found& found) noexcept {
    if (found.standing.kind == Standing::Kind::stale) return Settled::stale;
    trips_if_due(id, found);
    return Settled::counted;
  }

  /// **Returns** whether the policy stood at its limit, and that opened the circuit.
  bool trips_if_due(StayId id, const Found& found) noexcept {
    if (found.standing.kind != Standing::Kind::at_limit) return false;
    // Relaxed: whoever found this has acquired what the other failures asked for.
    Word word = inside_.machine.word.load(relaxed);
    return trip(word, {EventKind::policy_trips, id}, found) == Tripped::yes;
  }
  Tripped trip(Word& word, const Event& event, const Found& found) noexcept {
    return detail::trip_if_let<Listener>(this, event.id, found,
                                         [&] { return drive(word, event, found); });
  }

  /// Not by drive(): counting is an exchange, too, and needs no clock.
  Settled count_in_word(StayId id, const Outcome& outcome) noexcept
    requires Inside::counts_in_word
  {
    for (;;) {
      // Acquire: pairs with the release in exchange(). Who trips finds what others before asked for.
      Word word = inside_.machine.word.load(detail::acquire);
      if (StayId::of(word) != id) return Settled::stale;
      const auto before = static_cast<std::uint32_t>(PolicyBits::get(word));
      const bool is_void = outcome.verdict == Verdict::success && before == 0;
      if (outcome.verdict == Verdict::ignored || is_void) return Settled::counted;
      InWord evidence{before};
      Found found;
      found.standing = inside_.policy(found.version).record(evidence, outcome);
      if (found.standing.kind == Standing::Kind::at_limit) {
        const Event trips{.kind = EventKind::policy_trips, .id = id, .counted = before};
        const Tripped tripped = trip(word, trips, found);
        if (tripped == Tripped::yes) return Settled::counted;
        if (tripped == Tripped::no) continue;  // held back, it counts on
      }
      const Word counted = PolicyBits::replace(word, evidence.value);
      if (counted == word || inside_.machine.exchange(word, counted)) return Settled::counted;
    }
  }

  /// A verdict on a probe. A probe that the policy calls bad, such as a slow one, is a bad probe.
  Settled settle_probe(StayId id, const Outcome& outcome) noexcept {
    EventKind kind = EventKind::ignored;
    if (outcome.verdict != Verdict::ignored)
      kind = detail::is_bad(inside_.policy(), outcome) ? EventKind::failure : EventKind::success;
    Word word = inside_.machine.word.load(detail::acquire);  // as in count_in_word
    return drive(word, {kind, id}) ? Settled::counted : Settled::stale;
  }

  BREAKER_NO_UNIQUE_ADDRESS Inside inside_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
