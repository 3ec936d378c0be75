// Core: a circuit breaker without its classifier and without `call`: who is admitted, what a verdict
// does, what a command does, what can be seen. The state is one word, and drive() is the one loop that
// moves it.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/inside.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/concurrent.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The verbs of a circuit: acquire, settle, command, observe. Each attempt to move the state loads the
/// word, then reads the clock, lets next() compute, and exchanges the word.
///
/// **Thread safety** every member may be called by any thread at any time. It is lock-free, except
/// where the policy has a lock around it.
template <class Clock, class Policy, class Listener>
class Core {
  using Inside = detail::Inside<Clock, Policy, Listener>;

 public:
  static constexpr ClockUse clock_use = Inside::clock_use;

  template <class... Parts>
  constexpr explicit Core(const Config& config, Parts&&... parts)
      : inside_{config, std::forward<Parts>(parts)...} {}

  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // ---- acquire

  /// Ask for the right to make one call. `may_probe`: also if it would be a probe. **Returns** whether
  /// the call may be made; `ticket` is of the stay that admitted it, or the refusal.
  template <bool may_probe>
  [[gnu::always_inline]] bool acquire(Ticket& ticket) noexcept {
    const Word word =
        inside_.machine.word.load(detail::acquire);  // pairs with the release in exchange()
    if (state_of(word) == State::closed) [[likely]] {
      ticket = admitted(StayId::of(word));
      return true;
    }
    ticket = acquire_slowly<may_probe>(word);
    return !ticket.is_refused();
  }

  // ---- settle

  /// Report a verdict on the call of `ticket`, and how long its answer asked to wait. **Returns**
  /// whether it counted.
  Settled settle(Ticket ticket, Verdict verdict, Ticks retry_after) noexcept {
    if (verdict == Verdict::success && !hears_settled<Listener>) {
      if constexpr (Inside::books_by_clock) {
        if (inside_.machine.word.load(relaxed) == ticket.stay().clean_word()) [[likely]]
          return book_success(ticket.stay(), ticket.began());
      } else {
        if (inside_.is_clean(ticket.stay())) [[likely]]
          return Settled::counted;
      }
    }
    return settle_slowly(ticket.stay(), verdict, ticket.began(), retry_after);
  }

  // ---- command

  /// Move the circuit by hand. **Returns** whether the command took effect.
  bool command(const Event& event) noexcept {
    Word word = inside_.machine.word.load(detail::acquire);
    return drive(word, event);
  }

  // ---- observe

  /// **Returns** the state that the next caller meets.
  [[nodiscard]] State state() const noexcept {
    const Word word = inside_.machine.word.load(detail::acquire);
    return effective_state(word, state_of(word) == State::open ? inside_.now() : 0, gate());
  }

  /// **Returns** whether a call would be admitted now.
  [[nodiscard]] bool would_admit(bool may_probe) const noexcept {
    const Word word = inside_.machine.word.load(detail::acquire);
    return gate().is_shadow() || arrive(word, inside_.now(), gate(), may_probe).takes_effect;
  }

  /// **Returns** where the circuit stands, to be restored.
  [[nodiscard]] Saved saved() const noexcept {
    const Word word = inside_.machine.word.load(detail::acquire);
    return saved_of(word, inside_.now(), gate());
  }

  /// **Returns** the last transition with the numbers that caused it.
  [[nodiscard]] Transition why() const noexcept {
    int part = 0;
    const Word word = inside_.machine.word.load(relaxed);
    Transition last = inside_.machine.last.load(part, word);
    if (last.reason == Reason::policy) last.limit = limit(part);
    return last;
  }

  /// **Returns** what part number `part` of the policy holds its numbers against.
  [[nodiscard]] Limit limit(int part) const noexcept { return limit_of(inside_.policy, part); }

  [[nodiscard]] Snapshot snapshot() const noexcept {
    const Word word = inside_.machine.word.load(detail::acquire);
    const Ticks time = inside_.now();
    return {.state = effective_state(word, time, gate()),
            .generation = StayId::of(word).generation(),
            .evidence = state_of(word) == State::closed ? inside_.evidence_of(word, time)
                                                        : Evidence{0, 0, 0},
            .transitions = inside_.machine.transitions.load(relaxed),
            .refused = inside_.machine.refused.load(relaxed),
            .stale = inside_.machine.stale.load(relaxed),
            .listener_errors = inside_.machine.listener_errors.load(relaxed)};
  }

