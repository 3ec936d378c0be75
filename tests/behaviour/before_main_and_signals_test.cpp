// Promise 9: usable before and after main, in a signal handler that interrupted the same breaker,
// and in the child after a fork.
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

bool is_conserved(const CallTotals& totals) {
  return totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale;
}

}  // namespace

// ---- before and after main

namespace {

using Consecutive = CircuitBreaker<>;
using LastCallsRate = CircuitBreaker<SteadyClock, FailureRate<LastCalls<10>>>;
using CountWithin = CircuitBreaker<SteadyClock, FailureCount<Within<10, 1>>>;
using Slow = CircuitBreaker<SteadyClock, SlowCallRate<LastCalls<100>>>;
using Either = CircuitBreaker<SteadyClock, AnyOf<ConsecutiveFailures, FailureCount<Within<10, 1>>>>;
using Counted = CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Counters<>>;

struct Sequential {
  struct Evidence {
    int failures = 0;
  };
  Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    seen.failures += outcome.verdict == Verdict::failure ? 1 : 0;
    return {.kind = seen.failures >= 3 ? Standing::Kind::at_limit : Standing::Kind::below};
  }
  bool operator==(const Sequential&) const = default;
};
using Locked = CircuitBreaker<SteadyClock, Sequential>;

extern Consecutive consecutive;
extern LastCallsRate last_calls_rate;
extern CountWithin count_within;
extern Either either;
extern Counted counted;
extern Locked locked;

template <class Circuit>
bool trips_and_resets(Circuit& circuit, int failures) {
  circuit.reset();
  for (int i = 0; i < failures; ++i) circuit.try_acquire().failure();
  const bool opened = circuit.state() == State::open && !circuit.try_acquire();
  circuit.reset();
  return opened && circuit.call([] { return true; }, false);
}

bool all_work() {
  return trips_and_resets(consecutive, 5) && trips_and_resets(last_calls_rate, 5) &&
         trips_and_resets(count_within, 5) && trips_and_resets(either, 5) &&
         trips_and_resets(counted, 5) && trips_and_resets(locked, 3);
}

// Initialised before the circuits below would be, if they were not constant-initialised.
const bool worked_before_main = all_work();

// Destroyed after them, if they had anything to destroy.
const struct WorksAfterMain {
  WorksAfterMain() = default;
  WorksAfterMain(const WorksAfterMain&) = delete;
  ~WorksAfterMain() {
    if (!all_work()) std::_Exit(70);
  }
} works_after_main;

constinit Consecutive consecutive{Config{.open_for = 30s}};
constinit LastCallsRate last_calls_rate{
    Config{}, FailureRate{last_calls<10>(), {.threshold = 50_percent, .min_calls = 5}}};
constinit CountWithin count_within{Config{}, FailureCount{5, within(10min)}};
constinit Either either{Config{}, any_of(ConsecutiveFailures{5}, FailureCount{9, within(10min)})};
constinit Counted counted{Config{}, Counters{}};
constinit Locked locked{Config{}, Sequential{}};

}  // namespace

TEST_CASE("a global circuit works before main, whatever the order of initialisation") {
  CHECK(worked_before_main);
  CHECK(consecutive.snapshot().transitions >= 3);  // it was these circuits, not later ones
  CHECK(counted.listener().totals().failed >= 5);
}

TEST_CASE("a circuit has nothing to destroy, so it works after main") {
  // What works_after_main finds ends this program with exit code 70.
  STATIC_REQUIRE(std::is_trivially_destructible_v<Consecutive>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<LastCallsRate>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<CountWithin>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Slow>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Either>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Counted>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Locked>);
}

// ---- fork

