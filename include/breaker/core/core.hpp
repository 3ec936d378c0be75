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
#include "breaker/core/record.hpp"
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

  /// Ask for the right to make one call. **Returns** whether the call may be made; `ticket` is of
  /// the stay that admitted it, or the refusal.
  [[gnu::always_inline]] bool acquire(Ticket& ticket) noexcept {
    const Word word = inside_.word.load(detail::acquire);  // pairs with the release in exchange()
    if (state_of(word) == State::closed) [[likely]] {
      ticket = admitted(StayId::of(word));
      return true;
    }
    ticket = acquire_slowly(word);
    return !ticket.is_refused();
  }

  // ---- settle

  /// Report a verdict on the call of `ticket`, and how long its answer asked to wait. **Returns**
  /// whether it counted.
  Settled settle(Ticket ticket, Verdict verdict, Ticks retry_after) noexcept {
    if (verdict == Verdict::success && !hears_settled<Listener>) {
      if constexpr (Inside::books_by_clock) {
        if (inside_.word.load(relaxed) == ticket.stay().clean_word()) [[likely]]
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
  bool command(EventKind kind, Ticks wait = 0) noexcept {
    Word word = inside_.word.load(detail::acquire);
    return drive(word, event(kind, {}, wait));
  }

  // ---- observe

  /// **Returns** the state that the next caller meets.
  [[nodiscard]] State state() const noexcept {
    const Word word = inside_.word.load(detail::acquire);
    return effective_state(word, state_of(word) == State::open ? inside_.now() : 0, inside_.rules);
  }

  /// **Returns** whether a call would be admitted now.
  [[nodiscard]] bool would_admit() const noexcept {
    const Word word = inside_.word.load(detail::acquire);
    return inside_.rules.mode == Mode::shadow ||
           next(word, {EventKind::arrive}, inside_.now(), inside_.rules).takes_effect;
  }

  /// **Returns** the last transition with the numbers that caused it.
  [[nodiscard]] Transition why() const noexcept {
    int part = 0;
    Transition last = inside_.totals.last.load(part);
    if (last.reason == Reason::policy) last.limit = limit(part);
    return last;
  }

  /// **Returns** what part number `part` of the policy holds its numbers against.
  [[nodiscard]] Limit limit(int part) const noexcept { return limit_of(inside_.policy, part); }

  [[nodiscard]] Snapshot snapshot() const noexcept {
    const Word word = inside_.word.load(detail::acquire);
    const Ticks time = inside_.now();
    return {.state = effective_state(word, time, inside_.rules),
            .generation = StayId::of(word).generation(),
            .evidence = state_of(word) == State::closed ? inside_.evidence_of(word, time)
                                                        : Evidence{0, 0, 0},
            .transitions = inside_.totals.transitions.load(relaxed),
            .refused = inside_.totals.refused.load(relaxed),
            .stale = inside_.totals.stale.load(relaxed),
            .listener_errors = inside_.totals.listener_errors.load(relaxed)};
  }

  [[nodiscard]] const Listener& listener() const noexcept { return inside_.listener; }

 private:
  friend Peek;

  // ---- the loop

  /// Carry out `event` in a circuit whose word was `word` when it was read, and tell the transition,
  /// if there is one. `finding`: what made the policy trip. **Returns** whether the event took
  /// effect; `word` is the circuit's word after it.
  bool drive(Word& word, const Event& event, const Finding& finding = {}) noexcept {
    for (;;) {
      const Attempt attempt = try_once(word, event, finding);
      if (attempt != Attempt::overtaken) return attempt == Attempt::took_effect;
    }
  }

  enum class Attempt : std::uint8_t { took_effect, no_effect, overtaken };

  /// One attempt of drive(). Overtaken: `word` was not the circuit's word any more, and is updated.
  [[gnu::noinline]] Attempt try_once(Word& word, const Event& event,
                                     const Finding& finding) noexcept {
    // The clock is read after the word: an older reading would take a probe granted since then for
    // a lost one.
    const Ticks time = inside_.now();
    const Step step = next(word, event, time, inside_.rules);
    if (step.word != word) {
      const Word from = word;
      if (!exchange(word, step.word)) return Attempt::overtaken;
      word = step.word;
      commit(from, step, time, finding);
    }
    return step.takes_effect ? Attempt::took_effect : Attempt::no_effect;
  }

  /// Put `desired` in place of `word`. **Returns** whether it was; if not, `word` is updated to the
  /// current value.
  bool exchange(Word& word, Word desired) noexcept {
    // Release: pairs with the acquire loads of the word. Who sees a stay, or a probe's grant, reads
    // a clock that is not behind the reading it was made with.
    return inside_.word.compare_exchange_weak(word, desired, release, detail::acquire);
  }

  /// Record and tell the transition of `step` from `from`, if it is one.
  [[gnu::noinline]] void commit(Word from, const Step& step, Ticks time,
                                const Finding& finding) noexcept {
    if (StayId::of(from) == StayId::of(step.word)) return;
    const Limit reached = finding.at_threshold ? limit(finding.part) : Limit{};
    const Transition transition = transition_of(from, step, time, finding.evidence, reached);
    inside_.totals.last.store(transition, finding.part);
    inside_.totals.transitions.fetch_add(1, relaxed);
    if constexpr (requires(const Stay& stay) { inside_.policy.begin(stay); }) {
      inside_.policy.begin(Stay{inside_.word, StayId::of(step.word)});
    }
    tell_transition(inside_.listener, inside_.totals.listener_errors, transition);
  }

  // ---- acquire, not closed

  /// **Returns** the ticket of a call that was admitted in the stay of `id`.
  Ticket admitted(StayId id) noexcept {
    tell_admitted(inside_.listener, inside_.totals.listener_errors);
    return {id, clock_use == ClockUse::both_ends ? inside_.now() : 0};
  }

  /// **Returns** the ticket of a call that arrived when the circuit's word was `word`. A refusal
  /// is decided here: it moves nothing, and its price counts.
  [[gnu::noinline]] Ticket acquire_slowly(Word word) noexcept {
    do {
      if (state_of(word) == State::disabled) return admitted(StayId::unaccounted());
      const Ticks time = inside_.now();  // after the word, see try_once
      const Step step = arrive(word, time, inside_.rules);
      if (!step.takes_effect) return refused(step, time);
    } while (try_once(word, {.kind = EventKind::arrive}, {}) != Attempt::took_effect);
    return admitted(state_of(word) == State::disabled ? StayId::unaccounted() : StayId::of(word));
  }

  Ticket refused(const Step& step, Ticks time) noexcept {
    inside_.totals.refused.fetch_add(
        1, relaxed);  // first: what follows goes on while it is carried out
    const State state = state_of(step.word);
    Ticks retry_after = 0;
    if (state == State::open) retry_after = ticks_until(step.deadline, time);
    if (state == State::forced_open) retry_after = inside_.rules.retry_after_max;
    const Ticket ticket = Ticket::refused(StayId::of(step.word), retry_after);
    if constexpr (hears_refused<Listener>)
      tell_refused(inside_.listener, inside_.totals.listener_errors, ticket.rejection());
    return inside_.rules.mode == Mode::shadow ? admitted(StayId::unaccounted()) : ticket;
  }

  // ---- settle, unless a success changes nothing
  // The word is loaded relaxed: whoever holds a permit has acquired the beginning of its stay.

  /// Record a success of the stay `id`, for a policy that needs to know when.
  [[gnu::noinline, gnu::flatten]] Settled book_success(StayId id, Ticks began) noexcept {
    const Outcome outcome = timed(Verdict::success, inside_.now(), began);
    if (inside_.policy.is_bad(outcome)) [[unlikely]]
      return settle_slowly(id, Verdict::success, began, 0);
    if (inside_.policy.record(outcome, Stay{inside_.word, id}, nullptr)) [[likely]]
      return Settled::counted;
    inside_.totals.stale.fetch_add(1, relaxed);
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
    if (verdict != Verdict::failure) retry_after = 0;  // of a slow success, say

    Settled settled = Settled::unaccounted;
    if (id.state() == State::closed) settled = settle_call(id, outcome, retry_after);
    if (id.state() == State::half_open) settled = settle_probe(id, outcome, retry_after);
    if (settled == Settled::stale) inside_.totals.stale.fetch_add(1, relaxed);
    tell_settled(inside_.listener, inside_.totals.listener_errors,
                 {verdict, settled, std::chrono::nanoseconds{outcome.took}});
    return settled;
  }

  /// A verdict on a call that was admitted while closed.
  Settled settle_call(StayId id, const Outcome& outcome, Ticks retry_after) noexcept {
    if constexpr (Inside::counts_in_word) {
      return count_in_word(id, outcome.verdict, retry_after);
    } else {
      const Stay stay{inside_.word, id};
      if (stay.is_over()) return Settled::stale;
      if (outcome.verdict == Verdict::ignored) return Settled::counted;
      Finding finding;
      const bool ask = inside_.policy.is_bad(outcome);
      if (!inside_.policy.record(outcome, stay, ask ? &finding : nullptr)) return Settled::stale;
      // Two calls may find the threshold reached; one of them trips.
      if (finding.at_threshold) {
        Word word = inside_.word.load(relaxed);
        drive(word, event(EventKind::policy_trips, id, retry_after), finding);
      }
      return Settled::counted;
    }
  }

  /// The one loop beside drive(): counting is an exchange, too, and needs no clock.
  Settled count_in_word(StayId id, Verdict verdict, Ticks retry_after) noexcept
    requires Inside::counts_in_word
  {
    Word word = inside_.word.load(relaxed);
    while (StayId::of(word) == id) {
      const std::uint64_t held = inside_.policy.after(PolicyBits::get(word), verdict);
      if (verdict == Verdict::failure && inside_.policy.trips_at(held)) {
        const Event trip = event(EventKind::policy_trips, id, retry_after);
        if (try_once(word, trip, {true, 0, inside_.policy.evidence_of(held)}) ==
            Attempt::took_effect)
          return Settled::counted;
      } else {
        const Word counted = PolicyBits::replace(word, held);
        // Relaxed: it publishes nothing, and carries on the release of the transition that began
        // this stay.
        if (counted == word || inside_.word.compare_exchange_weak(word, counted, relaxed, relaxed))
          return Settled::counted;
      }
    }
    return Settled::stale;
  }

  /// A verdict on a probe. A probe that the policy calls bad, such as a slow one, is a bad probe.
  Settled settle_probe(StayId id, const Outcome& outcome, Ticks retry_after) noexcept {
    EventKind kind = EventKind::ignored;
    if (outcome.verdict != Verdict::ignored)
      kind = is_bad(inside_.policy, outcome) ? EventKind::failure : EventKind::success;
    Word word = inside_.word.load(relaxed);
    return drive(word, event(kind, id, retry_after)) ? Settled::counted : Settled::stale;
  }

  Event event(EventKind kind, StayId id, Ticks wait) const noexcept {
    return {.kind = kind, .id = id, .wait = wait, .salt = inside_.salt()};
  }

  [[no_unique_address]] Inside inside_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
