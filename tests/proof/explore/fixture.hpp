// What the scenarios share: a modelled clock, a circuit that watches itself, and the checks that hold after every
// execution of every scenario.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/explore/history.hpp"
#include "proof/explore/runtime.hpp"

namespace explore {

using namespace std::chrono_literals;
using namespace breaker::literals;
using breaker::State;
using breaker::Verdict;

/// A clock whose reading is a modelled load: it may be behind, but never behind a reading that happened before.
class Clock {
 public:
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;

  struct Time {
    breaker::detail::Atomic<breaker::Ticks> ticks{0};
    std::array<breaker::Ticks, max_threads> last_reading{};  // by thread
    History* history = nullptr;
  };

  explicit Clock(Time& time) : time_{&time} {}
  Clock(const Clock&) = default;

  [[nodiscard]] time_point now() const noexcept {
    const breaker::Ticks ticks = time_->ticks.load(std::memory_order_relaxed);
    time_->last_reading[runtime().thread_number()] = ticks;
    if (time_->history != nullptr) time_->history->note_reading(ticks);
    return time_point{duration{ticks}};
  }

  void advance(std::chrono::nanoseconds by) const {
    time_->ticks.fetch_add(by.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] breaker::Ticks last_reading() const {
    return time_->last_reading[runtime().thread_number()];
  }

 private:
  Time* time_;
};

/// Remembers transitions; can be told to throw, or to call back.
class Watcher {
 public:
  struct Memory {
    std::vector<breaker::Transition> transitions;
    std::function<void(const breaker::Transition&)> also;
    std::uint32_t errors = 0;  // thrown
  };
  explicit Watcher(Memory& memory) : memory_{&memory} {}
  void operator()(const breaker::Transition& transition) {
    memory_->transitions.push_back(transition);
    if (!memory_->also) return;
    try {
      memory_->also(transition);
    } catch (...) {
      ++memory_->errors;
      throw;
    }
  }

 private:
  Memory* memory_;
};

// ---- what the reference is told of each policy

inline constexpr breaker::Ticks slice = 1'000'000'000;       // of all time windows here
inline constexpr breaker::Ticks slower_than = 3600 * slice;  // of all rates of slow calls

template <class Policy>
model::Policy rule(const Policy* /*type*/, const breaker::Limit& limit) {
  return {.limit = limit};
}
template <template <class> class Rate, int N>
model::Policy rule(const Rate<breaker::LastCalls<N>>* /*type*/, const breaker::Limit& limit) {
  return {.limit = limit, .last_calls = N, .slower_than = slower_than};
}
template <template <class> class Rate, int Slices, int Stripes>
model::Policy rule(const Rate<breaker::Within<Slices, Stripes>>* /*type*/,
                   const breaker::Limit& limit) {
  return {.limit = limit, .slices = Slices, .slice = slice, .slower_than = slower_than};
}

template <class Policy>
model::Policy plain(const Policy& policy) {
  return rule(&policy, policy.limit(0));
}
inline model::Policy plain(const breaker::ConsecutiveFailures& policy) {
  return rule(&policy, policy.limit());
}
template <breaker::detail::Quorum quorum, class First, class Rest>
model::Policy plain(const breaker::detail::Combined<quorum, First, Rest>& policy) {
  const bool is_any = quorum == breaker::detail::Quorum::any;
  return {.kind = is_any ? model::Policy::Kind::any : model::Policy::Kind::all,
          .parts = {rule(static_cast<const First*>(nullptr), policy.limit(0)),
                    rule(static_cast<const Rest*>(nullptr), policy.limit(1))}};
}

/// A circuit under exploration. What is done to it through these functions is written down, and must be explained in the
/// end.
template <class Policy>
class Fixture {
 public:
  using Circuit = breaker::CircuitBreaker<Clock, Policy, breaker::DefaultClassifier, Watcher>;
  using Kind = Operation::Kind;

  struct Permit : Circuit::Permit {
    int number = -1;
  };

  Fixture(Run& run, breaker::Config config, Policy policy)
      : run_{run},
        config_{config},
        history_{config, plain(policy)},
        clock{time_},
        circuit{config, policy, clock, Watcher{memory}},
        last_calls_{plain(policy).last_calls},
        is_locked_{plain(policy).limit.rule == breaker::Rule::custom} {
    time_.history = &history_;
    run.invariant([this] { check_invariants(); });
    run.finally([this] { check_at_rest(); });
  }