  [[nodiscard]] Gate gate() const noexcept { return inside_.machine.gate(); }

  [[nodiscard]] const Listener& listener() const noexcept { return inside_.listener; }

 private:
  friend Peek;

  // ---- the loop

  /// Try once to carry out `event` in a circuit whose word was `word` when it was read, and tell the
  /// transition, if there is one. `finding`: what made the policy trip. `word` is updated as in Machine.
  [[gnu::noinline]] Machine::Attempt try_once(Word& word, const Event& event,
                                              const Finding& finding) noexcept {
    // The clock is read after the word, see Machine.
    const Ticks time = inside_.now();
    const Machine::Attempt attempt = inside_.machine.try_once(word, event, time);
    if (attempt.is_transition()) commit(attempt, time, finding);
    return attempt;
  }

  /// The same, until nobody is faster. **Returns** whether the event took effect; `word` is the circuit's
  /// word after it.
  bool drive(Word& word, const Event& event, const Finding& finding = {}) noexcept {
    for (;;) {
      const Machine::Attempt attempt = try_once(word, event, finding);
      if (!attempt.is_overtaken) return attempt.step.takes_effect;
    }
  }

  /// Keep and tell a transition.
  [[gnu::noinline]] void commit(const Machine::Attempt& attempt, Ticks time,
                                const Finding& finding) noexcept {
    const Limit reached = finding.at_threshold ? limit(finding.part) : Limit{};
    const Transition transition =
        inside_.machine.keep(attempt, time, finding.evidence, reached, finding.part);
    if constexpr (requires(const Stay& stay) { inside_.policy.begin(stay); }) {
      inside_.policy.begin(Stay{inside_.machine.word, StayId::of(attempt.step.word)});
    }
    tell_transition(inside_.listener, inside_.machine.listener_errors, transition);
  }

  // ---- acquire, not closed

  /// **Returns** the ticket of a call that was admitted in the stay of `id`.
  Ticket admitted(StayId id) noexcept {
    tell_admitted(inside_.listener, inside_.machine.listener_errors);
    return {id, clock_use == ClockUse::both_ends ? inside_.now() : 0};
  }

  /// **Returns** the ticket of a call that arrived when the circuit's word was `word`. A refusal moves
  /// nothing.
  template <bool may_probe>
  [[gnu::noinline]] Ticket acquire_slowly(Word word) noexcept {
    if (state_of(word) == State::disabled) return admitted(StayId::unaccounted());
    const Ticks time = inside_.now();
    const Ticket refusal = may_probe ? inside_.machine.refusal(word, time)
                                     : inside_.machine.refusal_of_no_probe(word, time);
    if (refusal.is_refused()) [[likely]]
      return refused(refusal);
    return enter<may_probe>(word);
  }

  /// The same for a call that is not refused, unless another thread is faster.
  template <bool may_probe>
  [[gnu::noinline]] Ticket enter(Word word) noexcept {
    constexpr EventKind kind = may_probe ? EventKind::arrive : EventKind::arrive_no_probe;
    if (!drive(word, {kind})) return acquire_slowly<may_probe>(word);
    return admitted(state_of(word) == State::disabled ? StayId::unaccounted() : StayId::of(word));
  }

  Ticket refused(Ticket refusal) noexcept {
    // First: what follows goes on while it is carried out.
    inside_.machine.refused.fetch_add(1, relaxed);
    if constexpr (hears_refused<Listener>)
      tell_refused(inside_.listener, inside_.machine.listener_errors, refusal.rejection());
    return gate().is_shadow() ? admitted(StayId::unaccounted()) : refusal;
  }

  // ---- settle, unless a success changes nothing

