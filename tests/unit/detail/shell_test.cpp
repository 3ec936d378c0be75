// Shell: what it does to a policy on each transition.
#include "breaker/detail/shell.hpp"

#include <chrono>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
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
  static time_point now() noexcept {
    ++readings;
    return time_point{100s};
  }
};

/// Hears of calls, and asks for no time.
struct Heard {
  std::chrono::nanoseconds* took;
  void on_settled(const SettledCall& call) { *took = call.took; }
};

/// A policy of the user's that wants no clock and counts successes.
struct Successes {
  static constexpr ClockUse clock_use = ClockUse::none;
  std::uint32_t calls = 0;
  bool record(const Outcome&) noexcept { return ++calls > 100; }
  void clear() noexcept { calls = 0; }
  [[nodiscard]] Evidence evidence() const noexcept { return {calls, 0, 0}; }
};

template <class Policy>
void check_void_after(int transitions, const Policy& policy) {
  CAPTURE(transitions);
  CircuitBreaker circuit{Config{}, policy};
  for (int i = 0; i < 9; ++i) circuit.try_acquire().failure();
  REQUIRE(circuit.snapshot().evidence != Evidence{0, 0, 0});

  for (int i = 1; i < transitions; ++i) {
    if (i % 2 == 0) circuit.disable();
    if (i % 2 != 0) circuit.force_open();
  }
  circuit.reset();

  CHECK(circuit.snapshot().generation == static_cast<Generation>(transitions));
  CHECK(circuit.snapshot().evidence == Evidence{0, 0, 0});
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

TEST_CASE("a policy of the user's that needs no clock hears of every success") {
  CircuitBreaker circuit{Config{}, Successes{}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().success();
  circuit.call([] {});

  CHECK(circuit.snapshot().evidence.calls == 4);
}
