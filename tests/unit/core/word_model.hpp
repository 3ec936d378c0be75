// The rules of the state word, said a second time: on a plain struct, in plain words, with
// std::chrono's rounding.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "breaker/config.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace word_model {

using breaker::Reason;
using breaker::State;
using breaker::StayId;
using breaker::Ticks;
using breaker::detail::Context;
using breaker::detail::Event;
using breaker::detail::EventKind;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t power(int exponent) { return std::uint64_t{1} << exponent; }

/// What a word says, each fact on its own.
struct Facts {
  State state = State::closed;
  std::uint64_t generation = 0;  // modulo 2^21
  std::uint64_t step = 0;        // open: its own, 31 by hand; elsewhere: of the next opening
  std::uint64_t policy = 0;      // closed
  std::uint64_t deadline = 0;    // open: in ms, modulo 2^35
  std::uint64_t granted = 0;     // half-open, and so the rest: in units of the lease, modulo 2^11
  std::uint64_t renewals = 0;
  std::uint64_t held = 0;
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
};

/// **Returns** the part of a word that says which stay it is, by the layout of the design.
constexpr std::uint64_t id_of(const Facts& facts) {
  return static_cast<std::uint64_t>(facts.state) + facts.generation * power(3) +
         facts.step * power(24);
}

constexpr std::uint64_t encode(const Facts& facts) {
  switch (facts.state) {
    case State::closed: return id_of(facts) + facts.policy * power(40);
    case State::open: return id_of(facts) + facts.deadline * power(29);
    case State::half_open:
      return id_of(facts) + facts.granted * power(29) + facts.renewals * power(40) +
             facts.held * power(46) + facts.good * power(52) + facts.bad * power(58);
    default: return id_of(facts);
  }
}

/// **Returns** the facts of the stay in which a permit was given.
constexpr Facts facts_of(StayId id) {
  const std::uint64_t word = id.clean_word();
  return {.state = static_cast<State>(word % power(3)),
          .generation = word / power(3) % power(21),
          .step = word / power(24) % power(5)};
}

struct Answer {
  Facts facts;
  bool takes_effect;
  Reason reason = Reason::none;
  milliseconds shortest_wait{};  // → open: jitter may draw from here …
  milliseconds longest_wait{};   // … to here
};

inline milliseconds up(Ticks time) { return std::chrono::ceil<milliseconds>(nanoseconds{time}); }
inline milliseconds down(Ticks time) { return std::chrono::floor<milliseconds>(nanoseconds{time}); }

/// The number, modulo 2^35, of a millisecond. They are counted from the earliest time of a clock.
inline std::uint64_t number_of(milliseconds time) {
  return (static_cast<std::uint64_t>(time.count()) + power(63) / 1'000'000) % power(35);
}

/// **Returns** how far the millisecond `number` lies ahead of `here`.
inline milliseconds ahead(std::uint64_t number, milliseconds here) {
  return milliseconds{(number + power(35) - number_of(here)) % power(35)};
}

/// When a wait that begins at `now` is over: that long after the first whole millisecond that is not
/// too early; no wait is over at once.
inline std::uint64_t deadline(Ticks now, milliseconds wait) {
  return number_of(wait == milliseconds{0} ? down(now) : up(now) + wait);
}

/// A circuit's rules over `config`.
class Model {
 public:
  explicit Model(const breaker::Config& config) : config_{config} {}

  /// The outcome of `event` at `now`. → open: where the wait is drawn, the deadline is left to what
  /// was drawn.
  [[nodiscard]] Answer answer(const Facts& facts, const Event& event, Ticks now,
                              const Context& context) const {
    const bool trips = facts.state == State::closed || facts.state == State::half_open;
    const milliseconds wait{event.wait};
    switch (event.kind) {
      case EventKind::arrive: return arrive(facts, now);
      case EventKind::arrive_no_probe:
        return {facts, facts.state == State::closed || facts.state == State::disabled};
      case EventKind::success:
      case EventKind::failure:
      case EventKind::ignored: return verdict(facts, event, now, context);
      case EventKind::policy_trips:
        if (facts.state != State::closed || event.id.clean_word() != id_of(facts) ||
            event.counted != facts.policy)
          return {facts, false};
        return opened(facts, step_of_trip(facts, now, context), now, context, Reason::policy);
      case EventKind::classifier_trips: {
        const bool is_of_stay =
            facts.state == State::closed && event.id.clean_word() == id_of(facts);
        if (!is_of_stay && !leases_late(facts, event)) return {facts, false};
        if (wait > milliseconds{0}) return asked_by_hand(facts, wait, Reason::classifier);
        const std::uint64_t step = is_of_stay ? step_of_trip(facts, now, context) : facts.step;
        return opened(facts, step, now, context, Reason::classifier);
      }
      case EventKind::trip:
        return trips ? opened(facts, 0, now, context, Reason::tripped) : Answer{facts, false};
      case EventKind::trip_for:
        if (facts.state == State::open && wait > rest_of_wait(facts, now))
          return asked_by_hand(facts, wait);
        return trips ? asked_by_hand(facts, wait) : Answer{facts, false};
      case EventKind::retry_in: return retry_in(facts, wait, now);
      case EventKind::force_open:
        if (facts.state == State::forced_open) return {facts, true};
        return {moved(facts, State::forced_open, 0), true, Reason::forced_open};
      case EventKind::disable:
        if (facts.state == State::disabled) return {facts, true};
        return {moved(facts, State::disabled, 0), true, Reason::disabled};
      case EventKind::reset: return {moved(facts, State::closed, 0), true, Reason::reset};
      case EventKind::restore: {
        const Facts saved = facts_of(event.id);
        const milliseconds left = saved.state == State::open ? wait : milliseconds{0};
        return {moved(facts, saved.state, saved.step), true, Reason::restored, left, left};
      }
      case EventKind::fit: return fit(facts, wait, milliseconds{event.most}, now);
      case EventKind::clear_evidence:
        if (facts.state != State::closed) return {facts, false};
        return {moved(facts, State::closed, facts.step), true, Reason::reconfigured};
    }
    return {facts, false};
  }

