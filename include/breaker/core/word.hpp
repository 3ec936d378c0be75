// The functional core. One 64-bit word holds the whole state; every transition is the pure function
// next() from the word that was read to the word that is put in its place.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/bits.hpp"
#include "breaker/base/mix.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
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

constexpr State state_of(Word word) noexcept { return StayId::of(word).state(); }

/// What happens to a circuit.
enum class EventKind : std::uint8_t {
  arrive,           // a call asks for a permit
  arrive_no_probe,  // … which must not be a probe
  success,          // a verdict on the permit `id`
  failure,
  ignored,
  policy_trips,  // the policy's threshold is reached, by a verdict on the permit `id`
  trip,          // by hand, from here on
  trip_for,
  retry_in,
  force_open,
  disable,
  reset,
  restore,
};

struct Event {
  EventKind kind;
  StayId id = {};  // verdicts, policy_trips: the stay of the permit; restore: the state and step
  Milliseconds wait = 0;  // by hand: how long
};

/// What the circuit knows besides its word, when a verdict or a hand moves it.
struct Context {
  std::uint64_t salt = 0;        // what jitter is drawn from besides generation and time
  Milliseconds asked_until = 0;  // until when answers of this stay asked to wait; 0: none did
  Ticks closed_at = ticks_max;   // when this stay began; unknown: it has just begun
};

/// What comes of an event: the word to put in place of the one that was read, and why.
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
[[gnu::noinline]] constexpr Step open_by_rule(Word from, std::uint64_t step, Ticks now,
                                              const Rules& rules, const Context& context,
                                              Reason reason) noexcept {
  const Generation generation = StayId::of(from).next(State::open, step).generation();
  const Milliseconds configured = open_wait(step, generation, now, context.salt, rules);
  const Milliseconds asked = asked_wait(context.asked_until, now, rules);
  return begin_open(from, step, configured > asked ? configured : asked, now, reason);
}

/// The policy of a closed circuit trips. If it was not closed for as long as its last wait, the backoff
/// goes on where it was.
constexpr Step trip_by_policy(Word word, const Event& event, Ticks now, const Rules& rules,
                              const Context& context) noexcept {
  if (StayId::of(word) != event.id || state_of(word) != State::closed) return {word, false};
  std::uint64_t step = event.id.step();
  if (step != 0) {
    const Milliseconds last = rules.wait(step - 1);
    if (saturating_subtract(now, context.closed_at) >= static_cast<Ticks>(last) * millisecond)
      step = 0;
  }
  return open_by_rule(word, step, now, rules, context, Reason::policy);
}

constexpr Word granted(Word word, Ticks now, Gate gate) noexcept {
  return GrantBits::replace(word, gate.lease_stamp(now, RenewalBits::get(word)));
}

constexpr Step begin_half_open(Word from, Ticks now, Gate gate) noexcept {
  const std::uint64_t step = StayId::of(from).step();
  const std::uint64_t next_step = step < last_step ? step + 1 : step == step_by_hand ? 0 : step;
  const Word word = begin(State::half_open, from, next_step) | HeldBits::put(1);
  return {granted(word, now, gate), true, Reason::wait_over};
}

/// **Returns** whether the lease of a half-open word's last grant is over. The stamp has 11 bits: after
/// 31 idle leases one more may pass. A clock that was set back reads as over.
constexpr bool is_lease_over(Word word, Ticks now, Gate gate) noexcept {
  const std::uint64_t stamp = gate.lease_stamp(now, RenewalBits::get(word));
  return ((stamp - GrantBits::get(word)) & GrantBits::max) >= gate.lease_units();
}

/// A further probe goes out in place of those that were not heard of. They count when they answer, so
/// what has been counted stays.
constexpr Step renew(Word word, Ticks now, Gate gate) noexcept {
  const std::uint64_t renewals = RenewalBits::get(word);
  const StayId id = StayId::of(word).next(State::half_open, StayId::of(word).step());
  const Word next = id.clean_word() | HeldBits::put(1) | GoodBits::put(GoodBits::get(word)) |
                    BadBits::put(BadBits::get(word)) |
                    RenewalBits::put(renewals < RenewalBits::max ? renewals + 1 : renewals);
  return {granted(next, now, gate), true, Reason::probe_lost};
}

constexpr bool has_slot(Word word, Gate gate) noexcept {
  return HeldBits::get(word) < gate.slots(GoodBits::get(word));
}

/// **Returns** whether a half-open word has no place for a further probe.
constexpr bool is_busy(Word word, Ticks now, Gate gate) noexcept {
  return !has_slot(word, gate) && !is_lease_over(word, now, gate);
}

constexpr Step arrive(Word word, Ticks now, Gate gate, bool may_probe) noexcept {
  switch (state_of(word)) {
    case State::closed:
    case State::disabled: return {word, true};
    case State::open:
      if (!may_probe || !is_wait_over(word, now, gate)) return {word, false};
      return begin_half_open(word, now, gate);
    case State::half_open:
      if (!may_probe || is_busy(word, now, gate)) return {word, false};
      if (!has_slot(word, gate)) return renew(word, now, gate);
      return {granted(word + HeldBits::put(1), now, gate), true};
    case State::forced_open: return {word, false};
  }
  return {word, false};
}

