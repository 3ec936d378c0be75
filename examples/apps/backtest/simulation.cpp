// The simulation, see simulation.hpp.
#include "simulation.hpp"

#include <algorithm>
#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <breaker/policy/any_rule.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

namespace backtest {

namespace {

/// Hears of a circuit's transitions and keeps what a Trial wants to know of them.
class Recorder {
 public:
  explicit Recorder(Trial& trial) : trial_{&trial} {}

  [[nodiscard]] std::uint64_t openings() const { return openings_; }

  void operator()(const breaker::Transition& transition) {
    using breaker::State;
    if (transition.to == State::open && transition.from == State::half_open) ++trial_->reopenings;
    if (transition.to == State::open && transition.from == State::closed) open(transition);
    if (transition.to == State::closed) close(transition.at.count());
  }

  void close(Ticks time) {
    if (!is_open_) return;
    is_open_ = false;
    closed_at_ = time;
    trial_->open_time = saturated_sum(trial_->open_time, time - opened_at_);
    if (number_ < Trial::most_openings) trial_->kept[number_].until = time;
  }

 private:
  void open(const breaker::Transition& transition) {
    const Ticks time = transition.at.count();
    if (trial_->openings == 0) trial_->first_cause = describe(transition);
    if (closed_at_ && time - *closed_at_ < Trial::flap_within) ++trial_->flaps;
    ++openings_;
    number_ = trial_->openings++;
    if (number_ < Trial::most_openings) trial_->kept.push_back({time, time});
    is_open_ = true;
    opened_at_ = time;
  }

  Trial* trial_;
  bool is_open_ = false;
  Ticks opened_at_ = 0;
  std::uint64_t openings_ = 0;
  std::uint64_t number_ = 0;  // of the opening, among those of all callers
  std::optional<Ticks> closed_at_;
};

/// What a circuit's copy of its listener passes on to the one recorder.
struct ToRecorder {
  Recorder* recorder;
  void operator()(const breaker::Transition& transition) { (*recorder)(transition); }
};

template <class Policy>
class SimulationOf : public Simulation {
 public:
  SimulationOf(const breaker::Config& config, const Policy& policy)
      : config_{config}, policy_{policy} {
    add_caller();
  }

  void replay(std::span<const Event> events) override {
    Caller& caller = caller_of(events.front().caller);
    for (const Event& event : events) {
      time_.set(std::chrono::nanoseconds{event.time});
      if (event.is_begin) {
        begin(event, caller);
      } else {
        caller.permits[event.slot].settle(event.verdict);  // does nothing to a refused call
      }
    }
  }

  void finish(Ticks time) override {
    for (const auto& caller : callers_) {
      caller->recorder.close(time);
      caller->counts.openings = caller->recorder.openings();
      trial_.callers.push_back(caller->counts);
    }
  }

  [[nodiscard]] const Trial& trial() const override { return trial_; }

 private:
  using Circuit =
      breaker::CircuitBreaker<breaker::CachedClock, Policy, breaker::DefaultClassifier, ToRecorder>;

  struct Caller {
    Caller(SimulationOf& all, const breaker::Config& config, const Policy& policy)
        : recorder{all.trial_},
          circuit{config, policy, breaker::CachedClock{all.time_}, ToRecorder{&recorder}} {}

    Recorder recorder;
    Circuit circuit;
    Trial::OfCaller counts;
    std::vector<typename Circuit::Permit> permits;  // by slot; go before the circuit
    std::size_t slots = 0;                          // how many: faster than permits.size()

    void add_slots(std::size_t last) {
      slots = last + 1;
      permits.resize(slots);
    }
  };

  Caller& caller_of(std::size_t number) {
    while (number >= callers_.size()) add_caller();
    return *callers_[number];
  }

  void add_caller() { callers_.push_back(std::make_unique<Caller>(*this, config_, policy_)); }

  void begin(const Event& event, Caller& caller) {
    if (event.slot >= caller.slots) caller.add_slots(event.slot);
    auto& permit = caller.permits[event.slot];
    permit = caller.circuit.try_acquire();
    if (permit) [[likely]]
      return;
    if (event.verdict == Verdict::ignored) {
      ++trial_.refused_ignored;
    } else if (event.verdict == Verdict::success && !event.is_slow) {
      ++trial_.lost;
      ++caller.counts.lost;
    } else {
      ++trial_.saved;
      ++caller.counts.saved;
      if (event.is_slow) ++trial_.saved_slow;
      trial_.waiting_saved = saturated_sum(trial_.waiting_saved, event.took);
    }
  }

  const breaker::Config config_;
  const Policy policy_;
  Trial trial_;
  breaker::CachedClock::Time time_;
  std::vector<std::unique_ptr<Caller>> callers_;
};

template <class Policy>
std::unique_ptr<Simulation> make(const Candidate& candidate, const Policy& policy) {
  return std::make_unique<SimulationOf<Policy>>(candidate.config(), policy);
}

std::unique_ptr<Simulation> make_overdue(const Candidate& candidate, const breaker::Rule& rule) {
  std::unique_ptr<Simulation> made;
  const breaker::OverdueSettings settings{.limit = std::chrono::nanoseconds{rule.slower_than},
                                          .calls = static_cast<int>(rule.limit)};
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((places_for(rule) == watched_places[i]
          ? void(made = make(candidate, breaker::Overdue<watched_places[i]>{settings}))
          : void()),
     ...);
  }(std::make_index_sequence<watched_places.size()>{});
  return made;
}

/// **Returns** a simulation with a policy of its own type, which is faster, or none: of rules that need not know N
/// when they are compiled.
std::unique_ptr<Simulation> make_of_usual_type(const Candidate& candidate,
                                               const breaker::Rule& rule) {
  using breaker::Rule;
  const auto limit = static_cast<int>(rule.limit);
  if (rule.kind == Rule::Kind::row) return make(candidate, breaker::ConsecutiveFailures{limit});
  if (rule.kind == Rule::Kind::overdue) return make_overdue(candidate, rule);
  if (rule.within == 0) return nullptr;
  const auto window = breaker::within(std::chrono::nanoseconds{rule.within});
  if (rule.kind == Rule::Kind::count) return make(candidate, breaker::FailureCount{limit, window});
  const auto min_calls = static_cast<int>(rule.min_calls);
  if (rule.kind == Rule::Kind::share && rule.marks == Rule::Marks::failed)
    return make(candidate, breaker::FailureRate{window, {rule.share, min_calls}});
  if (rule.kind == Rule::Kind::share && rule.marks == Rule::Marks::slow)
    return make(candidate,
                breaker::SlowCallRate{
                    window, {std::chrono::nanoseconds{rule.slower_than}, rule.share, min_calls}});
  return nullptr;
}

/// **Returns** the largest window of calls that a rule has.
std::uint32_t largest_window(const breaker::TripRules& rules) {
  std::uint32_t most = 0;
  for (int i = 0; i < rules.count; ++i) most = std::max(most, rules.rule[i].last_calls);
  return most;
}

}  // namespace

std::unique_ptr<Simulation> make_simulation(const Candidate& candidate) {
  const breaker::TripRules& rules = candidate.settings.rules;
  if (rules.count == 1) {
    if (auto made = make_of_usual_type(candidate, rules.rule[0])) return made;
  }
  const std::uint32_t most = largest_window(rules);
  if (most <= 100) return make(candidate, breaker::AnyRule<100>{rules});
  if (most <= 1000) return make(candidate, breaker::AnyRule<1000>{rules});
  return make(candidate, breaker::AnyRule<100'000>{rules});
}

}  // namespace backtest
