// Settings are replaced while calls go on: nobody ever sees a mixture of two.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

/// Settings that belong together: the policy's limit, and how long a refusal by hand says to wait.
Config config_of(int number) {
  return {.open_for = 1s, .retry_after_max = std::chrono::seconds{number}};
}
ConsecutiveFailures policy_of(int number) { return ConsecutiveFailures{number}; }

}  // namespace

TEST_CASE("each reader finds one of the settings, whole, whoever replaces them") {
  constexpr int rounds = 20'000;
  const FailureRate strict{within(10s), {.threshold = 1_percent, .min_calls = 7}};
  const FailureRate lax{within(10s), {.threshold = 100_percent, .min_calls = 1'000'000}};
  CircuitBreaker circuit{Config{}, lax};
  std::atomic<int> wrong{0};

  race(4, [&](int number) {
    for (int i = 0; i < rounds; ++i) {
      if (number < 2) {
        circuit.reconfigure(Config{.probes = 1 + number}, number == 0 ? strict : lax);
      } else {
        const auto found = circuit.policy();
        if (found != strict && found != lax) ++wrong;
        circuit.try_acquire().success();
      }
    }
  });

  CHECK(wrong == 0);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.reconfigure(Config{}).times == static_cast<std::uint16_t>(2 * rounds + 1));
}

TEST_CASE("no failure is lost that is counted while thresholds change") {
  constexpr int each = 5'000;
  CircuitBreaker circuit{Config{}, FailureCount{2 * each + 2, last_calls<16'384>()}};

  race(3, [&](int number) {
    for (int i = 0; i < each; ++i) {
      if (number == 0) {
        circuit.reconfigure(Config{}, FailureCount{2 * each + 1 + i % 2, last_calls<16'384>()});
      } else {
        circuit.try_acquire().failure();
      }
    }
  });

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.numbers().at[0] == 2 * each);
  circuit.try_acquire().failure();
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);
}

TEST_CASE("evidence that was cleared stays cleared, whatever failures race with it") {
  constexpr int rounds = 500;
  CircuitBreaker circuit{Config{}, FailureCount{1'000, within(10s)}};
  int wrong = 0;

  for (int round = 0; round < rounds; ++round) {
    const FailureCount next{1'000, within(round % 2 == 0 ? 20s : 10s)};
    race(2, [&](int number) {
      if (number == 0) {
        circuit.reconfigure(Config{}, next);
      } else {
        circuit.try_acquire().failure();
      }
    });
    if (circuit.numbers().at[0] > 1) ++wrong;
  }

  CHECK(wrong == 0);
}

TEST_CASE("settings that several threads bring at a time end as those of one of them") {
  constexpr int threads = 4;
  constexpr int rounds = 3000;
  CircuitBreaker circuit{config_of(1), policy_of(1), ManualClock{}};
  int mixed = 0;

  Barrier done{threads, [&]() noexcept {
                 circuit.force_open();
                 const auto wait = circuit.try_acquire().rejection().retry_after;
                 const auto number = static_cast<int>(wait / 1s);
                 if (circuit.policy() != policy_of(number)) ++mixed;
                 circuit.reset();
               }};
  race(threads, [&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      const int number = 2 + round * threads + thread;
      circuit.reconfigure(config_of(number), policy_of(number));
      done.arrive_and_wait();
    }
  });

  CHECK(mixed == 0);
}

TEST_CASE("an outage lasts while settings come and go, and no call of it is admitted") {
  constexpr int threads = 4;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1h}, policy_of(1), clock};
  circuit.trip();
  std::atomic<int> admitted{0};

  race(threads, [&](int thread) {
    for (int i = 0; i < 5000; ++i) {
      if (thread == 0) circuit.reconfigure(Config{.open_for = 2h}, policy_of(i + 1));
      if (thread != 0 && circuit.try_acquire()) ++admitted;
    }
  });

  CHECK(admitted == 0);
  CHECK(circuit.try_acquire().rejection().retry_after == 1h);
  CHECK(circuit.snapshot().transitions == 1);
  CHECK(circuit.policy() == policy_of(5000));
}
