// Commands: what is done to the state word by hand.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/config_error.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

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

/// A verdict that opens the circuit, whatever has been counted: for as long as it says, or, without a
/// wait, as the verdicts that usually open it.
constexpr Step trip_by_classifier(Word word, const Event& event, Ticks now, const Rules& rules,
                                  const Context& context) noexcept {
  const bool is_of_stay = state_of(word) == State::closed && StayId::of(word) == event.id;
  if (!is_of_stay && !is_of_recovery(word, event.id)) return {word, false};
  if (event.wait != 0) return begin_open(word, step_by_hand, event.wait, now, Reason::classifier);
  const std::uint64_t step = is_of_stay ? step_of_trip(word, now, rules, context) : event.id.step();
  return open_by_rule(word, step, now, rules, context, Reason::classifier);
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

/// Make what is stamped in the word fit new settings. No transition.
constexpr Step fit(Word word, const Event& event, Ticks now, Gate gate) noexcept {
  if (state_of(word) == State::half_open) return {granted(word, now, gate), true};
  if (state_of(word) != State::open || StayId::of(word).step() == step_by_hand) return {word, true};
  // More left than by any settings: over, see is_wait_over().
  const Milliseconds left = wait_until(DeadlineBits::get(word), now);
  const Milliseconds most = event.most > gate.longest_wait() ? event.most : gate.longest_wait();
  if (left <= event.wait || left > most) return {word, true};
  return retry_in(word, event.wait, now, gate);
}

constexpr Step restore(Word word, const Event& event, Ticks now) noexcept {
  if (event.id.state() == State::open)
    return begin_open(word, event.id.step(), event.wait, now, Reason::restored);
  return {begin(event.id.state(), word, event.id.step()), true, Reason::restored};
}

constexpr Step clear_evidence(Word word) noexcept {
  if (state_of(word) != State::closed) return {word, false};
  return {begin(State::closed, word, StayId::of(word).step()), true, Reason::reconfigured};
}

/// **Returns** the step that follows from what is done by hand, see next_of_call(). Apart, so that a program which
/// does nothing by hand is smaller.
[[gnu::noinline]] constexpr Step next_by_hand(Word word, const Event& event, Ticks now,
                                              const Rules& rules,
                                              const Context& context = {}) noexcept {
  switch (event.kind) {
    case EventKind::trip:
    case EventKind::trip_for: return trip_by_hand(word, event, now, rules, context);
    case EventKind::classifier_trips: return trip_by_classifier(word, event, now, rules, context);
    case EventKind::retry_in: return retry_in(word, event.wait, now, rules.gate());
    case EventKind::force_open: return put_by_hand(word, State::forced_open, Reason::forced_open);
    case EventKind::disable: return put_by_hand(word, State::disabled, Reason::disabled);
    case EventKind::reset: return put_by_hand(word, State::closed, Reason::reset);
    case EventKind::restore: return restore(word, event, now);
    case EventKind::fit: return fit(word, event, now, rules.gate());
    case EventKind::clear_evidence: return clear_evidence(word);
    default: return {word, false};
  }
}

/// **Returns** the step that follows from any event.
constexpr Step next(Word word, const Event& event, Ticks now, const Rules& rules,
                    const Context& context = {}) noexcept {
  return event.kind < EventKind::trip ? next_of_call(word, event, now, rules, context)
                                      : next_by_hand(word, event, now, rules, context);
}

/// **Returns** a circuit's state, to be kept. Half-open is open without a wait: the next call after
/// it is restored is a probe, and its backoff goes on where it was.
constexpr Saved saved_of(Word word, Ticks now, Gate gate) noexcept {
  const auto step = static_cast<int>(StayId::of(word).step());
  if (!is_state(state_of(word))) return {};
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
  const auto last = static_cast<int>(saved.state == State::open ? step_by_hand : last_step);
  require_setting(saved.step >= 0 && saved.step <= last, "Saved.step", saved.step,
                  "0 to 30, or 31 if open");
  const auto step = static_cast<std::uint64_t>(saved.step);
  const auto left = static_cast<Milliseconds>(saved.left.count());
  const bool fits = step == step_by_hand || left <= gate.longest_wait();
  return {EventKind::restore, StayId{}.next(saved.state, step), fits ? left : gate.longest_wait()};
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
