// Inside: what a circuit is made of, and what can be asked of it without moving it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/core/commands.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/refusals.hpp"
#include "breaker/core/riding.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/two_copies.hpp"
#include "breaker/core/word.hpp"
#include "breaker/policy/place.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

inline constexpr Event arrival{EventKind::arrive};
inline constexpr Event arrival_of_no_probe{EventKind::arrive_no_probe};
inline constexpr Found nothing_found{};

/// The data of a circuit, in the order in which it lies in memory. `is_timed`: somebody besides policy
/// and listener wants to know how long a call took.
template <class Clock, class Policy, class Listener, bool is_timed = false>
struct Inside {
  static constexpr bool counts_in_word = CountsInWord<Policy>;
  using Evidence = typename std::conditional_t<counts_in_word, std::type_identity<NoPlace>,
                                               PlaceOf<Policy>>::type;

  // Whether a success needs the clock, so that it is never free.
  static constexpr bool books_by_clock = clock_use_of<Policy> >= ClockUse::on_settle;
  // Whether evidence knows by itself which calls are good.
  static constexpr bool books_good =
      requires(Evidence& evidence, const Outcome& outcome, const Stay& stay) {
        evidence.is_good(outcome);
        evidence.record_good(outcome, stay);
      };

  static constexpr ClockUse clock_use_of_others =
      is_timed ? ClockUse::both_ends : clock_use_of<Listener>;
  static constexpr ClockUse clock_use =
      clock_use_of<Policy> > clock_use_of_others ? clock_use_of<Policy> : clock_use_of_others;

  // Whether the policy is asked while a call arrives in a closed circuit, too.
  static constexpr bool asks_clock = AsksClock<Policy>;
  static constexpr bool hears_arrivals = !counts_in_word && HearsArrivals<Policy>;
  static constexpr bool hears_departures = !counts_in_word && HearsDepartures<Policy>;
  static_assert(
      hears_arrivals || !requires { &Policy::arrive; },
      "breaker: a policy's arrive() takes (Evidence&, Ticks, const Stay&), or, if its "
      "evidence is plain, (Evidence&, Ticks); evidence in the state word has none");

  // Whether a ticket says when its call began.
  static constexpr bool notes_begin = clock_use == ClockUse::both_ends || hears_arrivals;
  // Whether evidence that is clean needs no clock, whatever the settings are.
  static constexpr bool is_clean_without_clock = [] {
    if constexpr (requires { Evidence::is_clean_without_clock; }) {
      return Evidence::is_clean_without_clock;
    } else {
      return false;
    }
  }();

  // When a call began that nobody times. Other than 0 only if the settings say whether it is timed: a
  // call may begin before they change.
  static constexpr Ticks not_timed = asks_clock ? (std::numeric_limits<Ticks>::min)() : 0;

  template <class... Parts>
  constexpr explicit Inside(const Config& config, Parts&&... parts)
      // NOLINTBEGIN(bugprone-use-after-move): each member takes the one part that is its own
      : Inside{OtherParts{}, config,
               detail::take<PolicyRole, Policy>(std::forward<Parts>(parts)...),
               std::forward<Parts>(parts)...} {}
  // NOLINTEND(bugprone-use-after-move)

  Ticks now() const noexcept { return detail::to_ticks(clock.now().time_since_epoch()); }

  /// **Returns** when the clock is to be read under the settings in force.
  [[gnu::always_inline]] ClockUse clock_use_in_force() const noexcept {
    if constexpr (asks_clock) {
      const ClockUse of_policy = [this] {
        if constexpr (requires { evidence.needs_clock(); }) {
          return evidence.needs_clock();
        } else {
          return policy().needs_clock();
        }
      }();
      return of_policy > clock_use_of_others ? of_policy : clock_use_of_others;
    } else {
      return clock_use;
    }
  }

  /// **Returns** when a call began that arrives now, if calls are timed.
  [[gnu::always_inline]] Ticks begin_of_call() const noexcept {
    if constexpr (clock_use == ClockUse::both_ends) {
      if (clock_use_in_force() == ClockUse::both_ends) return now();
    }
    return not_timed;
  }

  /// **Returns** how a call that began at `began` ended, timed as far as `use` says.
  [[gnu::always_inline]] Outcome outcome_of(Verdict verdict, Ticks began,
                                            ClockUse use) const noexcept {
    const bool reads_clock =
        use >= ClockUse::on_settle || (use == ClockUse::on_failure && verdict == Verdict::failure);
    const Ticks time = reads_clock ? now() : 0;
    const bool has_begin = use == ClockUse::both_ends && (!asks_clock || began != not_timed);
    return {verdict, time, has_begin ? saturating_subtract(time, began) : 0};
  }