  /// Take a permit; if it is a probe, check the cap.
  Permit acquire(bool may_probe = true) {
    const int number = history_.new_permit();
    const std::size_t entry =
        history_.begin({.kind = Kind::acquire, .permit = number, .may_probe = may_probe});
    Permit permit{may_probe ? circuit.try_acquire() : circuit.try_acquire(breaker::never_probe),
                  number};
    Operation& done = history_.end(entry);
    done.takes_effect = static_cast<bool>(permit);
    if (permit) {
      done.generation = permit.generation();
      note_grant(permit.generation());
    } else {
      done.rejection = permit.rejection();
      ++refused;
    }
    return permit;
  }

  /// Settle a permit, and note what became of it. `retry_after`: what a failure asks for.
  breaker::Settled settle(Permit& permit, Verdict verdict, breaker::Duration retry_after = {}) {
    if (!permit) return permit.settle(verdict);
    // The slot is free somewhere within settle(): the cap is checked by grants that no settling overlaps.
    ++settling_[permit.generation()];
    const std::size_t entry = history_.begin({.kind = Kind::settle,
                                              .permit = permit.number,
                                              .verdict = verdict,
                                              .wait = retry_after.ticks()});
    const breaker::Settled settled = permit.settle(verdict, retry_after);
    history_.end(entry).settled = settled;
    --settling_[permit.generation()];
    --live_[permit.generation()];
    results.push_back(settled);
    return settled;
  }

  // By hand.
  bool trip() {
    const std::size_t entry = history_.begin({.kind = Kind::trip});
    const bool tripped = circuit.trip();
    return history_.end(entry).takes_effect = tripped;
  }
  bool trip(breaker::Duration wait) {
    const std::size_t entry = history_.begin({.kind = Kind::trip_for, .wait = wait.ticks()});
    const bool tripped = circuit.trip(wait);
    return history_.end(entry).takes_effect = tripped;
  }
  bool retry_in(breaker::Duration left) {
    const std::size_t entry = history_.begin({.kind = Kind::retry_in, .wait = left.ticks()});
    const bool is_open = circuit.retry_in(left);
    return history_.end(entry).takes_effect = is_open;
  }
  void restore(const breaker::Saved& saved) {
    const std::size_t entry = history_.begin({.kind = Kind::restore, .saved = saved});
    circuit.restore(saved);
    history_.end(entry);
  }
  void trip_now() { trip(); }  // as the others: what it answers is checked in the end
  void force_open() { by_hand(Kind::force_open, &Circuit::force_open); }
  void disable() { by_hand(Kind::disable, &Circuit::disable); }
  void reset() { by_hand(Kind::reset, &Circuit::reset); }

  breaker::Settled call(Verdict verdict) {
    Permit permit = acquire();
    return settle(permit, verdict);
  }

  void check(bool holds, std::string_view claim) { run_.check(holds, claim); }

  Run& run_;
  breaker::Config config_;
  History history_;
  Clock::Time time_;
  Clock clock;
  Watcher::Memory memory;
  Circuit circuit;
  std::vector<breaker::Settled> results;
  std::uint64_t refused = 0;
  bool clock_goes_back = false;  // then events may be dated before their predecessors
  std::vector<std::pair<breaker::Generation, breaker::Ticks>>
      grants;  // of probes, with the reading they were made at

 private:
  void by_hand(Kind kind, void (Circuit::*command)() noexcept) {
    const std::size_t entry = history_.begin({.kind = kind});
    (circuit.*command)();
    history_.end(entry);
  }

  void note_grant(breaker::Generation generation) {
    grants.emplace_back(generation, clock.last_reading());
    ++live_[generation];
    if (states_[generation] == State::half_open) {
      check(live_[generation] - settling_[generation] <= config_.probes,
            "more probes than allowed are unsettled");
    }
  }

  /// After each store.
  void check_invariants() {
    const breaker::detail::Word now =
        breaker::detail::Peek::at(circuit).machine.word.load(breaker::detail::relaxed);
    if (breaker::detail::state_of(now) == State::closed && !is_locked_) check_evidence(now);
    if (now != last_word_) check_word(std::exchange(last_word_, now), now);
  }

  /// The policy holds no more than there was, and a window no more than it has room for.
  void check_evidence(breaker::detail::Word now) {
    const breaker::Evidence seen = breaker::detail::Peek::at(circuit).evidence_of(
        now, time_.ticks.load(breaker::detail::relaxed));
    const std::uint32_t marked = std::max(seen.failures, seen.slow);
    check(std::max(seen.calls, marked) <= static_cast<std::uint32_t>(history_.permits()),
          "more calls are counted than there were");
    if (last_calls_ == 0) return;
    check(marked <= seen.calls, "more calls are marked than are in the window");
    check(seen.calls <= static_cast<std::uint32_t>(last_calls_), "more than the last N are in it");
  }

