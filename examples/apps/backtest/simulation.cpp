// The simulation, see simulation.hpp.
#include "simulation.hpp"

#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace backtest {

namespace {

/// Hears of a circuit's transitions and keeps what a Trial wants to know of them.
class Recorder {
 public:
  explicit Recorder(Trial& trial) : trial_{&trial} {}

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
    trial_->open_time += time - opened_at_;
    if (trial_->openings <= Trial::most_openings) trial_->kept.back().until = time;
  }

 private:
  void open(const breaker::Transition& transition) {
    const Ticks time = transition.at.count();
    if (trial_->openings == 0) {
      trial_->first_cause = describe(transition);
    } else if (time - closed_at_ < Trial::flap_within) {
      ++trial_->flaps;
    }
    if (++trial_->openings <= Trial::most_openings) trial_->kept.push_back({time, time});
    is_open_ = true;
    opened_at_ = time;
  }

  Trial* trial_;
  bool is_open_ = false;
  Ticks opened_at_ = 0;
  Ticks closed_at_ = 0;
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
      : circuit_{config, policy, breaker::CachedClock{time_}, ToRecorder{&recorder_}} {}

  void replay(std::span<const Event> events) override {
    for (const Event& event : events) {
      time_.set(std::chrono::nanoseconds{event.time});
      if (event.is_begin) {
        begin(event);
      } else {
        permits_[event.slot].settle(event.verdict);  // does nothing to a call that was refused
      }
    }
  }

  void finish(Ticks time) override { recorder_.close(time); }

  [[nodiscard]] const Trial& trial() const override { return trial_; }

 private:
  using Circuit =
      breaker::CircuitBreaker<breaker::CachedClock, Policy, breaker::DefaultClassifier, ToRecorder>;

  void begin(const Event& event) {
    if (event.slot >= permits_.size()) permits_.resize(event.slot + std::size_t{1});
    permits_[event.slot] = circuit_.try_acquire();
    if (permits_[event.slot]) [[likely]]
      return;
    switch (event.verdict) {
      case Verdict::success: ++trial_.lost; break;
      case Verdict::ignored: ++trial_.refused_ignored; break;
      case Verdict::failure:
        ++trial_.saved;
        trial_.waiting_saved += event.took;
        break;
    }
  }

  Trial trial_;
  Recorder recorder_{trial_};
  breaker::CachedClock::Time time_;
  Circuit circuit_;
  std::vector<typename Circuit::Permit> permits_;  // by slot; go before the circuit
};

template <class Policy>
std::unique_ptr<Simulation> make(const Candidate& candidate, const Policy& policy) {
  return std::make_unique<SimulationOf<Policy>>(candidate.config(), policy);
}

/// Call `make_with` with the window that the candidate asks for: a value whose type is the size.
template <class Make>
std::unique_ptr<Simulation> with_window(const Candidate& candidate, const Make& make_with) {
  if (candidate.last_calls == 0)
    return make_with(breaker::within(std::chrono::nanoseconds{candidate.within}));
  std::unique_ptr<Simulation> made;
  [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((candidate.last_calls == window_sizes[i]
          ? void(made = make_with(breaker::last_calls<window_sizes[i]>()))
          : void()),
     ...);
  }(std::make_index_sequence<window_sizes.size()>{});
  if (!made) throw std::invalid_argument{"a window of a size that is not compiled in"};
  return made;
}

}  // namespace

std::unique_ptr<Simulation> make_simulation(const Candidate& candidate) {
  switch (candidate.kind) {
    case Candidate::Kind::consecutive:
      return make(candidate, breaker::ConsecutiveFailures{candidate.count});
    case Candidate::Kind::count:
      return with_window(candidate, [&](auto window) {
        return make(candidate, breaker::FailureCount{candidate.count, window});
      });
    case Candidate::Kind::rate:
      return with_window(candidate, [&](auto window) {
        return make(candidate,
                    breaker::FailureRate{
                        window, {.threshold = candidate.share, .min_calls = candidate.min_calls}});
      });
    case Candidate::Kind::slow:
      return with_window(candidate, [&](auto window) {
        return make(candidate, breaker::SlowCallRate{
                                   window,
                                   {.slower_than = std::chrono::nanoseconds{candidate.slower_than},
                                    .threshold = candidate.share,
                                    .min_calls = candidate.min_calls}});
      });
  }
  throw std::invalid_argument{"no such kind"};
}

}  // namespace backtest
