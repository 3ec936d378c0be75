// Shell: the atomic shell around the functional core. Everything of a circuit that is not on the
// closed, successful path.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/parts.hpp"
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

template <class T>
inline constexpr ClockUse clock_use_of = [] {
  if constexpr (requires { T::clock_use; }) {
    return T::clock_use;
  } else {
    return ClockUse::none;
  }
}();

template <class Clock, class Policy, class Listener>
class Shell {
 protected:
  // A policy that fits lives in the state word; any other is made fit for many threads, if it is
  // not.
  static constexpr bool counts_in_word = WordPolicy<Policy>;
  using Engine = typename std::conditional_t<counts_in_word, std::type_identity<Policy>,
                                             MakeConcurrent<Policy>>::type;
  static constexpr ClockUse clock_use =
      clock_use_of<Engine> > clock_use_of<Listener> ? clock_use_of<Engine> : clock_use_of<Listener>;

  // Whether a success needs the clock, so that it is never free.
  static constexpr bool books_by_clock = clock_use_of<Engine> >= ClockUse::on_settle;

  template <class... Parts>
  constexpr explicit Shell(const Config& config, Parts&&... parts)
      : rules_{(validate(config), config)},
        // NOLINTBEGIN(bugprone-use-after-move): each member takes the one part that is its own
        clock_{take<ClockRole, Clock>(std::forward<Parts>(parts)...)},
        policy_{take<PolicyRole, Engine>(std::forward<Parts>(parts)...)},
        listener_{take<ListenerRole, Listener>(std::forward<Parts>(parts)...)} {}
  // NOLINTEND(bugprone-use-after-move)

  Ticks now() const noexcept { return to_ticks(clock_.now().time_since_epoch()); }

