// The rules of the state word, said a second time: on a plain struct, in plain words, with
// std::chrono's rounding.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "breaker/config.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace word_model {

using breaker::Reason;
using breaker::State;
using breaker::Ticks;
using breaker::detail::Event;
using breaker::detail::EventKind;
using std::chrono::nanoseconds;

/// What a word says, each fact on its own.
struct Facts {
  State state = State::closed;
  std::uint64_t generation = 0;  // modulo 2^21
  std::uint64_t policy = 0;      // closed
  std::uint64_t step = 0;        // open, half-open; 31: opened by hand for a time of its own
  std::uint64_t deadline = 0;    // open: in ms, modulo 2^35
  std::uint64_t held = 0;        // half-open, and so the rest
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
  std::uint64_t granted = 0;  // in units of the lease, modulo 2^14
};

constexpr std::uint64_t power(int exponent) { return std::uint64_t{1} << exponent; }

constexpr std::uint64_t id_of(const Facts& facts) {
  return static_cast<std::uint64_t>(facts.state) + (facts.generation << 3);
}

/// **Returns** the word by the layout of the design.
constexpr std::uint64_t encode(const Facts& facts) {
  std::uint64_t word = id_of(facts);
  if (facts.state == State::closed) word += facts.policy << 24;
  if (facts.state == State::open) word += (facts.step << 24) + (facts.deadline << 29);
  if (facts.state == State::half_open) {
    word += (facts.step << 24) + (facts.held << 29) + (facts.good << 36) + (facts.bad << 43) +
            (facts.granted << 50);
  }
  return word;
}

struct Answer {
  Facts facts;
  bool takes_effect;
  Reason reason = Reason::none;
  Ticks shortest_wait = 0;  // → open: jitter may draw from here … refused while open: the rest
  Ticks longest_wait = 0;   // … to here
};

/// A circuit's rules over `config`.
class Model {
 public:
  explicit Model(const breaker::Config& config) : config_{config} {}

  /// What comes of `event` at `now`. → open: the deadline is left to the wait that was drawn, see
  /// deadline().
  [[nodiscard]] Answer answer(const Facts& facts, const Event& event, Ticks now) const {
    switch (event.kind) {
      case EventKind::arrive: return arrive(facts, now);
      case EventKind::success:
      case EventKind::failure:
      case EventKind::ignored: return verdict(facts, event);
      case EventKind::policy_trips:
        if (facts.state != State::closed || event.id.clean_word() != id_of(facts))
          return {facts, false};
        return opened(facts, 0, event.wait, Reason::policy);
      case EventKind::trip:
        if (facts.state != State::closed && facts.state != State::half_open) return {facts, false};
        return opened(facts, 0, event.wait, Reason::tripped);
      case EventKind::trip_for: {
        if (facts.state != State::closed && facts.state != State::half_open) return {facts, false};
        Facts open = moved(facts, State::open);
        open.step = 31;
        return {open, true, Reason::tripped, event.wait, event.wait};
      }
      case EventKind::force_open:
        if (facts.state == State::forced_open) return {facts, true};
        return {moved(facts, State::forced_open), true, Reason::forced_open};
      case EventKind::disable:
        if (facts.state == State::disabled) return {facts, true};
        return {moved(facts, State::disabled), true, Reason::disabled};
      case EventKind::reset: return {moved(facts, State::closed), true, Reason::reset};
    }
    return {facts, false};
  }

  /// When a wait that begins at `now` is over: the first whole millisecond that is not too early.
  /// They are numbered
  /// from the earliest time of a clock.
  static std::uint64_t deadline(Ticks now, Ticks wait) {
    const auto end = std::chrono::ceil<std::chrono::milliseconds>(nanoseconds{now + wait});
    return (static_cast<std::uint64_t>(end.count()) + earliest) % power(35);
  }