  /// **Returns** the policy in force.
  Policy policy() const noexcept { return policies.read(machine.version); }
  /// The same; `version`: of which settings.
  Policy policy(std::uint16_t& version) const noexcept {
    return policies.read(machine.version, version);
  }

  /// **Returns** whether a success in the stay `id` would leave word and evidence as they are.
  [[gnu::always_inline]] bool is_clean(StayId id) const noexcept {
    if constexpr (counts_in_word) {
      return machine.word.load(relaxed) == id.clean_word();  // closed, the same stay, no evidence
    } else if constexpr (requires { evidence.is_clean(id); }) {
      return machine.word.load(relaxed) == id.clean_word() && evidence.is_clean(id);
    } else {
      return false;
    }
  }

  /// **Returns** whether a success in the stay `id` need not be booked, under the settings in force.
  [[gnu::always_inline]] bool need_not_book(StayId id) const noexcept {
    if constexpr (asks_clock && !is_clean_without_clock) {
      if (clock_use_in_force() >= ClockUse::on_settle) return false;
    }
    return is_clean(id);
  }

  /// **Returns** how part number `part` of the policy stands in the word `closed`, or in its stay.
  /// **Requires** a closed word.
  Standing standing(Word closed, Ticks time, int part) const noexcept {
    if constexpr (counts_in_word) {
      return detail::look_in_word(policy(),
                                  InWord{static_cast<std::uint32_t>(PolicyBits::get(closed))});
    } else {
      return detail::look_at(policy(), evidence, time, Stay{machine.word, StayId::of(closed)},
                             part);
    }
  }

  /// **Returns** the state that the next caller meets.
  [[nodiscard]] State state() const noexcept {
    const Word word = machine.word.load(detail::acquire);
    return detail::effective_state(word, state_of(word) == State::open ? now() : 0, machine.gate());
  }

  /// **Returns** whether a call by this thread would be admitted now. `circuit`: as Rides knows it.
  [[nodiscard]] bool would_admit(bool may_probe, const void* circuit) const noexcept {
    const Word word = machine.word.load(detail::acquire);
    if (rides.any() && rides.has(circuit, word)) return true;
    const Ticks time = now();
    const Ticket ticket = may_probe ? refusal(word, time, machine.gate())
                                    : refusal_of_no_probe(word, time, machine.gate());
    return !ticket.is_refused();
  }

  /// **Returns** whether a call may be part of the one of `outer`: that is a probe whose recovery
  /// lasts.
  [[nodiscard]] bool may_ride(Ticket outer) const noexcept {
    // Relaxed: who may not looks again, and who may needs no more.
    return !outer.is_refused() && is_of_recovery(machine.word.load(relaxed), outer.stay());
  }

  /// **Returns** how long a call has taken that began at `began`. **Requires** that calls are timed.
  [[nodiscard]] Ticks since(Ticks began) const noexcept {
    return detail::saturating_subtract(now(), began);
  }

  /// **Returns** where the circuit stands, to be restored.
  [[nodiscard]] Saved saved() const noexcept {
    const Word word = machine.word.load(detail::acquire);
    return detail::saved_of(word, now(), machine.gate());
  }

  /// **Returns** the last transition with the numbers that caused it.
  [[nodiscard]] Transition why() const noexcept {
    Record::Cause cause{};
    const Word word = machine.word.load(relaxed);
    const std::uint16_t version = machine.version.load(relaxed);
    Transition last = machine.last.load(version, cause, word);
    if (last.reason == Reason::policy && cause.is_of_version) explain(last, cause.part, version);
    return last;
  }

  /// Write why the stay of `generation` began, as far as that is still known; nothing, if it is not.
  void write_cause(char* into, std::size_t size, Generation generation) const noexcept {
    const Transition last = why();
    const char* text = "";
    if (last.generation == generation && last.to == State::open && last.has_numbers) {
      if (last.words != nullptr && last.words->sentence != nullptr) {
        last.words->sentence(into, size, last.numbers, last.limits);
        return;
      }
      text = to_string(last.reason);
    }
    std::snprintf(into, size, "%s", text);
  }

  /// **Returns** what part number `part` of the policy has counted in this stay; zeros unless closed.
  [[nodiscard]] Numbers numbers(int part) const noexcept {
    // Relaxed: what is counted says which stay it is of.
    const Word word = machine.word.load(relaxed);
    if (state_of(word) != State::closed) return {};
    return standing(word, now(), part).numbers;
  }