/// **Returns** whether `id` is a stay of the recovery that a word is in: its own, or one that ended with
/// a lease.
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

// ---- by hand

constexpr Step trip_by_hand(Word word, const Event& event, Ticks now, const Rules& rules,
                            const Context& context) noexcept {
  const State state = state_of(word);
  if (event.kind == EventKind::trip_for) {
    const bool extends =
        state == State::open && (is_wait_over(word, now, rules.gate()) ||
                                 event.wait > wait_until(DeadlineBits::get(word), now));
    if (state != State::closed && state != State::half_open && !extends) return {word, false};
    return begin_open(word, step_by_hand, event.wait, now, Reason::tripped);
  }
  if (state != State::closed && state != State::half_open) return {word, false};
  return open_by_rule(word, 0, now, rules, context, Reason::tripped);
}

/// The wait of an open circuit ends at another time. No transition: it stays the same stay.
constexpr Step retry_in(Word word, Milliseconds wait, Ticks now, Gate gate) noexcept {
  if (state_of(word) != State::open) return {word, false};
  const Milliseconds longest = gate.longest_wait();
  return {DeadlineBits::replace(word, deadline_after(now, wait < longest ? wait : longest)), true};
}

constexpr Step put_by_hand(Word word, State state, Reason reason) noexcept {
  if (state_of(word) == state && state != State::closed) return {word, true};
  return {begin(state, word, 0), true, reason};
}

constexpr Step restore(Word word, const Event& event, Ticks now) noexcept {
  if (event.id.state() == State::open)
    return begin_open(word, event.id.step(), event.wait, now, Reason::restored);
  return {begin(event.id.state(), word, event.id.step()), true, Reason::restored};
}

/// **Returns** what comes of `event` at `now` when the circuit's word is `word`. Pure: the core
/// puts the new word in place by compare-exchange, and asks again if the old one has changed. What
/// a verdict does to the policy of a closed circuit is not here but with the policy.
[[gnu::noinline]] constexpr Step next(Word word, const Event& event, Ticks now, const Rules& rules,
                                      const Context& context = {}) noexcept {
  switch (event.kind) {
    case EventKind::arrive: return arrive(word, now, rules.gate(), true);
    case EventKind::arrive_no_probe: return arrive(word, now, rules.gate(), false);
    case EventKind::success:
    case EventKind::failure:
    case EventKind::ignored: return settle_probe(word, event, now, rules, context);
    case EventKind::policy_trips: return trip_by_policy(word, event, now, rules, context);
    case EventKind::trip:
    case EventKind::trip_for: return trip_by_hand(word, event, now, rules, context);
    case EventKind::retry_in: return retry_in(word, event.wait, now, rules.gate());
    case EventKind::force_open: return put_by_hand(word, State::forced_open, Reason::forced_open);
    case EventKind::disable: return put_by_hand(word, State::disabled, Reason::disabled);
    case EventKind::reset: return put_by_hand(word, State::closed, Reason::reset);
    case EventKind::restore: return restore(word, event, now);
  }
  return {word, false};
}

/// **Returns** the state that the next caller meets: an open circuit whose wait is over counts as
/// half-open.
constexpr State effective_state(Word word, Ticks now, Gate gate) noexcept {
  if (state_of(word) == State::open && is_wait_over(word, now, gate)) return State::half_open;
  return state_of(word);
}

/// **Returns** a circuit's state, to be kept. Half-open is open without a wait: the next call after it is
/// restored is a probe, and its backoff goes on where it was.
constexpr Saved saved_of(Word word, Ticks now, Gate gate) noexcept {
  const auto step = static_cast<int>(StayId::of(word).step());
  if (state_of(word) == State::half_open)
    return {State::open, {}, step == 0 ? int{step_by_hand} : step - 1};
  if (state_of(word) != State::open || is_wait_over(word, now, gate))
    return {state_of(word), {}, step};
  // Rounded up, but not above what can be restored.
  const auto left = static_cast<Ticks>(milliseconds_left(DeadlineBits::get(word), now));
  constexpr Ticks most = longest_wait / millisecond;
  return {State::open, std::chrono::milliseconds{left < most ? left : most}, step};
}

/// **Returns** the event that restores `saved`. **Throws** ConfigError naming the field that is out of
/// its range.
constexpr Event event_of(const Saved& saved, Gate gate) {
  const auto state = static_cast<std::uint8_t>(saved.state);
  require_setting(saved.state <= State::disabled && saved.state != State::half_open, "Saved.state",
                  state, "closed, open, forced open or disabled (shown: as a number)");
  require_setting(saved.left.count() >= 0 && saved.left.count() <= longest_wait / millisecond,
                  "Saved.left", saved.left.count(), "0 to 2^34 ms");
  const std::uint64_t last = saved.state == State::open ? step_by_hand : last_step;
  require_setting(saved.step >= 0 && saved.step <= static_cast<int>(last), "Saved.step", saved.step,
                  "0 to 30, or 31 if open");
  const auto step = static_cast<std::uint64_t>(saved.step);
  const auto left = static_cast<Milliseconds>(saved.left.count());
  const bool fits = step == step_by_hand || left <= gate.longest_wait();
  return {EventKind::restore, StayId{}.next(saved.state, step), fits ? left : gate.longest_wait()};
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