  /// The word is one that a circuit may have, and follows from the one before.
  void check_word(breaker::detail::Word before, breaker::detail::Word now) {
    namespace d = breaker::detail;
    const State state = d::state_of(now);
    const breaker::StayId stay = breaker::StayId::of(now);
    const breaker::StayId earlier = breaker::StayId::of(before);
    states_[stay.generation()] = state;
    check(state <= State::disabled, "the word is in no state");
    check(stay == earlier || stay.stays_since(earlier) == 1,
          "the word left its stay, and not for the next generation");
    if (state != State::half_open) return;
    const d::Rules rules{config_};
    const std::uint64_t good = d::GoodBits::get(now);
    check(d::HeldBits::get(now) <= rules.gate().slots(good), "more slots are held than there are");
    check(good < rules.close_after(), "enough probes were good, and it is not closed");
    check(d::BadBits::get(now) < rules.reopen_after(),
          "enough probes were bad, and it is not open");
    if (stay == earlier || earlier.state() != State::half_open) return;
    check(good == d::GoodBits::get(before) && d::BadBits::get(now) == d::BadBits::get(before),
          "a renewal forgot what probes said");
  }

  void check_at_rest() {
    auto events = memory.transitions;
    std::sort(events.begin(), events.end(),
              [](const auto& a, const auto& b) { return a.generation < b.generation; });
    State state = State::closed;
    breaker::Generation generation = 0;
    std::chrono::nanoseconds at{0};
    for (const auto& event : events) {
      check(event.generation == generation + 1, "events are numbered without gaps, each told once");
      check(event.from == state, "an event begins where its predecessor ended");
      check(event.at >= at || clock_goes_back, "an event is dated before its predecessor");
      at = event.at;
      state = event.to;
      generation = event.generation;
    }
    const std::size_t entry = history_.begin({.kind = Kind::look});
    const auto seen = circuit.snapshot();
    Operation& look = history_.end(entry);
    look.state = seen.state;
    look.generation = seen.generation;
    look.evidence = seen.evidence;
    check(seen.generation == generation && seen.transitions == events.size(),
          "the word agrees with the events");
    check(seen.stale == std::count(results.begin(), results.end(), breaker::Settled::stale),
          "every stale verdict is counted, and told to who gave it");
    check(seen.refused == refused || config_.mode == breaker::Mode::shadow,
          "every refusal is counted, and told to who was refused");
    check(seen.listener_errors == memory.errors, "every error of a listener is counted");
    check(events.empty() || circuit.why() == last_cause(events), "why() tells the last transition");
    const std::string unexplained = history_.explain(events);
    check(unexplained.empty(), unexplained);
    check_no_wedge();
  }

  /// **Returns** the last transition, or what began the recovery that it went on with.
  static breaker::Transition last_cause(const std::vector<breaker::Transition>& events) {
    auto cause = std::find_if(events.rbegin(), events.rend(), [](const auto& event) {
      return event.reason != breaker::Reason::probe_lost;
    });
    breaker::Transition last = *cause;
    last.generation = events.back().generation;
    return last;
  }

  /// After all permits have ended and time has passed, one more call is admitted.
  void check_no_wedge() {
    if (circuit.state() == State::forced_open) return;
    clock.advance(1h);
    history_.new_permit();  // there is one call more, which needs no explanation
    auto permit = circuit.try_acquire();
    check(static_cast<bool>(permit), "wedged: no call is admitted although time has passed");
    permit.settle(Verdict::success);
  }

  std::map<breaker::Generation, int> live_;
  std::map<breaker::Generation, int> settling_;
  std::map<breaker::Generation, State> states_;
  const int last_calls_;  // of the window; 0: of another kind
  const bool is_locked_;  // a policy of the user's can't be looked into from outside
  breaker::detail::Word last_word_ = 0;
};

template <class Policy>
Fixture(Run&, breaker::Config, Policy) -> Fixture<Policy>;

template <class Policy>
Fixture<Policy>& make(Run& run, const breaker::Config& config, const Policy& policy) {
  return run.make<Fixture<Policy>>(run, config, policy);
}

// ---- circuits that one failure opens, and where they begin

using Permit = Fixture<breaker::ConsecutiveFailures>::Permit;

/// **Returns** a circuit that is open, and due.
inline Fixture<breaker::ConsecutiveFailures>& make_due(Run& run, const breaker::Config& config) {
  auto& f = make(run, config, breaker::ConsecutiveFailures{1});
  f.trip();
  f.clock.advance(30s);
  return f;
}

/// **Returns** a half-open circuit with one probe out, whose permit is put into `probe`.
inline Fixture<breaker::ConsecutiveFailures>& make_half_open(Run& run,
                                                             const breaker::Config& config,
                                                             Permit& probe) {
  auto& f = make_due(run, config);
  probe = f.acquire();
  return f;
}

}  // namespace explore
