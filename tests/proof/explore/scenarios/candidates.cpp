// Scenarios: settings under trial beside a live circuit.
#include "breaker/candidate.hpp"

#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;

/// A live circuit, and settings under trial.
class Trial {
 public:
  Trial(Run& run, int live_row, int row)
      : run_{run},
        candidate_{{}, ConsecutiveFailures{row}, Clock{time_}},
        circuit_{{}, ConsecutiveFailures{live_row}, Clock{time_}, Listener{&candidate_}} {}

  void fail() { circuit_.try_acquire().failure(); }
  void replace(int row) { candidate_.replace({}, ConsecutiveFailures{row}); }
  void check_counted(std::uint64_t calls) {
    const breaker::CandidateCounts said = candidate_.counts();
    check(said.agreed + said.live_only + said.candidate_only == calls, "each call is counted once");
  }
  [[nodiscard]] State state() const { return candidate_.state(); }
  void check(bool holds, std::string_view claim) { run_.check(holds, claim); }

 private:
  using Candidate = breaker::Candidate<ConsecutiveFailures, Clock>;
  struct Listener {
    Candidate* candidate;
    void on_settled(const breaker::SettledCall& call) const noexcept {
      candidate->on_settled(call);
    }
    void on_refused(const breaker::Rejection& why) const noexcept { candidate->on_refused(why); }
  };

  Run& run_;
  Clock::Time time_;
  Candidate candidate_;
  breaker::CircuitBreaker<Clock, ConsecutiveFailures, breaker::DefaultClassifier, Listener>
      circuit_;
};

// The live circuit opens at the first: the second is admitted, or refused.
void two_failures(Run& run) {
  auto& trial = run.make<Trial>(run, 1, 5);
  for (int i = 0; i < 2; ++i) run.thread([&trial] { trial.fail(); });
  run.finally([&trial] { trial.check_counted(2); });
}

void two_failures_trip_the_candidate(Run& run) {
  auto& trial = run.make<Trial>(run, 5, 2);
  for (int i = 0; i < 2; ++i) run.thread([&trial] { trial.fail(); });
  run.finally([&trial] {
    trial.check(trial.state() == State::open, "the candidate heard of two failures");
  });
}

// It trips before, and is given other settings; or the failure is the first that these hear of, or the last of the old ones.
void other_settings_come(Run& run) {
  auto& trial = run.make<Trial>(run, 9, 2);
  trial.fail();
  run.thread([&trial] { trial.fail(); });
  run.thread([&trial] { trial.replace(3); });
  run.finally([&trial] {
    trial.check(trial.state() == State::closed, "other settings begin closed");
    trial.fail();
    trial.check(trial.state() == State::closed, "other settings begin with nothing counted");
  });
}

void counts_begin_again(Run& run) {
  auto& trial = run.make<Trial>(run, 9, 9);
  trial.fail();
  run.thread([&trial] { trial.replace(9); });
  run.thread([&trial] { trial.replace(9); });
  run.finally([&trial] {
    trial.check_counted(0);
    trial.fail();
    trial.check_counted(1);
  });
}

const Scenarios candidates{
    {"a candidate: two failures, of which one may be refused", two_failures},
    {"a candidate: two failures trip it", two_failures_trip_the_candidate},
    {"a candidate: other settings against a failure", other_settings_come},
    {"a candidate: counts begin again", counts_begin_again},
};

}  // namespace

}  // namespace explore