TEST_CASE("after a fork in a call, child and parent each go on with a consistent circuit") {
  CircuitBreaker circuit{Config{.open_for = 1h}, ConsecutiveFailures{1}, Counters{}};
  pid_t child = -1;

  circuit.call([&] { child = fork(); });

  if (child == 0) {
    // The child's copy: its call has settled, its transitions are its own.
    const bool settled = circuit.listener().totals().succeeded == 1;
    circuit.try_acquire().failure();
    const bool opened = circuit.state() == State::open && circuit.snapshot().transitions == 1;
    circuit.reset();
    std::_Exit(settled && opened && circuit.state() == State::closed ? 0 : 1);
  }
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(circuit.listener().totals().succeeded == 1);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().transitions == 0);
}

namespace {

// What a child does with its copy of a circuit that other threads, which it lacks, were using.
template <class Circuit>
bool recovers_and_trips(Circuit& circuit, ManualClock clock) {
  clock.advance(100ms);  // the wait or the lease of a probe whose thread is not here
  const bool admitted = circuit.try_acquire().success() == Settled::counted;
  const bool closed = circuit.state() == State::closed;
  circuit.try_acquire().failure();
  return admitted && closed && circuit.state() == State::open && !circuit.try_acquire();
}

}  // namespace

namespace {

/// Forks in the midst of other threads' calls. **Returns** how many of `forks` children recovered.
template <class Policy>
int recovered_after_forks(int forks, const Policy& policy) {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10ms, .probe_lease = 64ms}, policy, clock, Counters{}};
  std::atomic<bool> goes_on{true};
  int recovered = 0;

  race(4, [&](int number) {
    for (Random random{number}; number > 0 && goes_on; clock.advance(1ms)) {
      auto permit = circuit.try_acquire();
      if (random.below(3) > 0) permit.settle(static_cast<Verdict>(random.below(3)));
    }
    for (int i = 0; number == 0 && i < forks; ++i) {
      const pid_t child = fork();
      if (child == 0) std::_Exit(recovers_and_trips(circuit, clock) ? 0 : 1);
      int status = -1;
      waitpid(child, &status, 0);
      recovered += WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    if (number == 0) goes_on = false;
  });

  CHECK(is_conserved(circuit.listener().totals()));
  return recovered;
}

}  // namespace

TEST_CASE("a fork in the midst of other threads' calls gives the child a circuit that recovers") {
  constexpr int forks = 20;
  CHECK(recovered_after_forks(forks, ConsecutiveFailures{1}) == forks);
  CHECK(recovered_after_forks(forks, FailureCount{1, last_calls<10>()}) == forks);
  CHECK(recovered_after_forks(forks, FailureCount{1, within(10s)}) == forks);
  CHECK(recovered_after_forks(forks, any_of(FailureRate{within<20, 8>(10s), {1_percent, 1}},
                                            FailureRate{last_calls<10>(), {1_percent, 1}})) ==
        forks);
}

// ---- signals

namespace {

// A clock that a test moves, and that can raise a signal when it is read: between the load of the
// state and the exchange that follows.
struct RaisingClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<RaisingClock>;
  static constexpr bool is_steady = true;

  static inline std::atomic<std::int64_t> time{0};
  static inline std::atomic<bool> raises{false};

  static time_point now() noexcept {
    if (raises.exchange(false)) std::raise(SIGUSR1);
    return time_point{duration{time.load()}};
  }
};

using Interrupted =
    CircuitBreaker<RaisingClock, ConsecutiveFailures, DefaultClassifier, Counters<>>;

Interrupted* interrupted = nullptr;
void (*in_handler)(Interrupted&) = nullptr;

extern "C" void handle_signal(int) { in_handler(*interrupted); }

// Runs `action`; the first time that it reads the clock, `handler` interrupts it.
template <class Action>
auto interrupt_by(Interrupted& circuit, void (*handler)(Interrupted&), const Action& action) {
  interrupted = &circuit;
  in_handler = handler;
  std::signal(SIGUSR1, handle_signal);
  RaisingClock::raises = true;
  return action();
}

}  // namespace

