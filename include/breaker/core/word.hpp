// The functional core. One 64-bit word holds the whole state; every transition is the pure function
// next() from the word that was read to the word that is put in its place.
#pragma once

#include <cstdint>

#include "breaker/base/bits.hpp"
#include "breaker/base/mix.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

using Word = std::uint64_t;

// all        [23:0] the stay: state and generation, see StayId
// closed     [63:24] the policy's own state where it fits (consecutive count), else 0
// open       [28:24] step of the backoff  [63:29] deadline in ms of the clock, modulo 2^35
// half-open  [28:24] step  [35:29] held  [42:36] good  [49:43] bad
//            [63:50] last grant in units of the lease, modulo 2^14
using PolicyBits = Bits<24, 63>;
using StepBits = Bits<24, 28>;
using DeadlineBits = Bits<29, 63>;
using HeldBits = Bits<29, 35>;
using GoodBits = Bits<36, 42>;
using BadBits = Bits<43, 49>;
using GrantBits = Bits<50, 63>;

/// Step of an opening by trip(wait): it may last longer than the configured waits, and no backoff
/// continues from it.
inline constexpr std::uint64_t step_by_hand = StepBits::max;
inline constexpr std::uint64_t last_step = StepBits::max - 1;

constexpr State state_of(Word word) noexcept { return StayId::of(word).state(); }

/// Config as the core uses it: nanoseconds and small integers, 48 bytes.
struct Rules {
  Ticks first_wait;
  Ticks max_wait;
  Ticks retry_after_max;
  Ticks longest_wait_ms;  // of those, rounded up; only trip(wait) may wait longer
  std::uint32_t seed;
  std::uint16_t jitter;  // in 65535ths
  std::uint8_t factor;
  std::uint8_t probes;
  std::uint8_t close_after;
  std::uint8_t reopen_after;
  std::uint8_t lease_shift;  // a unit of the lease is 2^lease_shift ns …
  std::uint8_t lease_units;  // … so many make the lease, cut: 128 to 255, or a shorter lease's ns
  Mode mode;

  /// **Requires** a valid config.
  constexpr explicit Rules(const Config& config) noexcept
      : Rules{config, config.open_for.backoff(),
              config.probe_lease.is_given() ? config.probe_lease.ticks()
                                            : config.open_for.backoff().first.ticks()} {}

 private:
  constexpr Rules(const Config& config, const Backoff& wait, Ticks lease) noexcept
      : first_wait{wait.first.ticks()},
        max_wait{wait.max.ticks()},
        retry_after_max{config.retry_after_max.ticks()},
        longest_wait_ms{
            to_milliseconds_up(max_wait > retry_after_max ? max_wait : retry_after_max)},
        seed{wait.seed},
        jitter{to_65535ths(wait.jitter)},
        factor{static_cast<std::uint8_t>(wait.factor)},
        probes{static_cast<std::uint8_t>(config.probes)},
        close_after{static_cast<std::uint8_t>(
            config.close_after == Config::as_probes ? config.probes : config.close_after)},
        reopen_after{static_cast<std::uint8_t>(config.reopen_after)},
        lease_shift{shift_for(lease)},
        lease_units{static_cast<std::uint8_t>(lease >> lease_shift)},
        mode{config.mode} {}

  /// **Returns** the largest shift by which `lease` is 128 units or more: as many as it takes for
  /// the cut of a lease and of a grant's time to come to less than a 64th.
  static constexpr std::uint8_t shift_for(Ticks lease) noexcept {
    std::uint8_t shift = 0;
    while (lease >> (shift + 1) >= 128) ++shift;
    return shift;
  }

  static constexpr std::uint16_t to_65535ths(Ratio share) noexcept {
    return static_cast<std::uint16_t>(std::int64_t{65535} * share.part() / share.whole());
  }
};

/// What happens to a circuit.
enum class EventKind : std::uint8_t {
  arrive,   // a call asks for a permit
  success,  // a verdict on the permit `id`
  failure,
  ignored,
  policy_trips,  // the policy's threshold is reached, by a verdict on the permit `id`
  trip,          // by hand, from here on
  trip_for,
  force_open,
  disable,
  reset,
};

struct Event {
  EventKind kind;
  StayId id = {};  // verdicts, policy_trips: the stay of the permit
  Ticks wait = 0;  // trip_for: the wait; verdicts, policy_trips: what the answer asked for, or 0
  std::uint64_t salt = 0;  // what jitter is drawn from besides generation and time
};

