// The state word: one 64-bit word holds the whole state. Its layout, the times in it, and the steps
// from one stay to the next. Which step an event takes: calls.hpp, commands.hpp.
#pragma once

#include <cstdint>

#include "breaker/base/bits.hpp"
#include "breaker/base/mix.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

using Word = std::uint64_t;

// all        [28:0] the stay: state, generation, step, see StayId
// closed     [63:40] the policy's own number, else 0
// open       [63:29] deadline in ms of the clock, modulo 2^35
// half-open  [39:29] last grant in units of the lease, modulo 2^11
//            [45:40] renewals  [51:46] held  [57:52] good  [63:58] bad
using PolicyBits = Bits<40, 63>;
using DeadlineBits = Bits<29, 63>;
using GrantBits = Bits<29, 39>;
using RenewalBits = Bits<40, 45>;
using HeldBits = Bits<46, 51>;
using GoodBits = Bits<52, 57>;
using BadBits = Bits<58, 63>;

/// Step of an opening by trip(wait): it may last longer than the configured waits, and no backoff
/// continues from it.
inline constexpr std::uint64_t step_by_hand = 31;
inline constexpr std::uint64_t last_step = 30;

[[gnu::always_inline]] constexpr State state_of(Word word) noexcept {
  return StayId::begun_by(word).state();
}

/// **Returns** whether it is the number of a state: the three bits have room for more.
constexpr bool is_state(State state) noexcept { return state <= State::disabled; }

/// What happens to a circuit.
enum class EventKind : std::uint8_t {
  arrive,           // a call asks for a permit
  arrive_no_probe,  // … which must not be a probe
  success,          // a verdict on the permit `id`
  failure,
  ignored,
  policy_trips,  // the policy's limit is reached, by a verdict on the permit `id`
  // By hand, from here on.
  trip,
  trip_for,
  classifier_trips,  // no hand, but as rare: a classifier says so of the permit `id`
  retry_in,
  force_open,
  disable,
  reset,
  restore,
  fit,             // new settings: a wait is cut to `wait`, a lease begins anew
  clear_evidence,  // new settings: what is counted does not hold under them
};

struct Event {
  EventKind kind;
  StayId id = {};  // verdicts, policy_trips: the stay of the permit; restore: the state and step
  Milliseconds wait = 0;      // by hand, classifier_trips: how long
  Milliseconds most = 0;      // fit: how long a wait may be by settings before those in force
  std::uint32_t counted = 0;  // policy_trips: in the word, when the policy was asked
};

/// What the circuit knows besides its word, when a verdict or a hand moves it.
struct Context {
  std::uint64_t salt = 0;        // what jitter is drawn from besides generation and time
  Milliseconds asked_until = 0;  // until when answers of this stay asked to wait; 0: none did
  Ticks closed_at = ticks_max;   // when this stay began; unknown: it has just begun
};

/// What an event leads to: the word to put in place of the one that was read, and why.
struct Step {
  Word word;
  /// The event took effect: the call is admitted, the verdict counted, the hand obeyed.
  bool takes_effect;
  Reason reason = Reason::none;  // of the transition, if `word` begins another stay
  Milliseconds wait = 0;         // → open: how long
};

// ---- waiting

/// **Returns** how many milliseconds `deadline` is ahead of `now`, modulo 2^35.
constexpr Milliseconds milliseconds_left(Milliseconds deadline, Ticks now) noexcept {
  return (deadline - to_milliseconds(now)) & DeadlineBits::max;
}

/// **Returns** the wait that begins at `now` and ends at `deadline`, modulo 2^35.
constexpr Milliseconds wait_until(Milliseconds deadline, Ticks now) noexcept {
  return (deadline - up_to_milliseconds(now)) & DeadlineBits::max;
}

/// **Returns** whether an open word's wait is over at `now`. More left than any wait could be means
/// that the deadline has passed (the difference wrapped) or that the clock was set back: one
/// comparison for both. In milliseconds: every instruction between the clock and this decision is
/// one that a refused caller waits for.
constexpr bool is_wait_over(Word word, Ticks now, Gate gate) noexcept {
  // Less one: a deadline is rounded up.
  const Milliseconds left = milliseconds_left(DeadlineBits::get(word), now) - 1;
  if (left <= gate.longest_wait()) return false;
  return StayId::of(word).step() != step_by_hand || left > longest_wait / millisecond;
}

/// **Returns** how long a caller who is refused at `now` has to wait. **Requires** an open word whose
/// wait is not over.
constexpr Ticks ticks_left(Word word, Ticks now) noexcept {
  const Milliseconds left = milliseconds_left(DeadlineBits::get(word), now);
  return static_cast<Ticks>((to_milliseconds(now) + left) * millisecond - biased(now));
}

/// **Returns** the wait of the opening that begins with `generation`: as configured, less its jitter,
/// a pure hash, so however many callers compute it, it is drawn once.
constexpr Milliseconds open_wait(std::uint64_t step, Generation generation, Ticks now,
                                 std::uint64_t salt, const Rules& rules) noexcept {
  const Milliseconds wait = rules.wait(step);
  const std::uint64_t drawn = mix(mix(salt ^ generation) ^ static_cast<std::uint64_t>(now));
  const Milliseconds cut = drawn % (rules.most_jitter(wait) + 1);
  return cut < wait ? wait - cut : 1;
}