  /// Record a success of the stay `id`, for a policy that needs to know when.
  [[gnu::noinline, gnu::flatten]] Settled book_success(StayId id, Ticks began) noexcept {
    const Outcome outcome = timed(Verdict::success, inside_.now(), began);
    if (inside_.policy.is_bad(outcome)) [[unlikely]]
      return settle_slowly(id, Verdict::success, began, 0);
    if (inside_.policy.record(outcome, Stay{inside_.machine.word, id}, nullptr)) [[likely]]
      return Settled::counted;
    inside_.machine.stale.fetch_add(1, relaxed);
    return Settled::stale;
  }

  static Outcome timed(Verdict verdict, Ticks time, Ticks began) noexcept {
    return {verdict, time, clock_use == ClockUse::both_ends ? saturating_subtract(time, began) : 0};
  }

  [[gnu::noinline]] Settled settle_slowly(StayId id, Verdict verdict, Ticks began,
                                          Ticks retry_after) noexcept {
    constexpr ClockUse use = clock_use;
    bool reads_clock =
        use >= ClockUse::on_settle || (use == ClockUse::on_failure && verdict == Verdict::failure);
    const Outcome outcome = timed(verdict, reads_clock ? inside_.now() : 0, began);
    if (verdict == Verdict::failure && retry_after > 0)
      inside_.machine.note_asked(id, retry_after, inside_.now());

    Settled settled = Settled::unaccounted;
    if (id.state() == State::closed) settled = settle_call(id, outcome);
    if (id.state() == State::half_open) settled = settle_probe(id, outcome);
    if (settled == Settled::stale) inside_.machine.stale.fetch_add(1, relaxed);
    tell_settled(inside_.listener, inside_.machine.listener_errors,
                 {verdict, settled, std::chrono::nanoseconds{outcome.took}});
    return settled;
  }

  /// A verdict on a call that was admitted while closed.
  Settled settle_call(StayId id, const Outcome& outcome) noexcept {
    if constexpr (Inside::counts_in_word) {
      return count_in_word(id, outcome.verdict);
    } else {
      const Stay stay{inside_.machine.word, id};
      if (stay.is_over()) return Settled::stale;
      if (outcome.verdict == Verdict::ignored) return Settled::counted;
      Finding finding;
      const bool ask = inside_.policy.is_bad(outcome);
      if (!inside_.policy.record(outcome, stay, ask ? &finding : nullptr)) return Settled::stale;
      // Two calls may find the threshold reached; one of them trips.
      if (finding.at_threshold) {
        // Relaxed: whoever found this has acquired what the other failures asked for.
        Word word = inside_.machine.word.load(relaxed);
        drive(word, {EventKind::policy_trips, id}, finding);
      }
      return Settled::counted;
    }
  }

  /// The one loop beside drive(): counting is an exchange, too, and needs no clock.
  Settled count_in_word(StayId id, Verdict verdict) noexcept
    requires Inside::counts_in_word
  {
    // Acquire: pairs with the release below. Who trips finds what the failures before asked for.
    Word word = inside_.machine.word.load(detail::acquire);
    while (StayId::of(word) == id) {
      const std::uint64_t held = inside_.policy.after(PolicyBits::get(word), verdict);
      if (verdict == Verdict::failure && inside_.policy.trips_at(held)) {
        // Once: overtaken by a success, the row may be shorter.
        const Event trip{EventKind::policy_trips, id};
        const auto attempt = try_once(word, trip, {true, 0, inside_.policy.evidence_of(held)});
        if (!attempt.is_overtaken && attempt.step.takes_effect) return Settled::counted;
      } else {
        const Word counted = PolicyBits::replace(word, held);
        if (counted == word || inside_.machine.exchange(word, counted)) return Settled::counted;
      }
    }
    return Settled::stale;
  }

  /// A verdict on a probe. A probe that the policy calls bad, such as a slow one, is a bad probe.
  Settled settle_probe(StayId id, const Outcome& outcome) noexcept {
    EventKind kind = EventKind::ignored;
    if (outcome.verdict != Verdict::ignored)
      kind = is_bad(inside_.policy, outcome) ? EventKind::failure : EventKind::success;
    Word word = inside_.machine.word.load(detail::acquire);  // as in count_in_word
    return drive(word, {kind, id}) ? Settled::counted : Settled::stale;
  }

  [[no_unique_address]] Inside inside_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
