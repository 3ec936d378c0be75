// Machine: a circuit without its clock, policy and listener. No template: its code is in a program once.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The state word, the rules by which it moves, and what is kept of how it moved.
class Machine {
 public:
  constexpr explicit Machine(const Config& config) : rules_{(validate(config), config)} {}

  /// The outcome of one attempt to move the word.
  struct Attempt {
    Step step;
    Word from;
    bool is_overtaken;  // somebody else moved it: nothing happened

    [[nodiscard]] bool is_transition() const noexcept {
      return !is_overtaken && StayId::of(from) != StayId::of(step.word);
    }
  };

  /// Try once to carry out `event` in a circuit whose word was `seen` when it was read. `now`: read
  /// after that, as an older reading would take a probe granted since then for a lost one. `seen` is
  /// updated to the word after it, or, if the attempt was overtaken, to the current one.
  [[gnu::noinline]] Attempt try_once(Word& seen, const Event& event, Ticks now) noexcept {
    Attempt attempt{next(seen, event, now, rules_, context_of(seen)), seen, false};
    if (attempt.step.word != seen) {
      attempt.is_overtaken = !exchange(seen, attempt.step.word);
      if (!attempt.is_overtaken) seen = attempt.step.word;
    }
    return attempt;
  }

  /// Put `desired` in place of `seen`. **Returns** whether it was; if not, `seen` is updated to the
  /// current value.
  bool exchange(Word& seen, Word desired) noexcept {
    // Release: pairs with the acquire loads of the word. Who sees a stay, or a probe's grant, reads
    // a clock that is not behind the reading it was made with; who sees a failure counted, sees what
    // its answer asked for.
    return word.compare_exchange_weak(seen, desired, release, acquire);
  }

  /// **Returns** the refusal of a call that arrives at `now` in a circuit whose word is `seen`; a
  /// ticket that is no refusal if arrive() lets it in. The same is said here once more, in the order of
  /// what happens most: a refused caller waits for every instruction.
  [[gnu::noinline]] Ticket refusal(Word seen, Ticks now) const noexcept {
    const StayId stay = StayId::of(seen);
    if (stay.state() == State::open && !is_wait_over(seen, now, gate()))
      return Ticket::refused(stay, ticks_left(seen, now));
    if (stay.state() == State::half_open && is_busy(seen, now, gate()))
      return Ticket::refused(stay, hint());
    if (stay.state() == State::forced_open)
      return Ticket::refused(stay, static_cast<Ticks>(rules_.retry_after_max()) * millisecond);
    return {stay, 0};
  }

  /// **Returns** the same for a call that must not be a probe.
  [[nodiscard]] Ticket refusal_of_no_probe(Word seen, Ticks now) const noexcept {
    const StayId stay = StayId::of(seen);
    const Ticket ticket = refusal(seen, now);
    const bool needs_probe =
        stay.state() == State::half_open || (stay.state() == State::open && !ticket.is_refused());
    return needs_probe ? Ticket::refused(stay, hint(), true) : ticket;
  }

  /// Keep the transition of `attempt`, made at `now`. **Returns** it. `part` of the policy found
  /// `evidence` to reach `limit`.
  [[gnu::noinline]] Transition keep(const Attempt& attempt, Ticks now, const Evidence& evidence,
                                    const Limit& limit, int part) noexcept {
    const Transition transition = transition_of(attempt.from, attempt.step, now, evidence, limit);
    if (transition.reason == Reason::probe_lost) {
      last.renew(attempt.step.word);
    } else {
      last.store(transition, part);
    }
    transitions.fetch_add(1, relaxed);
    return transition;
  }

  /// An answer to a call of the stay `id` asked to wait. To be called before its verdict is counted:
  /// whoever trips because of that verdict finds the note.
  [[gnu::noinline]] void note_asked(StayId id, Ticks retry_after, Ticks now) noexcept {
    const Word current = word.load(relaxed);
    if (StayId::of(current) != id && !is_of_recovery(current, id)) return;
    const auto asked = static_cast<Milliseconds>(to_milliseconds_up(retry_after));
    const Milliseconds most = rules_.retry_after_max();
    last.note_asked(current, deadline_after(now, asked < most ? asked : most), now, most);
  }

  [[nodiscard]] Gate gate() const noexcept { return rules_.gate(); }

  Atomic<Word> word{0};  // the state: guards itself. At first closed, no evidence

 private:
  const Rules rules_;

 public:
  Record last;
  // Each guards itself.
  Atomic<std::uint64_t> refused{0};
  Atomic<std::uint64_t> transitions{0};
  Atomic<std::uint32_t> stale{0};
  Atomic<std::uint32_t> listener_errors{0};

 private:
  /// **Returns** when to ask again while probes are out: a slot may come free at any time.
  [[nodiscard]] Ticks hint() const noexcept {
    constexpr Ticks usual = 100 * millisecond;
    const Ticks lease = gate().first_lease();
    return lease < usual ? lease : usual;
  }

  /// **Returns** what next() is told of a circuit whose word is `seen`.
  [[nodiscard]] Context context_of(Word seen) const noexcept {
    // What jitter is drawn from: the seed, or where the circuit stands in memory.
    const std::uint64_t seed = rules_.seed();
    return {.salt = seed != 0 ? seed
                              : static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(this)),
            .asked_until = last.asked_until(seen),
            .closed_at = last.began(StayId::of(seen).generation())};
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