/// **Returns** how long the answers still ask to wait at `now`, counted as deadline_after() counts. A
/// time further ahead than they may ask for is past, or of a clock that was set back.
constexpr Milliseconds asked_wait(Milliseconds asked_until, Ticks now,
                                  const Rules& rules) noexcept {
  if (asked_until == 0) return 0;
  const Milliseconds left = wait_until(asked_until, now);
  return left > rules.retry_after_max() ? 0 : left;
}

// ---- transitions

/// **Returns** the word of the next stay, in `state`, its payload empty.
constexpr Word begin(State state, Word from, std::uint64_t step) noexcept {
  return StayId::of(from).next(state, step).clean_word();
}

constexpr Step begin_open(Word from, std::uint64_t step, Milliseconds wait, Ticks now,
                          Reason reason) noexcept {
  return {begin(State::open, from, step) | DeadlineBits::put(deadline_after(now, wait)), true,
          reason, wait};
}

/// Open for as long as the configuration says, or the longer wait that the answers asked for.
[[gnu::noinline, gnu::cold]] constexpr Step open_by_rule(Word from, std::uint64_t step, Ticks now,
                                                         const Rules& rules, const Context& context,
                                                         Reason reason) noexcept {
  const Generation generation = StayId::of(from).next(State::open, step).generation();
  const Milliseconds configured = open_wait(step, generation, now, context.salt, rules);
  const Milliseconds asked = asked_wait(context.asked_until, now, rules);
  return begin_open(from, step, configured > asked ? configured : asked, now, reason);
}

/// **Returns** the step of the wait that a closed circuit opens for. If it was not closed for as long as
/// its last wait, the backoff goes on where it was.
constexpr std::uint64_t step_of_trip(Word closed, Ticks now, const Rules& rules,
                                     const Context& context) noexcept {
  const std::uint64_t step = StayId::of(closed).step();
  if (step == 0) return 0;
  const Milliseconds last = rules.wait(step - 1);
  const Ticks was_closed = saturating_subtract(now, context.closed_at);
  return was_closed >= static_cast<Ticks>(last) * millisecond ? 0 : step;
}

/// The policy of a closed circuit trips.
constexpr Step trip_by_policy(Word word, const Event& event, Ticks now, const Rules& rules,
                              const Context& context) noexcept {
  // Overtaken by a success, the policy may not trip any more.
  const Word judged = event.id.clean_word() | PolicyBits::put(event.counted);
  if (word != judged || state_of(word) != State::closed) return {word, false};
  return open_by_rule(word, step_of_trip(word, now, rules, context), now, rules, context,
                      Reason::policy);
}

constexpr Word granted(Word word, Ticks now, Gate gate) noexcept {
  return GrantBits::replace(word, gate.lease_stamp(now, RenewalBits::get(word)));
}

/// The first probe goes out; its grant is to be stamped.
constexpr Step begin_half_open(Word from) noexcept {
  const std::uint64_t step = StayId::of(from).step();
  const std::uint64_t next_step = step < last_step ? step + 1 : step == step_by_hand ? 0 : step;
  return {begin(State::half_open, from, next_step) | HeldBits::put(1), true, Reason::wait_over};
}

/// **Returns** whether the lease of a half-open word's last grant is over. The stamp has 11 bits: after
/// 31 idle leases one more may pass. A clock that was set back reads as over.
constexpr bool is_lease_over(Word word, Ticks now, Gate gate) noexcept {
  const std::uint64_t stamp = gate.lease_stamp(now, RenewalBits::get(word));
  return ((stamp - GrantBits::get(word)) & GrantBits::max) >= gate.lease_units();
}

/// A further probe goes out in place of those that were not heard of. They count when they answer, so
/// what has been counted stays. Its grant is to be stamped.
constexpr Step renew(Word word) noexcept {
  const std::uint64_t renewals = RenewalBits::get(word);
  const StayId id = StayId::of(word).next(State::half_open, StayId::of(word).step());
  const Word next = id.clean_word() | HeldBits::put(1) | GoodBits::put(GoodBits::get(word)) |
                    BadBits::put(BadBits::get(word)) |
                    RenewalBits::put(renewals < RenewalBits::max ? renewals + 1 : renewals);
  return {next, true, Reason::probe_lost};
}

constexpr bool has_slot(Word word, Gate gate) noexcept {
  return HeldBits::get(word) < gate.slot_count(GoodBits::get(word));
}

/// **Returns** whether a half-open word has no place for a further probe.
constexpr bool is_busy(Word word, Ticks now, Gate gate) noexcept {
  return !has_slot(word, gate) && !is_lease_over(word, now, gate);
}

/// **Returns** the state that the next caller meets: an open circuit whose wait is over counts as
/// half-open, a number that is no state as closed.
constexpr State effective_state(Word word, Ticks now, Gate gate) noexcept {
  const State state = state_of(word);
  if (state == State::open && is_wait_over(word, now, gate)) return State::half_open;
  return is_state(state) ? state : State::closed;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
