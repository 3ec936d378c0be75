#include "act.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backend.hpp"
#include "breaker/adapters/hiredis.hpp"
#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/shared_memory.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Circuit =
    breaker::CircuitBreaker<breaker::SteadyClock, breaker::Advised<breaker::ConsecutiveFailures>,
                            breaker::DefaultClassifier, breaker::NoListener, breaker::Name>;

/// What the processes of an act share.
struct Stage {
  struct Process {
    std::atomic<bool> opened{false};
    std::atomic<bool> is_closed{true};
    std::atomic<long> closed_at{0};  // ms, last
    std::atomic<unsigned long long> commands{0};
  };

  std::atomic<bool> is_down{false};
  std::atomic<bool> is_over{false};
  std::atomic<int> doomed[Act::bars] = {};
  std::atomic<int> probes{0};
  Process of[16];
};

/// Circuits that the processes forked from this one share. Nobody else finds their file.
class Shared {
 public:
  Shared() { Circuits::remove(path_.c_str()); }
  [[nodiscard]] auto& circuit() { return circuits_.of("backend"); }

 private:
  using Circuits = breaker::SharedCircuits<breaker::Advised<breaker::ConsecutiveFailures>>;

  const std::string path_ = "/dev/shm/breaker-fleet." + std::to_string(::getpid());
  Circuits circuits_{path_.c_str(),
                     {.capacity = 1, .config = {.open_for = 1s}},
                     breaker::advised(breaker::ConsecutiveFailures{5})};
};

struct Unmap {
  void operator()(Stage* stage) const { ::munmap(stage, sizeof *stage); }
};

long milliseconds_since(Clock::time_point begin) {
  return static_cast<long>((Clock::now() - begin) / 1ms);
}

/// One process: makes calls, one after the other, at an even pace.
class Caller {
 public:
  Caller(const Act& act, Stage& stage, int number, int backend, Clock::time_point begin)
      : act_{act},
        stage_{stage},
        self_{stage.of[number]},
        is_sick_{number < act.sick},
        pace_{number < 2 ? 10ms : 100ms},
        backend_{backend},
        begin_{begin},
        random_{static_cast<unsigned>(number)} {}

  template <class AnyCircuit>
  void run(AnyCircuit& circuit) {
    auto next = begin_ + std::chrono::milliseconds{random_() % static_cast<unsigned>(pace_ / 1ms)};
    while (!stage_.is_over) {
      call(circuit);
      next += pace_;
      std::this_thread::sleep_until(next);
    }
  }

 private:
  template <class AnyCircuit>
  void call(AnyCircuit& circuit) {
    const auto permit_taken = [&](auto& permit) {
      const bool answers = ask_backend(backend_);
      const bool is_sick = is_sick_ && Clock::now() - begin_ > act_.dies;
      const bool is_unlucky = random_() % 100 == 0;  // 1 % of calls fail while all is well
      if (!answers) note_doomed(permit.is_probe());
      permit.settle(answers && !is_sick && !is_unlucky ? breaker::Verdict::success
                                                       : breaker::Verdict::failure);
    };
    if (auto permit = circuit.try_acquire()) permit_taken(permit);
    const bool is_closed = circuit.state() == breaker::State::closed;
    if (!is_closed) self_.opened = true;
    if (is_closed && !self_.is_closed) self_.closed_at = milliseconds_since(begin_);
    self_.is_closed = is_closed;
  }

  void note_doomed(bool is_probe) {
    const long bar = milliseconds_since(begin_) / (Act::bar / 1ms);
    ++stage_.doomed[std::min<long>(bar, Act::bars - 1)];
    if (is_probe) ++stage_.probes;
  }

  const Act& act_;
  Stage& stage_;
  Stage::Process& self_;
  const bool is_sick_;
  const std::chrono::milliseconds pace_;
  const int backend_;
  const Clock::time_point begin_;
  std::mt19937 random_;
};

/// What a process with an agent does beside its calls.
void run_in_fleet(Caller& caller, const Act& act, Stage& stage, int number) {
  Circuit circuit{breaker::Config{.open_for = 1s},
                  breaker::advised(breaker::ConsecutiveFailures{5}), breaker::named("backend")};
  breaker::fleet::Circuits circuits{circuit};
  const bool is_cut_off = number >= act.processes - act.cut_off;
  breaker::fleet::RedisStore store{{.port = is_cut_off ? 1 : act.server_port, .prefix = "demo"}};
  breaker::fleet::Agent agent{store, circuits, {.voter = "process " + std::to_string(number)}};
  std::jthread thread{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      agent.step();
      stage.of[number].commands = agent.status().commands;
    }
  }};
  caller.run(circuit);
}

[[noreturn]] void run_process(const Act& act, Stage& stage, Shared& shared, int number, int backend,
                              Clock::time_point begin) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Caller caller{act, stage, number, backend, begin};
  if (act.together == Together::on_one) caller.run(shared.circuit());
  if (act.together == Together::in_a_fleet) run_in_fleet(caller, act, stage, number);
  if (act.together == Together::no) {
    Circuit circuit{breaker::Config{.open_for = 1s},
                    breaker::advised(breaker::ConsecutiveFailures{5}), breaker::named("backend")};
    caller.run(circuit);
  }
  ::_exit(0);
}

Outcome outcome_of(const Act& act, const Stage& stage) {
  Outcome outcome;
  for (int i = 0; i < Act::bars; ++i)
    outcome.doomed_calls += outcome.doomed[static_cast<std::size_t>(i)] = stage.doomed[i];
  outcome.probes = stage.probes;
  long last = 0;
  for (int i = 0; i < act.processes; ++i) {
    const Stage::Process& process = stage.of[i];
    if (i >= act.sick && process.opened) ++outcome.opened;
    if (process.is_closed) ++outcome.closed;
    last = std::max(last, process.closed_at.load());
    outcome.commands += process.commands;
  }
  outcome.closed_after = std::max(0ms, std::chrono::milliseconds{last} - act.is_back);
  return outcome;
}

}  // namespace

Outcome play(const Act& act) {
  void* const memory =
      ::mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error{"no memory to share"};
  const std::unique_ptr<Stage, Unmap> stage{new (memory) Stage};
  Shared shared;
  Backend backend;
  const auto begin = Clock::now() + 300ms;  // by then all are connected
  std::vector<int> processes;
  for (int i = 0; i < act.processes; ++i) {
    const pid_t process = ::fork();
    if (process == 0) run_process(act, *stage, shared, i, backend.port(), begin);
    processes.push_back(process);
  }

  std::vector<Act::Event> events = act.events;
  if (act.dies < act.is_back) {
    events.push_back({act.dies, [&](const auto&) { backend.kill(); }});
    events.push_back({act.is_back, [&](const auto&) { backend.start_again(); }});
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& one, const auto& other) { return one.at < other.at; });
  for (const Act::Event& event : events) {
    std::this_thread::sleep_until(begin + event.at);
    event.what(processes);
  }
  std::this_thread::sleep_until(begin + act.ends);
  stage->is_over = true;
  for (const int process : processes) ::waitpid(process, nullptr, 0);
  return outcome_of(act, *stage);
}
