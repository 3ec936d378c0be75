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
#include "breaker/core/peek.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/text/rule.hpp"
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

/// **Returns** what a rule is called, for the reference.
inline model::Rule rule_named(std::string_view name) {
  if (name == "consecutive_failures") return model::Rule::row;
  if (name == "failure_count") return model::Rule::failure_count;
  if (name == "failure_rate") return model::Rule::failure_rate;
  if (name == "slow_call_rate") return model::Rule::slow_rate;
  return model::Rule::surplus;  // a policy of the user's
}

template <class Policy>
void add_window(model::Policy& /*plain*/, const Policy* /*type*/) {}
template <template <class> class Windowed, int N, int Stripes>
void add_window(model::Policy& plain, const Windowed<breaker::LastCalls<N, Stripes>>* /*type*/) {
  plain.last_calls = N;
}
template <template <class> class Windowed, int Slices, int Stripes>
void add_window(model::Policy& plain, const Windowed<breaker::Within<Slices, Stripes>>* /*type*/) {
  plain.slices = Slices;
  plain.span = slice * Slices;
}

template <class Policy>
model::Policy plain(const Policy& policy) {
  const breaker::Words& words = breaker::detail::words_of(policy, 0);
  model::Policy plain{.rule = rule_named(words.rule),
                      .limits = breaker::detail::limits_of(policy, 0),
                      .words = &words};
  if (plain.rule == model::Rule::slow_rate) plain.slower_than = slower_than;
  add_window(plain, &policy);
  return plain;
}
template <breaker::detail::Quorum quorum, class First, class Rest>
model::Policy plain(const breaker::detail::Combined<quorum, First, Rest>& policy) {
  const bool is_any = quorum == breaker::detail::Quorum::any;
  return {.kind = is_any ? model::Policy::Kind::any : model::Policy::Kind::all,
          .parts = {plain(policy.first), plain(policy.rest)}};
}
template <int Cap>
model::Policy plain(const breaker::AnyRule<Cap>& policy) {
  const breaker::TripRules rules = policy.rule();
  const bool is_any = rules.trip == breaker::TripRules::Trip::on_any;
  model::Policy all{.kind = is_any ? model::Policy::Kind::any : model::Policy::Kind::all};
  for (int i = 0; i < rules.count; ++i) {
    const breaker::Words& words = breaker::detail::words_of(policy, i);
    all.parts.push_back({.rule = rule_named(words.rule),
                         .limits = breaker::detail::limits_of(policy, i),
                         .words = &words,
                         .last_calls = static_cast<int>(rules.rule[i].last_calls),
                         .slices = static_cast<int>(rules.rule[i].slices),
                         .span = rules.rule[i].within});
  }
  return rules.count == 1 ? all.parts.front() : all;
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
        history_{config, plain(policy), !breaker::detail::CountsInWord<Policy>},
        clock{time_},
        circuit{config, policy, clock, Watcher{memory}},
        is_locked_{plain(policy).rule == model::Rule::surplus} {
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
    return settle(permit, breaker::Judgement{verdict, retry_after});
  }
  /// The same; the judgement may be that the circuit opens.
  breaker::Settled settle(Permit& permit, const breaker::Judgement& judgement) {
    if (!permit) return permit.settle(judgement);
    // The slot is free somewhere within settle(): the cap is checked by grants that no settling overlaps.
    ++settling_[permit.generation()];
    const std::size_t entry = history_.begin({.kind = Kind::settle,
                                              .permit = permit.number,
                                              .verdict = judgement.verdict,
                                              .wait = judgement.retry_after.ticks(),
                                              .trips = judgement.trips});
    const breaker::Settled settled = permit.settle(judgement);
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
  /// `span`: of the policy's time window, if it is another.
  breaker::Reconfigured reconfigure(const breaker::Config& config, const Policy& policy,
                                    breaker::Ticks span = 0) {
    model::Policy its = plain(policy);
    if (span != 0) its.span = span;
    // Until it is done, either may be in force; a probe that holds a slot keeps it.
    config_.probes = std::max(config_.probes, config.probes);
    config_.close_after = std::max(close_after(config_), close_after(config));
    config_.reopen_after = std::max(config_.reopen_after, config.reopen_after);
    is_reconfigured_ = true;
    const std::size_t entry = history_.begin(
        {.kind = Kind::reconfigure, .settings = history_.keep(config, std::move(its))});
    const breaker::Reconfigured kept = circuit.reconfigure(config, policy);
    return history_.end(entry).kept = kept;
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
  breaker::Config config_;  // of new settings the largest numbers
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
  static int close_after(const breaker::Config& config) {
    return config.close_after == breaker::Config::as_probes ? config.probes : config.close_after;
  }

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
    for (int part = 0; part < history_.policy().part_count(); ++part) {
      const breaker::Numbers seen =
          breaker::detail::Peek::at(circuit)
              .standing(now, time_.ticks.load(breaker::detail::relaxed), part)
              .numbers;
      const auto [marked, calls, unused] = seen.at;
      check(std::max(calls, marked) <= static_cast<std::uint32_t>(history_.permits()),
            "more calls are counted than there were");
      const auto last = static_cast<std::uint32_t>(history_.policy().part(part).last_calls);
      if (last == 0) continue;
      check(marked <= calls, "more calls are marked than are in the window");
      check(calls <= last, "more than the last N are in it");
    }
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
    check(d::HeldBits::get(now) <= rules.gate().slot_count(good),
          "more slots are held than there are");
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
    look.numbers = seen.numbers;
    check(seen.generation == generation && seen.transitions == events.size(),
          "the word agrees with the events");
    check(seen.stale == std::count(results.begin(), results.end(), breaker::Settled::stale),
          "every stale verdict is counted, and told to who gave it");
    check(seen.refused == refused || config_.mode == breaker::Mode::shadow,
          "every refusal is counted, and told to who was refused");
    check(seen.listener_errors == memory.errors, "every error of a listener is counted");
    check(events.empty() || tells(last_cause(events)), "why() tells the last transition");
    const std::string unexplained = history_.explain(events);
    check(unexplained.empty(), unexplained);
    check_no_wedge();
  }

  /// **Returns** whether why() does. Of limits that are replaced meanwhile it, or who was told, knows nothing.
  bool tells(breaker::Transition last) const {
    breaker::Transition why = circuit.why();
    if (is_reconfigured_ && (why.words == nullptr || last.words == nullptr)) {
      why.limits = last.limits = {};
      why.words = last.words = nullptr;
    }
    return why == last;
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
  bool is_reconfigured_ = false;
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

// ---- scenarios for policies of several kinds

/// Two failures open the circuit. Whichever counts last finds what the other one's answer asked for.
template <class Policy>
void one_of_two_failures_asks(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  for (const auto asked : {60s, 0s}) {
    run.thread([&f, asked] {
      auto permit = f.acquire();
      f.settle(permit, Verdict::failure, asked);
    });
  }
  run.finally([&f] {
    f.check(f.memory.transitions.size() == 1 && f.memory.transitions.back().open_for == 60s,
            "a failure that counted before had asked for a minute");
  });
}

}  // namespace explore
