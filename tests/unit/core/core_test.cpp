// Core: what it does to a policy on each transition, and what becomes of its totals at their limits.
#include "breaker/core/core.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// A clock that counts how often it is read.
struct ReadClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ReadClock>;
  static constexpr bool is_steady = true;
  static inline int readings = 0;
  static inline duration time = 100s;
  static time_point now() noexcept {
    ++readings;
    return time_point{time};
  }
};

/// Hears of calls, and asks for no time.
struct Heard {
  std::chrono::nanoseconds* took;
  void on_settled(const SettledCall& call) { *took = call.took; }
};

/// A policy of the user's that asks for nobody's opinion of a call, a failure included.
struct Indifferent {
  static constexpr ClockUse clock_use = ClockUse::none;
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& /*call*/,
                  const Stay& /*stay*/) const noexcept {
    return {};
  }
  [[nodiscard]] bool is_bad(const Outcome& /*call*/) const noexcept { return false; }
  bool operator==(const Indifferent&) const = default;
};

template <class Policy>
void check_void_after(int transitions, const Policy& policy) {
  CAPTURE(transitions);
  CircuitBreaker circuit{Config{}, policy};
  for (int i = 0; i < 9; ++i) circuit.try_acquire().failure();
  REQUIRE(circuit.snapshot().numbers != Numbers{});

  for (int i = 1; i < transitions; ++i) {
    if (i % 2 == 0) circuit.disable();
    if (i % 2 != 0) circuit.force_open();
  }
  circuit.reset();

  CHECK(circuit.snapshot().generation == static_cast<Generation>(transitions));
  CHECK(circuit.snapshot().numbers == Numbers{});
}

}  // namespace

TEST_CASE("evidence is void after 256 transitions without a closed stay among them") {
  for (const int transitions : {255, 256, 257}) {
    check_void_after(transitions, FailureRate{last_calls<10>(), {percent(50), 10}});
    check_void_after(transitions, FailureCount{10, last_calls<10>()});
    check_void_after(transitions, SlowCallRate{last_calls<10>(), {1s, percent(50), 10}});
  }
}

TEST_CASE("a circuit whose policy needs no clock reads none while calls end") {
  ReadClock::readings = 0;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{5}, ReadClock{}, Counters{}};

  circuit.try_acquire().success();
  circuit.try_acquire().failure();

  CHECK(ReadClock::readings == 0);
}

TEST_CASE("who is refused at any time costs no reading of the clock") {
  CircuitBreaker circuit{Config{.open_for = 1ms, .probe_lease = 1h}, ConsecutiveFailures{5},
                         ReadClock{}};
  SECTION("while it is forced open") { circuit.force_open(); }
  SECTION("who must not probe, while it is half-open") {
    circuit.trip();
    ReadClock::time += 1ms;
    circuit.try_acquire().ignore();
    REQUIRE(circuit.state() == State::half_open);
  }
  ReadClock::readings = 0;

  CHECK_FALSE(circuit.try_acquire(never_probe));

  CHECK(ReadClock::readings == 0);
}

TEST_CASE("a listener beside a policy that needs no clock for successes costs them no reading") {
  ReadClock::readings = 0;
  CircuitBreaker circuit{Config{}, FailureCount{5, within(10s)}, ReadClock{}, Counters{}};

  circuit.try_acquire().success();

  CHECK(ReadClock::readings == 0);
}

TEST_CASE("a listener that asks for no time hears of none") {
  std::chrono::nanoseconds took{1};
  CircuitBreaker circuit{Config{}, FailureCount{5, within(10s)}, ReadClock{}, Heard{&took}};

  circuit.try_acquire().failure();

  CHECK(took == 0ns);
}

namespace {

using Logged = CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, TransitionLog>;

// Totals would take centuries to come near their limits.
constexpr auto last_64 = std::numeric_limits<std::uint64_t>::max();
constexpr auto last_32 = std::numeric_limits<std::uint32_t>::max();

/// Goes through every state and way to end a call, with transitions, refusals and stale verdicts.
/// **Returns** what the caller saw: who was admitted, and how each verdict was taken.
std::vector<int> use(Logged& circuit, ManualClock clock) {
  std::vector<int> seen;
  for (int round = 0; round < 4; ++round) {
    auto late = circuit.try_acquire();
    seen.push_back(static_cast<bool>(late));
    for (int i = 0; i < 2; ++i) seen.push_back(static_cast<int>(circuit.try_acquire().failure()));
    for (int i = 0; i < 3; ++i) seen.push_back(static_cast<bool>(circuit.try_acquire()));
    seen.push_back(static_cast<int>(late.success()));
    clock.advance(31s);
    seen.push_back(static_cast<int>(circuit.try_acquire().success()));
  }
  return seen;
}

}  // namespace

TEST_CASE("totals that pass their limit start again from 0, and nothing else changes") {
  const ManualClock clock;
  const ManualClock old_clock;
  const TransitionLog log;
  const TransitionLog old_log;
  Logged fresh{Config{}, ConsecutiveFailures{2}, clock, log};
  Logged old{Config{}, ConsecutiveFailures{2}, old_clock, old_log};
  detail::Machine& totals = detail::Peek::at(old).machine;
  totals.transitions.store(last_32 - 2, detail::relaxed);
  totals.refused.store(last_64 - 2, detail::relaxed);
  totals.stale.store(last_32 - 1, detail::relaxed);

  const std::vector<int> expected = use(fresh, clock);
  const std::vector<int> seen = use(old, old_clock);

  const Snapshot of_fresh = fresh.snapshot();
  const Snapshot of_old = old.snapshot();
  CHECK(of_fresh.transitions == 12);
  CHECK(of_fresh.refused == 12);
  CHECK(of_fresh.stale == 4);
  CHECK(of_old.transitions == 9);
  CHECK(of_old.refused == 9);
  CHECK(of_old.stale == 2);
  CHECK(seen == expected);
  CHECK(old_log.transitions() == log.transitions());
  CHECK(old.why() == fresh.why());
  CHECK(of_old.generation == of_fresh.generation);
}

TEST_CASE("a failed probe is a bad one, whatever the policy calls it") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, Indifferent{}, clock};
  circuit.trip();
  clock.advance(30s);

  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a success that comes too late is counted as such by a policy that books by the clock") {
  CircuitBreaker circuit{Config{}, FailureRate{within(10s), {percent(50), 10}}};
  auto late = circuit.try_acquire();
  circuit.force_open();

  CHECK(late.success() == Settled::stale);

  CHECK(circuit.snapshot().stale == 1);
}

TEST_CASE("a circuit whose word was written over by no state begins closed with the next call") {
  const ManualClock clock;
  const TransitionLog log;
  for (const detail::Word state : {5u, 6u, 7u}) {
    Logged circuit{Config{}, ConsecutiveFailures{2}, clock, log};
    detail::Peek::at(circuit).machine.word.store(state | 12u << 3, detail::relaxed);
    CHECK(circuit.state() == State::closed);
    CHECK(circuit.would_admit());

    CHECK(circuit.try_acquire().failure() == Settled::counted);
    CHECK(log.last().reason == Reason::reset);
    CHECK(log.last().to == State::closed);
    CHECK(circuit.try_acquire().failure() == Settled::counted);

    CHECK(circuit.state() == State::open);
  }
}