/// What comes of an event: the word to put in place of the one that was read, and why.
struct Step {
  Word word;
  /// The event took effect: the call is admitted, the verdict counted, the hand obeyed.
  bool takes_effect;
  Reason reason = Reason::none;  // of the transition, if `word` begins another stay
  Ticks wait = 0;                // → open: how long
  std::uint64_t deadline = 0;    // refused while open: until when, see to_milliseconds
};

/// **Returns** the configured wait of the opening that begins with `generation`. Its jitter is a
/// pure hash, so however many callers compute it, it is drawn once.
constexpr Ticks open_wait(std::uint64_t step, Generation generation, Ticks now, std::uint64_t salt,
                          const Rules& rules) noexcept {
  Ticks wait = rules.first_wait;
  for (std::uint64_t i = 0; i < step && wait < rules.max_wait; ++i) {
    wait = wait > rules.max_wait / rules.factor ? rules.max_wait : wait * rules.factor;
  }
  const auto spread = static_cast<std::uint64_t>(wait) / 65535 * rules.jitter;
  const auto cut = mix(mix(salt ^ generation) ^ static_cast<std::uint64_t>(now)) % (spread + 1);
  return cut < static_cast<std::uint64_t>(wait) ? wait - static_cast<Ticks>(cut) : 1;
}

/// **Returns** the word of the next generation in `state`, its payload empty.
constexpr Word begin(State state, Word from) noexcept {
  return StayId::of(from).next(state).clean_word();
}

// Milliseconds of the clock, counted from the earliest time that it can show, so that they are
// never negative and the division is one multiplication.
inline constexpr std::uint64_t clock_bias = (std::uint64_t{1} << 63) / millisecond * millisecond;

constexpr std::uint64_t biased(Ticks time) noexcept {
  return static_cast<std::uint64_t>(time) + clock_bias;
}
constexpr std::uint64_t to_milliseconds(Ticks time) noexcept { return biased(time) / millisecond; }
constexpr Ticks from_milliseconds(std::uint64_t milliseconds) noexcept {
  return static_cast<Ticks>(milliseconds * millisecond - clock_bias);
}

constexpr Step begin_open(Word from, std::uint64_t step, Ticks wait, Ticks now,
                          Reason reason) noexcept {
  const Ticks end = saturating_add(now, wait);
  std::uint64_t deadline = to_milliseconds(end);
  if (from_milliseconds(deadline) != end) ++deadline;  // rounded up: never early
  return {begin(State::open, from) | StepBits::put(step) | DeadlineBits::put(deadline), true,
          reason, wait};
}

/// Open for as long as the configuration says, or the longer wait that the answer asked for.
[[gnu::noinline]] constexpr Step open_by_rule(Word from, std::uint64_t step, const Event& event,
                                              Ticks now, const Rules& rules,
                                              Reason reason) noexcept {
  const Generation generation = StayId::of(begin(State::open, from)).generation();
  const Ticks configured = open_wait(step, generation, now, event.salt, rules);
  const Ticks asked = event.wait < rules.retry_after_max ? event.wait : rules.retry_after_max;
  return begin_open(from, step, configured > asked ? configured : asked, now, reason);
}

/// **Returns** how long it is from `now` to `deadline`, in milliseconds as above.
constexpr Ticks ticks_until(std::uint64_t deadline, Ticks now) noexcept {
  return static_cast<Ticks>(deadline * millisecond - biased(now));
}

/// **Returns** how many milliseconds an open word's deadline is ahead of `now`, modulo 2^35.
constexpr std::uint64_t milliseconds_left(Word word, Ticks now) noexcept {
  return (DeadlineBits::get(word) - to_milliseconds(now)) & DeadlineBits::max;
}

/// **Returns** whether an open word's wait is over at `now`. More left than any wait could be means
/// that the deadline has passed (the difference wrapped) or that the clock was set back: one
/// comparison for both. In milliseconds: every instruction between the clock and this decision is
/// one that a refused caller waits for.
constexpr bool is_wait_over(Word word, Ticks now, const Rules& rules) noexcept {
  const Ticks longest =
      StepBits::get(word) == step_by_hand ? longest_wait / millisecond : rules.longest_wait_ms;
  return milliseconds_left(word, now) - 1 > static_cast<std::uint64_t>(longest);
}

constexpr std::uint64_t grant_stamp(Ticks now, const Rules& rules) noexcept {
  return static_cast<std::uint64_t>(now >> rules.lease_shift);
}

/// **Returns** whether a lease has passed since a half-open word's last grant. The stamp has 14
/// bits: after 63 idle leases one more may pass. A clock that was set back reads as passed.
constexpr bool is_lease_over(Word word, Ticks now, const Rules& rules) noexcept {
  return ((grant_stamp(now, rules) - GrantBits::get(word)) & GrantBits::max) >= rules.lease_units;
}

