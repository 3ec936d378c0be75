// Machine: a circuit without its clock, policy and listener. No template: its code is in a program
// once.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/core/commands.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/two_copies.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

class Machine;

/// Makes a word fit settings that came while it was moved by others. Set by who brings the first new
/// settings, so that a program which never does has no code for it.
[[gnu::visibility("default")]] inline constinit Atomic<void (*)(
    Machine& machine, Milliseconds most, Ticks now) noexcept> fit_again{nullptr};

/// The state word, the rules by which it moves, and what is kept of how it moved.
class Machine {
 public:
  constexpr explicit Machine(const Config& config) : rules_{(validate(config), Rules{config})} {}

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
  template <bool by_hand>
  [[gnu::noinline, gnu::cold, gnu::flatten]] Attempt try_once(Word& seen, const Event& event,
                                                              Ticks now) noexcept {
    const std::uint16_t before = version.load(relaxed);
    const Rules current = rules();
    const Context context = context_of(seen, current);
    Attempt attempt{by_hand ? next_by_hand(seen, event, now, current, context)
                            : next_of_call(seen, event, now, current, context),
                    seen, false};
    if (attempt.step.word == seen) return attempt;
    attempt.is_overtaken = !exchange(seen, attempt.step.word);
    if (attempt.is_overtaken) return attempt;
    seen = attempt.step.word;
    if (are_replaced(before)) [[unlikely]] {
      if (auto* const fit_word = fit_again.load(relaxed)) fit_word(*this, attempt.step.wait, now);
    }
    return attempt;
  }

  /// Make what is stamped in the word fit the settings in force, see detail::fit(). **Returns** whether
  /// the word was open, and its deadline has changed.
  /// `now` tells the time; it is asked after the word was read.
  template <class Now>
  [[gnu::noinline, gnu::cold]] bool fit(const Event& event, const Now& now) noexcept {
    // An exchange: whoever moves the word by settings that were replaced comes before it, and is seen
    // here, or after it, and sees that they were.
    const Word from = word.fetch_add(0, acq_rel);
    for (Word seen = from;;) {
      const std::uint16_t before = version.load(relaxed);
      const Word fitting = detail::fit(seen, event, now(), gate()).word;
      if (fitting == seen || (exchange(seen, fitting) && !are_replaced(before)))
        return state_of(from) == State::open && StayId::of(from) == StayId::of(fitting) &&
               fitting != from;
    }
  }

  /// Put `desired` in place of `seen`. **Returns** whether it was; if not, `seen` is updated to the
  /// current value.
  bool exchange(Word& seen, Word desired) noexcept {
    // Release: pairs with the acquire loads of the word. A thread that sees a stay, or a probe's grant, reads
    // a clock that is not behind the reading it was made with; one that sees a failure counted, sees what
    // its answer asked for. Acquire: pairs with the exchange in fit(), see are_replaced().
    return word.compare_exchange_weak(seen, desired, acq_rel, acquire);
  }

  /// Keep the transition of `attempt`, made at `now`. `found`: how the policy that trips stands.
  [[gnu::noinline, gnu::cold, gnu::flatten]] void keep(const Attempt& attempt, Ticks now,
                                                       const Found& found) noexcept {
    if (attempt.step.reason == Reason::probe_lost) {
      last.renew(attempt.step.word);
    } else {
      last.store(transition_of(attempt.from, attempt.step, now, found.standing.numbers),
                 found.standing.part, found.version);
    }
    transitions.fetch_add(1, relaxed);
  }

  /// Take new settings: these rules, and what was prepared along with them. **Requires** the lock.
  void publish(const Rules& rules) noexcept {
    fit_again.store(
        [](Machine& machine, Milliseconds most, Ticks now) noexcept {
          machine.fit({EventKind::fit, {}, machine.gate().longest_wait(), most},
                      [now] { return now; });
        },
        relaxed);
    rules_.prepare(rules, version);
    // Release: pairs with the acquire in TwoCopies. A thread that reads the new number reads the new settings.
    version.store(static_cast<std::uint16_t>(version.load(relaxed) + 1), release);
  }

  /// An answer to a call of the stay `id` asked to wait. To be called before its verdict is counted:
  /// whoever trips because of that verdict finds the note.
  [[gnu::noinline]] void note_asked(StayId id, Ticks retry_after, Ticks now) noexcept {
    const Word current = word.load(relaxed);
    if (StayId::of(current) != id && !is_of_recovery(current, id)) return;
    const auto asked = static_cast<Milliseconds>(to_milliseconds_up(retry_after));
    const Milliseconds most = rules().retry_after_max();
    last.note_asked(current, deadline_after(now, asked < most ? asked : most), now, most);
  }

  [[nodiscard]] Gate gate() const noexcept { return Gate{rules_.read_first(version)}; }
  [[nodiscard]] Rules rules() const noexcept { return rules_.read(version); }

  Atomic<Word> word{0};        // the state: guards itself. At first closed, no evidence
  SettingsVersion version{0};  // guards which copy of the settings counts
  ErrorCount listener_errors{0};
  Mutex reconfiguring;  // held by who takes new settings. No call waits for it

 private:
  TwoCopies<Rules> rules_;

 public:
  Record last;
  // Each guards itself.
  Atomic<std::uint64_t> refused{0};
  Atomic<std::uint32_t> transitions{0};
  Atomic<std::uint32_t> stale{0};

 private:
  /// **Returns** whether settings other than those of version `before` are in force, so that who
  /// replaced them may not have seen the word as this thread has just left it: to be asked after an
  /// exchange, which sees all that was done before an earlier exchange in fit().
  [[nodiscard]] bool are_replaced(std::uint16_t before) const noexcept {
    return version.load(relaxed) != before;
  }

  /// **Returns** what next() is told of a circuit whose word is `seen`.
  [[nodiscard]] Context context_of(Word seen, const Rules& rules) const noexcept {
    // What jitter is drawn from: the seed, or where the circuit stands in memory.
    const std::uint64_t seed = rules.seed();
    return {.salt = seed != 0 ? seed : std::uint64_t{reinterpret_cast<std::uintptr_t>(this)},
            .asked_until = last.asked_until(seen),
            .closed_at = last.began(StayId::of(seen).generation())};
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
