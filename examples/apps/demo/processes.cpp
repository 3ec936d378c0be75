// The clients as processes, see processes.hpp.
#include "processes.hpp"

#include <breaker/breaker.hpp>
#include <breaker/fleet/fleet.hpp>
#include <breaker/fleet/memory_store.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace demo {

namespace {

namespace fleet = breaker::fleet;

auto policy_of(const Story& story) {
  return breaker::advised(breaker::FailureCount{story.failures, breaker::within(story.window)});
}
using Circuit =
    breaker::CircuitBreaker<breaker::ManualClock, decltype(policy_of(std::declval<Story>())),
                            breaker::DefaultClassifier, breaker::NoListener, breaker::Name>;

enum class Together { alone, in_a_fleet, on_one_circuit };

struct Process {
  fleet::MemoryStore store;
  Circuit circuit;
  fleet::Circuits<Circuit> circuits{circuit};
  fleet::Agent<fleet::Circuits<Circuit>, fleet::MemoryStore, breaker::ManualClock> agent;

  Process(fleet::MemoryHub& hub, const breaker::ManualClock& clock, const Story& story, int number)
      : store{hub},
        circuit{breaker::Config{.open_for = story.open_for}, clock, policy_of(story),
                breaker::named("payments")},
        agent{store,
              circuits,
              {.voter = std::to_string(number),
               .turn = milliseconds{0},
               .seed = static_cast<std::uint64_t>(number + 1)},
              clock} {}
};

class Processes {
 public:
  Processes(const Story& story, Together together) : story_{story}, together_{together} {
    for (int i = 0; i < story.clients; ++i) processes_.emplace_back(hub_, clock_, story_, i);
  }

  /// **Returns** how many calls reach the service while its database is stuck.
  int doomed_calls() {
    constexpr milliseconds step{5};
    for (milliseconds now{0}; now < story_.whole; now += step) {
      clock_.set(now);
      for (; !waiting_.empty() && waiting_.front().until <= now; waiting_.pop_front())
        waiting_.front().permit.failure();
      for (int i = 0; i < story_.clients; ++i)
        if ((now - story_.pay_every * i / story_.clients) % story_.pay_every == milliseconds{0})
          pay(together_ == Together::on_one_circuit ? 0 : i, now);
      if (together_ == Together::in_a_fleet)
        for (Process& process : processes_) process.agent.step();
    }
    return doomed_;
  }

 private:
  /// A call that the stuck service answers with a 503.
  struct Doomed {
    Circuit::Permit permit;
    milliseconds until;
  };

  void pay(int process, milliseconds now) {
    auto permit = processes_[static_cast<std::size_t>(process)].circuit.try_acquire();
    if (!permit) return;
    const bool is_stuck = now >= story_.well_at_first && now < story_.well_at_first + story_.stuck;
    if (!is_stuck) {
      permit.success();
      return;
    }
    ++doomed_;
    waiting_.push_back({std::move(permit), now + story_.connection_limit});
  }

  const Story story_;
  const Together together_;
  breaker::ManualClock clock_;
  fleet::MemoryHub hub_{[clock = clock_] {
    return static_cast<fleet::Milliseconds>(clock.now().time_since_epoch() / milliseconds{1});
  }};
  std::deque<Process> processes_;
  std::deque<Doomed> waiting_;  // in the order in which they end
  int doomed_ = 0;
};

}  // namespace

bool show_processes(Screen& screen) {
  const Story story{1};
  const int alone = Processes{story, Together::alone}.doomed_calls();
  const int in_a_fleet = Processes{story, Together::in_a_fleet}.doomed_calls();
  const int on_one_circuit = Processes{story, Together::on_one_circuit}.doomed_calls();
  screen.say("All clients are threads of one process, with one circuit. Were they " +
             std::to_string(story.clients) + " processes");
  screen.say("(simulated), " + std::to_string(alone) +
             " calls would reach the sick service with a circuit each, " +
             std::to_string(in_a_fleet) + " in a fleet,");
  screen.say(std::to_string(on_one_circuit) + " with one circuit in shared memory.");
  return alone > in_a_fleet && in_a_fleet > on_one_circuit;
}

}  // namespace demo