  /// How long an open circuit will refuse calls; 0 when the wait is over.
  [[nodiscard]] nanoseconds rest_of_wait(const Facts& facts, Ticks now) const {
    const milliseconds left = ahead(facts.deadline, down(now));
    const milliseconds longest = facts.step == 31 ? milliseconds{power(34)} : longest_wait();
    if (left == milliseconds{0} || left > longest + milliseconds{1}) return nanoseconds{0};
    return down(now) + left - nanoseconds{now};
  }

  /// How many probes may hold a slot.
  [[nodiscard]] std::uint64_t slots(const Facts& facts) const {
    return config_.slow_start ? std::min(probes(), facts.good + 1) : probes();
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
  [[nodiscard]] milliseconds longest_wait() const { return std::max(max_wait(), longest_asked()); }
  [[nodiscard]] milliseconds longest_asked() const { return up(config_.retry_after_max.ticks()); }

  /// The configured wait of an opening: the first one, as often times the factor as `step` says.
  [[nodiscard]] milliseconds wait(std::uint64_t step) const {
    milliseconds wait = up(backoff().first.ticks());
    for (std::uint64_t i = 0; i < step; ++i) {
      const auto hundredths = wait.count() * backoff().factor.hundredths();  // at most 2^34 · 10^4
      wait = std::min(milliseconds{hundredths / 100 + (hundredths % 100 != 0 ? 1 : 0)}, max_wait());
    }
    return wait;
  }

  /// A lease is counted in the largest power of two of nanoseconds that is no more than a 32nd of it …
  [[nodiscard]] std::uint64_t lease_units() const {
    return static_cast<std::uint64_t>(first_lease() / lease_unit());
  }
  /// … and each renewal doubles it, while it is no longer than the longest open wait.
  [[nodiscard]] std::uint64_t doublings() const {
    std::uint64_t times = 0;
    for (Ticks lease = first_lease() * 2; lease <= backoff().max.ticks(); lease *= 2) ++times;
    return times;
  }
  [[nodiscard]] Ticks first_lease() const {
    return config_.probe_lease.is_given() ? config_.probe_lease.ticks() : backoff().first.ticks();
  }

  /// The number, modulo 2^11, of the unit that `now` lies in, after these renewals.
  [[nodiscard]] std::uint64_t stamp(Ticks now, std::uint64_t renewals) const {
    Ticks unit = lease_unit();
    for (std::uint64_t i = 0; i < std::min(renewals, doublings()); ++i) unit *= 2;
    Ticks number = now / unit;
    if (number * unit > now) --number;
    return static_cast<std::uint64_t>(number) % power(11);
  }

  [[nodiscard]] bool is_lease_over(const Facts& facts, Ticks now) const {
    const std::uint64_t idle = (stamp(now, facts.renewals) + power(11) - facts.granted) % power(11);
    return idle >= lease_units();
  }

 private:
  [[nodiscard]] const breaker::Backoff& backoff() const { return config_.open_for.backoff(); }
  [[nodiscard]] milliseconds max_wait() const { return up(backoff().max.ticks()); }
  [[nodiscard]] Ticks lease_unit() const {
    Ticks unit = 1;
    while (unit * 2 * 32 <= first_lease()) unit *= 2;
    return unit;
  }

  static Facts moved(const Facts& facts, State state, std::uint64_t step) {
    return {.state = state, .generation = (facts.generation + 1) % power(21), .step = step};
  }

  [[nodiscard]] Answer arrive(const Facts& facts, Ticks now) const {
    switch (facts.state) {
      case State::closed:
      case State::disabled: return {facts, true};
      case State::open: {
        if (rest_of_wait(facts, now) > nanoseconds{0}) return {facts, false};
        const std::uint64_t next =
            facts.step == 31 ? 0 : std::min<std::uint64_t>(facts.step + 1, 30);
        return {first_probe(moved(facts, State::half_open, next), now), true, Reason::wait_over};
      }
      case State::half_open: break;
      default: return {facts, false};
    }
    if (facts.held < slots(facts)) {
      Facts more = facts;
      more.held += 1;
      more.granted = stamp(now, facts.renewals);
      return {more, true};
    }
    if (!is_lease_over(facts, now)) return {facts, false};
    Facts renewed = moved(facts, State::half_open, facts.step);
    renewed.good = facts.good;
    renewed.bad = facts.bad;
    renewed.renewals = std::min<std::uint64_t>(facts.renewals + 1, 63);
    return {first_probe(renewed, now), true, Reason::probe_lost};
  }

  [[nodiscard]] Facts first_probe(Facts half_open, Ticks now) const {
    half_open.held = 1;
    half_open.granted = stamp(now, half_open.renewals);
    return half_open;
  }

  /// A verdict counts if its permit is of this recovery: of the current lease, or of one before. **Returns**
  /// by how many it is late, if so.
  [[nodiscard]] static std::optional<std::uint64_t> leases_late(const Facts& facts,
                                                                const Event& event) {
    const Facts permit = facts_of(event.id);
    if (facts.state != State::half_open || permit.state != State::half_open) return {};
    const std::uint64_t late = (facts.generation + power(21) - permit.generation) % power(21);
    if (late > facts.renewals) return {};
    return late;
  }

  [[nodiscard]] Answer verdict(const Facts& facts, const Event& event, Ticks now,
                               const Context& context) const {
    const auto late = leases_late(facts, event);
    if (!late) return {facts, false};
    Facts rest = facts;
    if (*late == 0 && facts.held > 0) rest.held -= 1;
    if (event.kind == EventKind::success) {
      if (++rest.good >= close_after())
        return {moved(facts, State::closed, facts.step), true, Reason::probes_succeeded};
    } else if (event.kind == EventKind::failure) {
      if (++rest.bad >= reopen_after())
        return opened(facts, facts.step, now, context, Reason::probes_failed);
    }
    return {rest, true};
  }

  /// A circuit that was closed for as long as its last wait has earned its first wait back.
  [[nodiscard]] std::uint64_t step_of_trip(const Facts& facts, Ticks now,
                                           const Context& context) const {
    if (facts.step == 0) return 0;
    const bool has_just_begun = context.closed_at == std::numeric_limits<Ticks>::max();
    if (has_just_begun) return facts.step;
    return nanoseconds{now - context.closed_at} >= wait(facts.step - 1) ? 0 : facts.step;
  }

  /// Open for the configured wait, or the longer one that the answers asked for.
  [[nodiscard]] Answer opened(const Facts& facts, std::uint64_t step, Ticks now,
                              const Context& context, Reason reason) const {
    const milliseconds longest = wait(step);
    const auto thousandths =
        std::int64_t{1000} * backoff().jitter.part() / backoff().jitter.whole();
    const milliseconds shortest = longest - longest * thousandths / 1000;
    milliseconds asked{0};
    if (context.asked_until != 0) asked = ahead(context.asked_until, up(now));
    if (asked > longest_asked()) asked = milliseconds{0};
    return {moved(facts, State::open, step), true, reason,
            std::max({shortest, asked, milliseconds{1}}), std::max(longest, asked)};
  }

  static Answer asked_by_hand(const Facts& facts, milliseconds wait,
                              Reason reason = Reason::tripped) {
    return {moved(facts, State::open, 31), true, reason, wait, wait};
  }

  [[nodiscard]] Answer retry_in(const Facts& facts, milliseconds wait, Ticks now) const {
    if (facts.state != State::open) return {facts, false};
    Facts same = facts;
    same.deadline = deadline(now, std::min(wait, longest_wait()));
    return {same, true};
  }

  /// New settings: no more than `longest` is left of a wait, but one by hand stays, and more than `most` or
  /// than any wait is none; a lease begins now.
  [[nodiscard]] Answer fit(const Facts& facts, milliseconds longest, milliseconds most,
                           Ticks now) const {
    Facts same = facts;
    if (facts.state == State::half_open) same.granted = stamp(now, facts.renewals);
    const auto left = ahead(facts.deadline, up(now));
    if (facts.state == State::open && facts.step != 31 && left > longest &&
        left <= std::max(most, longest_wait()))
      return retry_in(facts, longest, now);
    return {same, true};
  }

  breaker::Config config_;
};

inline std::string to_text(const Facts& facts) {
  const auto number = [](const char* name, std::uint64_t value) {
    return std::string{" "} + name + " " + std::to_string(value);
  };
  return to_string(facts.state) + number("generation", facts.generation) +
         number("step", facts.step) + number("policy", facts.policy) +
         number("deadline", facts.deadline) + number("granted", facts.granted) +
         number("renewals", facts.renewals) + number("held", facts.held) +
         number("good", facts.good) + number("bad", facts.bad);
}

}  // namespace word_model