  [[nodiscard]] std::uint64_t probes() const { return static_cast<std::uint64_t>(config_.probes); }
  [[nodiscard]] std::uint64_t close_after() const {
    return config_.close_after == breaker::Config::as_probes
               ? probes()
               : static_cast<std::uint64_t>(config_.close_after);
  }
  [[nodiscard]] std::uint64_t reopen_after() const {
    return static_cast<std::uint64_t>(config_.reopen_after);
  }
  [[nodiscard]] std::uint64_t longest_wait_in_ms() const {
    const Ticks longest = std::max(backoff().max.ticks(), config_.retry_after_max.ticks());
    return static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(nanoseconds{longest}).count());
  }

  /// A lease is counted in the largest power of two of nanoseconds that is no more than a 128th of
  /// it.
  [[nodiscard]] Ticks lease_unit() const {
    Ticks unit = 1;
    while (unit * 2 * 128 <= lease()) unit *= 2;
    return unit;
  }
  [[nodiscard]] std::uint64_t lease_units() const {
    return static_cast<std::uint64_t>(lease() / lease_unit());
  }

  /// The number, modulo 2^14, of the unit that `now` lies in.
  [[nodiscard]] std::uint64_t stamp(Ticks now) const {
    Ticks number = now / lease_unit();
    if (number * lease_unit() > now) --number;
    return static_cast<std::uint64_t>(number) % power(14);
  }

 private:
  static constexpr std::uint64_t earliest = power(63) / 1'000'000;

  [[nodiscard]] Ticks lease() const {
    return config_.probe_lease.is_given() ? config_.probe_lease.ticks() : backoff().first.ticks();
  }
  [[nodiscard]] const breaker::Backoff& backoff() const { return config_.open_for.backoff(); }

  static Facts moved(const Facts& facts, State state) {
    return {.state = state, .generation = (facts.generation + 1) % power(21)};
  }

  /// How long an open circuit will refuse calls; 0 when the wait is over.
  [[nodiscard]] Ticks rest_of_wait(const Facts& facts, Ticks now) const {
    const auto here = std::chrono::floor<std::chrono::milliseconds>(nanoseconds{now});
    const std::uint64_t number = static_cast<std::uint64_t>(here.count()) + earliest;
    const std::uint64_t left = (facts.deadline + power(35) - number % power(35)) % power(35);
    const std::uint64_t longest = facts.step == 31 ? power(34) : longest_wait_in_ms();
    if (left > longest + 1) return 0;
    const nanoseconds end = here + std::chrono::milliseconds{left};
    return left == 0 ? 0 : (end - nanoseconds{now}).count();
  }

  [[nodiscard]] Answer probing(const Facts& facts, Ticks now, Reason reason) const {
    Facts half_open = moved(facts, State::half_open);
    half_open.step = facts.step == 31 ? 0 : facts.step;
    half_open.held = 1;
    half_open.granted = stamp(now);
    return {half_open, true, reason};
  }

  [[nodiscard]] Answer arrive(const Facts& facts, Ticks now) const {
    switch (facts.state) {
      case State::closed:
      case State::disabled: return {facts, true};
      case State::forced_open: return {facts, false};
      case State::open: {
        const Ticks rest = rest_of_wait(facts, now);
        if (rest > 0) return {facts, false, Reason::none, rest, rest};
        return probing(facts, now, Reason::wait_over);
      }
      case State::half_open: break;
    }
    if (facts.held < probes()) {
      Facts granted = facts;
      granted.held += 1;
      granted.granted = stamp(now);
      return {granted, true};
    }
    const std::uint64_t idle = (stamp(now) + power(14) - facts.granted) % power(14);
    return idle >= lease_units() ? probing(facts, now, Reason::probe_lost) : Answer{facts, false};
  }

  [[nodiscard]] Answer verdict(const Facts& facts, const Event& event) const {
    if (facts.state != State::half_open || event.id.clean_word() != id_of(facts) || facts.held == 0)
      return {facts, false};
    Facts rest = facts;
    rest.held -= 1;
    if (event.kind == EventKind::success) {
      if (++rest.good >= close_after())
        return {moved(facts, State::closed), true, Reason::probes_succeeded};
    } else if (event.kind == EventKind::failure) {
      if (++rest.bad >= reopen_after())
        return opened(facts, std::min<std::uint64_t>(facts.step + 1, 30), event.wait,
                      Reason::probes_failed);
    }
    return {rest, true};
  }

  [[nodiscard]] Answer opened(const Facts& facts, std::uint64_t step, Ticks asked,
                              Reason reason) const {
    Ticks wait = backoff().first.ticks();
    for (std::uint64_t i = 0; i < step; ++i) {
      wait = std::min(wait * backoff().factor, backoff().max.ticks());  // at most 100 · 2^34 ms
    }
    const long double jitter = static_cast<long double>(backoff().jitter.part()) /
                               static_cast<long double>(backoff().jitter.whole());
    const auto shortest = static_cast<Ticks>(static_cast<long double>(wait) * (1 - jitter));
    const Ticks at_least = std::min(asked, config_.retry_after_max.ticks());
    Facts open = moved(facts, State::open);
    open.step = step;
    return {open, true, reason, std::max({shortest, at_least, Ticks{1}}), std::max(wait, at_least)};
  }

  breaker::Config config_;
};

inline std::string to_text(const Facts& facts) {
  const auto number = [](const char* name, std::uint64_t value) {
    return std::string{" "} + name + " " + std::to_string(value);
  };
  return to_string(facts.state) + number("generation", facts.generation) +
         number("policy", facts.policy) + number("step", facts.step) +
         number("deadline", facts.deadline) + number("held", facts.held) +
         number("good", facts.good) + number("bad", facts.bad) + number("granted", facts.granted);
}

}  // namespace word_model