  /// **Returns** whether any part has counted something in this stay.
  [[nodiscard]] bool has_counted() const noexcept {
    for (int part = 0; part < parts_of<Policy>; ++part) {
      if (numbers(part) != Numbers{}) return true;
    }
    return false;
  }

  [[nodiscard]] Snapshot snapshot() const noexcept {
    const Word word = machine.word.load(detail::acquire);
    const Ticks time = now();
    return {
        .state = effective_state(word, time, machine.gate()),
        .generation = StayId::of(word).generation(),
        .numbers = state_of(word) == State::closed ? standing(word, time, 0).numbers : Numbers{},
        .transitions = machine.transitions.load(relaxed),
        .refused = detail::refusals(machine, evidence),
        .stale = machine.stale.load(relaxed),
        .listener_errors = machine.listener_errors.load(relaxed)};
  }

  /// Record a call in the evidence. **Returns** how the policy stands.
  Found record(const Outcome& outcome, const Stay& stay) noexcept {
    if constexpr (books_good) {
      if (evidence.is_good(outcome))
        return {{.kind = evidence.record_good(outcome, stay) ? Standing::Kind::below
                                                             : Standing::Kind::stale}};
    }
    Found found;
    found.standing = evidence.record(policy(found.version), outcome, stay);
    return found;
  }

  /// A call arrives at `now` in the stay `id`. **Returns** how the policy stands.
  Found arrive(StayId id, Ticks now) noexcept
    requires hears_arrivals
  {
    Found found;
    found.standing = evidence.arrive(policy(found.version), now, Stay{machine.word, id});
    return found;
  }
  /// The same, though none arrives.
  Found ask(StayId id) const noexcept {
    Found found;
    if constexpr (hears_arrivals) {
      if (id.state() != State::closed) return found;
      const Policy current = policy(found.version);
      found.standing = detail::ask_at(current, evidence, now(), Stay{machine.word, id});
    }
    return found;
  }
  /// The call of `ticket` has ended.
  void depart([[maybe_unused]] Ticket ticket) noexcept {
    if constexpr (hears_departures) {
      if (ticket.stay().state() == State::closed) evidence.depart(ticket.began(), ticket.stay());
    }
  }

  /// Count and tell what became of a verdict on a call of the stay `id`. **Returns** that.
  [[gnu::always_inline]] Settled told(StayId id, Settled settled, const Outcome& outcome) noexcept {
    if (settled == Settled::stale && detail::is_late<Listener>(this, id)) return settled;
    if (settled == Settled::stale) machine.stale.fetch_add(1, relaxed);
    detail::tell_settled(listener, machine.listener_errors,
                         {outcome.verdict, settled, std::chrono::nanoseconds{outcome.took}});
    return settled;
  }

  /// Keep the transition of `attempt`, and let the evidence know.
  void keep(const Machine::Attempt& attempt, Ticks time, const Found& found) noexcept {
    machine.keep(attempt, time, found);
    if constexpr (requires(const Stay& stay) { evidence.begin(stay); })
      evidence.begin(Stay{machine.word, StayId::of(attempt.step.word)});
  }

  /// Say what limits a transition by the policy of this version reached, unless they are no more.
  void explain(Transition& transition, int part, std::uint16_t version) const noexcept {
    std::uint16_t current_version = 0;
    const Policy current = policy(current_version);
    if (current_version != version) return;
    transition.limits = detail::limits_of(current, part);
    transition.words = &detail::words_of(current, part);
  }

  alignas(cache_line) Machine machine;
  // What windows write stands behind, apart from what every call reads.
  TwoCopies<Policy> policies;
  BREAKER_NO_UNIQUE_ADDRESS Evidence evidence;
  BREAKER_NO_UNIQUE_ADDRESS const Clock clock;
  BREAKER_NO_UNIQUE_ADDRESS Listener listener;

 private:
  struct OtherParts {};
  template <class... Parts>
  constexpr Inside(OtherParts /*tag*/, const Config& config, const Policy& policy, Parts&&... parts)
      : machine{(detail::require_policy(policy), config)},
        policies{policy},
        evidence{policy},
        // NOLINTBEGIN(bugprone-use-after-move): each member takes the one part that is its own
        clock{detail::take<ClockRole, Clock>(std::forward<Parts>(parts)...)},
        listener{detail::take<ListenerRole, Listener>(std::forward<Parts>(parts)...)} {}
  // NOLINTEND(bugprone-use-after-move)
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