TEST_CASE("a signal handler may take the probe that the interrupted caller was about to take") {
  Interrupted circuit{Config{}, ConsecutiveFailures{1}, Counters{}};
  circuit.try_acquire().failure();
  RaisingClock::time += (30s + 1ms) / 1ns;
  static Interrupted::Permit of_handler;

  auto permit = interrupt_by(
      circuit, [](Interrupted& same) { of_handler = same.try_acquire(); },
      [&] { return circuit.try_acquire(); });

  CHECK(of_handler);
  CHECK_FALSE(permit);
  CHECK(permit.rejection().reason == RejectionReason::probes_busy);
  CHECK(of_handler.success() == Settled::counted);
  of_handler = {};
  CHECK(circuit.state() == State::closed);
  CHECK(is_conserved(circuit.listener().totals()));
}

TEST_CASE("a signal handler may settle while a verdict of the same circuit is being settled") {
  Interrupted circuit{Config{.probes = 2}, ConsecutiveFailures{1}, Counters{}};
  circuit.trip();
  RaisingClock::time += (30s + 1ms) / 1ns;
  static Interrupted::Permit of_handler;
  of_handler = circuit.try_acquire();
  auto permit = circuit.try_acquire();

  const Settled settled = interrupt_by(
      circuit, [](Interrupted&) { of_handler.failure(); }, [&] { return permit.success(); });

  CHECK(settled == Settled::stale);  // the handler's verdict reopened the circuit first
  of_handler = {};
  CHECK(circuit.state() == State::open);
  CHECK(is_conserved(circuit.listener().totals()));
}

TEST_CASE("a signal handler may trip the circuit that is just being tripped") {
  Interrupted circuit{Config{}, ConsecutiveFailures{1}, Counters{}};
  auto permit = circuit.try_acquire();

  interrupt_by(
      circuit, [](Interrupted& same) { same.try_acquire().failure(); },
      [&] { return permit.failure(); });

  CHECK(circuit.state() == State::open);
  CHECK(circuit.snapshot().transitions == 1);
  CHECK(is_conserved(circuit.listener().totals()));
}

TEST_CASE("a signal handler may command the circuit by hand while a call is admitted") {
  Interrupted circuit{Config{}, ConsecutiveFailures{1}, Counters{}};
  circuit.try_acquire().failure();
  RaisingClock::time += (30s + 1ms) / 1ns;

  const auto permit = interrupt_by(
      circuit, [](Interrupted& same) { same.force_open(); }, [&] { return circuit.try_acquire(); });

  CHECK_FALSE(permit);
  CHECK(circuit.state() == State::forced_open);
}

namespace {

using Windowed =
    CircuitBreaker<RaisingClock, FailureRate<LastCalls<64>>, DefaultClassifier, Counters<>>;
Windowed* stormed = nullptr;
volatile std::sig_atomic_t storms = 0;

extern "C" void storm(int) {
  storms = storms + 1;
  auto permit = stormed->try_acquire();
  if (storms % 3 == 0) permit.failure();
  if (storms % 3 == 1) permit.success();
}

}  // namespace

TEST_CASE("a storm of signals into a busy circuit loses no call") {
  Windowed circuit{Config{}, FailureRate{last_calls<64>(), {100_percent, 64}}, Counters{}};
  stormed = &circuit;
  std::signal(SIGALRM, storm);
  const itimerval every{{0, 50}, {0, 50}};
  const itimerval never{};
  REQUIRE(setitimer(ITIMER_REAL, &every, nullptr) == 0);

  std::uint64_t calls = 0;
  for (; storms < 300 && calls < 50'000'000; ++calls) {
    auto permit = circuit.try_acquire();
    permit.settle(calls % 2 == 0 ? Verdict::failure : Verdict::success);
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  std::signal(SIGALRM, SIG_IGN);  // one that is still on its way would find no circuit

  const CallTotals totals = circuit.listener().totals();
  CHECK(storms >= 300);
  CHECK(is_conserved(totals));
  CHECK(totals.admitted == calls + static_cast<std::uint64_t>(storms));
  CHECK(circuit.snapshot().numbers.at[1] == 64);
  CHECK(circuit.snapshot().numbers.at[0] <= 64);
}