  /// What jitter is drawn from: the seed, or where the circuit stands in memory.
  std::uint64_t salt() const noexcept {
    return rules_.seed != 0 ? rules_.seed
                            : static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this));
  }

  // ---- acquire

  /// **Returns** the ticket of a call that was admitted in the stay of `id`.
  Ticket admitted(Id id) noexcept {
    if constexpr (hears_admitted<Listener>) {
      tell([](auto& listener) {
        if constexpr (requires { listener.on_admitted(); }) listener.on_admitted();
      });
    }
    return {.value = clock_use == ClockUse::both_ends ? now() : 0, .id = id};
  }

  /// **Returns** the ticket of a call that arrived when the circuit's word was `word`.
  [[gnu::noinline]] Ticket admit_slowly(Word word) noexcept {
    if (state_of(word) == State::disabled) return admitted(unaccounted_id);
    for (;;) {
      // The clock is read after the word: an older reading would take a probe granted since then
      // for a lost one.
      const Ticks time = now();
      const Step step = next(word, {.kind = EventKind::arrive}, time, rules_);
      if (!step.takes_effect) return refused(word, step, time);
      if (step.word == word)
        return admitted(state_of(word) == State::disabled ? unaccounted_id : id_of(word));
      if (exchange(word, step.word)) {
        commit(word, step, time);
        return admitted(id_of(step.word));
      }
    }
  }

  Ticket refused(Word word, const Step& step, Ticks time) noexcept {
    totals_.refused.fetch_add(1, relaxed);  // first: what follows goes on while it is carried out
    Ticket ticket{.value = 0, .id = id_of(word) | Ticket::refused_bit};
    if (state_of(word) == State::open) ticket.value = ticks_until(step.deadline, time);
    if (state_of(word) == State::forced_open) ticket.value = rules_.retry_after_max;
    if constexpr (hears_refused<Listener>) {
      tell([&](auto& listener) {
        if constexpr (requires { listener.on_refused(ticket.rejection()); })
          listener.on_refused(ticket.rejection());
      });
    }
    return rules_.mode == Mode::shadow ? admitted(unaccounted_id) : ticket;
  }

  // ---- settle
  // The word is loaded relaxed: whoever holds a permit has acquired the beginning of its stay.

  /// A success of the stay `id`, to a policy that books it by the clock.
  [[gnu::noinline, gnu::flatten]] Settled book_success(Id id, Ticks began) noexcept {
    const Ticks time = now();
    const Outcome outcome{
        .verdict = Verdict::success,
        .now = time,
        .took = clock_use == ClockUse::both_ends ? saturating_subtract(time, began) : 0};
    if (policy_.is_bad(outcome)) [[unlikely]]
      return settle_slowly(id, Verdict::success, began, 0);
    if (policy_.record(outcome, Stay{word_, id}, nullptr)) [[likely]]
      return Settled::counted;
    totals_.stale.fetch_add(1, relaxed);
    return Settled::stale;
  }

  [[gnu::noinline]] Settled settle_slowly(Id id, Verdict verdict, Ticks began,
                                          Ticks retry_after) noexcept {
    Outcome outcome{.verdict = verdict, .now = 0, .took = 0};
    constexpr ClockUse use = clock_use;
    if (use >= ClockUse::on_settle || (use == ClockUse::on_failure && verdict == Verdict::failure))
      outcome.now = now();
    if (use == ClockUse::both_ends) outcome.took = saturating_subtract(outcome.now, began);
    if (verdict != Verdict::failure) retry_after = 0;  // of a slow success, say

    Settled settled = Settled::unaccounted;
    if (state_of(id) == State::closed) settled = settle_call(id, outcome, retry_after);
    if (state_of(id) == State::half_open) settled = settle_probe(id, outcome, retry_after);
    if (settled == Settled::stale) totals_.stale.fetch_add(1, relaxed);
    if constexpr (hears_settled<Listener>) {
      const SettledCall call{verdict, settled, std::chrono::nanoseconds{outcome.took}};
      tell([&](auto& listener) {
        if constexpr (requires { listener.on_settled(call); }) listener.on_settled(call);
      });
    }
    return settled;
  }

  /// A verdict on a call that was admitted while closed.
  Settled settle_call(Id id, const Outcome& outcome, Ticks retry_after) noexcept {
    if constexpr (counts_in_word) {
      return count_in_word(id, outcome.verdict, retry_after);
    } else {
      const Stay stay{word_, id};
      if (stay.is_over()) return Settled::stale;
      if (outcome.verdict == Verdict::ignored) return Settled::counted;
      Finding finding;
      const bool ask = policy_.is_bad(outcome);
      if (!policy_.record(outcome, stay, ask ? &finding : nullptr)) return Settled::stale;
      if (finding.at_threshold) trip_by_policy(id, retry_after, finding);
      return Settled::counted;
    }
  }

  Settled count_in_word(Id id, Verdict verdict, Ticks retry_after) noexcept
    requires counts_in_word
  {
    Word word = word_.load(relaxed);
    while (id_of(word) == id) {
      const std::uint64_t held = policy_.after(PolicyBits::get(word), verdict);
      if (verdict == Verdict::failure && policy_.trips_at(held)) {
        const Ticks time = now();
        const Step step = next(word, event(EventKind::policy_trips, id, retry_after), time, rules_);
        if (exchange(word, step.word)) {
          commit(word, step, time, {true, 0, policy_.evidence_of(held)});
          return Settled::counted;
        }
      } else {
        const Word counted = PolicyBits::replace(word, held);
        // Relaxed: it publishes nothing, and carries on the release of the transition that began
        // this stay.
        if (counted == word || word_.compare_exchange_weak(word, counted, relaxed, relaxed))
          return Settled::counted;
      }
    }
    return Settled::stale;
  }

  /// Open the circuit, if it is still in the stay of `id`: two calls may find the threshold
  /// reached, one of them trips.
  void trip_by_policy(Id id, Ticks retry_after, const Finding& finding) noexcept {
    Word word = word_.load(relaxed);
    for (;;) {
      const Ticks time = now();
      const Step step = next(word, event(EventKind::policy_trips, id, retry_after), time, rules_);
      if (!step.takes_effect) return;
      if (exchange(word, step.word)) return commit(word, step, time, finding);
    }
  }

  /// A verdict on a probe. A probe that the policy calls bad, such as a slow one, is a bad probe.
  Settled settle_probe(Id id, const Outcome& outcome, Ticks retry_after) noexcept {
    EventKind kind = EventKind::ignored;
    if (outcome.verdict != Verdict::ignored)
      kind = is_bad(outcome) ? EventKind::failure : EventKind::success;
    Word word = word_.load(relaxed);
    for (;;) {
      const Ticks time = now();
      const Step step = next(word, event(kind, id, retry_after), time, rules_);
      if (!step.takes_effect) return Settled::stale;
      if (exchange(word, step.word)) {
        commit(word, step, time);
        return Settled::counted;
      }
    }
  }

  bool is_bad(const Outcome& outcome) const noexcept {
    if constexpr (counts_in_word) {
      return outcome.verdict == Verdict::failure;
    } else {
      return outcome.verdict == Verdict::failure || policy_.is_bad(outcome);
    }
  }

  // ---- transitions

  Event event(EventKind kind, Id id, Ticks wait) const noexcept {
    return {.kind = kind, .id = id, .wait = wait, .salt = salt()};
  }

  /// Put `desired` in place of `word`. **Returns** whether it was; else `word` is what is there
  /// now.
  bool exchange(Word& word, Word desired) noexcept {
    // Release: pairs with the acquire loads of the word. Who sees a stay, or a probe's grant, reads
    // a clock that is not behind the reading it was made with.
    return word_.compare_exchange_weak(word, desired, release, acquire);
  }

  bool move_by_hand(const Event& event) noexcept {
    Word word = word_.load(acquire);
    for (;;) {
      const Ticks time = now();
      const Step step = next(word, event, time, rules_);
      if (step.word == word) return step.takes_effect;
      if (exchange(word, step.word)) {
        commit(word, step, time);
        return true;
      }
    }
  }

  /// Record and tell the transition of `step` from `from`, if it is one. Out of line: it would
  /// weigh on the functions that refuse.
  [[gnu::noinline]] void commit(Word from, Step step, Ticks time,
                                const Finding& finding = {}) noexcept {
    if (id_of(from) == id_of(step.word)) return;
    const Transition transition{
        .from = state_of(from),
        .to = state_of(step.word),
        .reason = step.reason,
        .generation = generation_of(step.word),
        .at = std::chrono::nanoseconds{time},
        .open_for = std::chrono::milliseconds{to_milliseconds_up(step.wait)},
        .evidence = finding.evidence,
        .limit = finding.at_threshold ? limit_of(finding.part) : Limit{},
        .has_numbers = true,
    };
    totals_.last.store(transition, finding.part);
    totals_.transitions.fetch_add(1, relaxed);
    if constexpr (requires(const Stay& stay) { policy_.begin(stay); }) {
      policy_.begin(Stay{word_, id_of(step.word)});
    }
    if constexpr (hears_transitions<Listener>) {
      tell([&](auto& listener) {
        if constexpr (requires { listener(transition); }) listener(transition);
      });
    }
  }

  Limit limit_of(int part) const noexcept {
    if constexpr (counts_in_word) {
      return policy_.limit();
    } else {
      return policy_.limit(part);
    }
  }

  /// **Requires** a closed word.
  Evidence evidence_of(Word word, Ticks time) const noexcept {
    if constexpr (counts_in_word) {
      return policy_.evidence_of(PolicyBits::get(word));
    } else {
      return policy_.evidence(time, Stay{word_, id_of(word)});
    }
  }

  template <class Tell>
  void tell(const Tell& tell) noexcept {
    tell_each(listener_, tell, [this] { totals_.listener_errors.fetch_add(1, relaxed); });
  }

  static constexpr std::uint64_t first_word = 0;  // closed, generation 0, no evidence
  // What windows write stands apart from what every call reads.
  static constexpr std::size_t policy_alignment = sizeof(Engine) > 16 ? cache_line
                                                                      : alignof(Engine);

  alignas(cache_line) Atomic<Word> word_{first_word};  // the state: guards itself, see exchange
  const Rules rules_;
  Totals totals_;
  [[no_unique_address]] const Clock clock_;
  [[no_unique_address]] alignas(Engine) alignas(policy_alignment) Engine policy_;
  [[no_unique_address]] Listener listener_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