constexpr Step begin_half_open(Word from, Ticks now, const Rules& rules, Reason reason) noexcept {
  const std::uint64_t step = StepBits::get(from) == step_by_hand ? 0 : StepBits::get(from);
  return {begin(State::half_open, from) | StepBits::put(step) | HeldBits::put(1) |
              GrantBits::put(grant_stamp(now, rules)),
          true, reason};
}

[[gnu::always_inline]] constexpr Step arrive(Word word, Ticks now, const Rules& rules) noexcept {
  switch (state_of(word)) {
    case State::closed:
    case State::disabled: return {word, true};
    case State::open:
      if (!is_wait_over(word, now, rules))
        return {word, false, Reason::none, 0, to_milliseconds(now) + milliseconds_left(word, now)};
      return begin_half_open(word, now, rules, Reason::wait_over);
    case State::half_open:
      if (HeldBits::get(word) < rules.probes) {
        const Word granted = HeldBits::replace(word, HeldBits::get(word) + 1);
        return {GrantBits::replace(granted, grant_stamp(now, rules)), true};
      }
      if (is_lease_over(word, now, rules))
        return begin_half_open(word, now, rules, Reason::probe_lost);
      return {word, false};
    case State::forced_open: return {word, false};
  }
  return {word, false};
}

constexpr Step settle_probe(Word word, const Event& event, Ticks now, const Rules& rules) noexcept {
  if (StayId::of(word) != event.id || state_of(word) != State::half_open ||
      HeldBits::get(word) == 0)
    return {word, false};
  const Word released = HeldBits::replace(word, HeldBits::get(word) - 1);
  if (event.kind == EventKind::success) {
    const std::uint64_t good = GoodBits::get(word) + 1;
    if (good >= rules.close_after)
      return {begin(State::closed, word), true, Reason::probes_succeeded};
    return {GoodBits::replace(released, good), true};
  }
  if (event.kind == EventKind::failure) {
    const std::uint64_t bad = BadBits::get(word) + 1;
    if (bad < rules.reopen_after) return {BadBits::replace(released, bad), true};
    const std::uint64_t step =
        StepBits::get(word) < last_step ? StepBits::get(word) + 1 : last_step;
    return open_by_rule(word, step, event, now, rules, Reason::probes_failed);
  }
  return {released, true};
}

constexpr Step trip_by_hand(Word word, const Event& event, Ticks now, const Rules& rules) noexcept {
  if (state_of(word) != State::closed && state_of(word) != State::half_open) return {word, false};
  if (event.kind == EventKind::trip_for)
    return begin_open(word, step_by_hand, event.wait, now, Reason::tripped);
  return open_by_rule(word, 0, event, now, rules, Reason::tripped);
}

constexpr Step put_by_hand(Word word, State state, Reason reason) noexcept {
  if (state_of(word) == state && state != State::closed) return {word, true};
  return {begin(state, word), true, reason};
}

/// **Returns** what comes of `event` at `now` when the circuit's word is `word`. Pure: the core
/// puts the new word in place by compare-exchange, and asks again if the old one has changed. What
/// a verdict does to the policy of a closed circuit is not here but with the policy.
[[gnu::noinline]] constexpr Step next(Word word, const Event& event, Ticks now,
                                      const Rules& rules) noexcept {
  switch (event.kind) {
    case EventKind::arrive: return arrive(word, now, rules);
    case EventKind::success:
    case EventKind::failure:
    case EventKind::ignored: return settle_probe(word, event, now, rules);
    case EventKind::policy_trips:
      if (StayId::of(word) != event.id || state_of(word) != State::closed) return {word, false};
      return open_by_rule(word, 0, event, now, rules, Reason::policy);
    case EventKind::trip:
    case EventKind::trip_for: return trip_by_hand(word, event, now, rules);
    case EventKind::force_open: return put_by_hand(word, State::forced_open, Reason::forced_open);
    case EventKind::disable: return put_by_hand(word, State::disabled, Reason::disabled);
    case EventKind::reset: return put_by_hand(word, State::closed, Reason::reset);
  }
  return {word, false};
}

/// **Returns** the state that the next caller meets: an open circuit whose wait is over counts as
/// half-open.
constexpr State effective_state(Word word, Ticks now, const Rules& rules) noexcept {
  if (state_of(word) == State::open && is_wait_over(word, now, rules)) return State::half_open;
  return state_of(word);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
