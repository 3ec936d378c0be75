// Open waits: fixed, growing, jittered once per opening; and what a refused caller is told of them.
#include <set>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

// Lets every probe fail, and collects the waits.
std::vector<std::chrono::milliseconds> waits_of(Config config, int openings) {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{config, ConsecutiveFailures{1}, clock, log};
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < openings; ++i) {
    circuit.try_acquire().failure();
    waits.push_back(log.last().open_for);
    clock.advance(log.last().open_for);
  }
  return waits;
}

}  // namespace

TEST_CASE("a wait is over to the tick: not a moment early, less than a millisecond late") {
  ManualClock clock;
  clock.set(123'456ns);
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();

  clock.advance(30s - 1ns);
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(1ms);

  CHECK(circuit.try_acquire());
}

TEST_CASE("a fixed wait stays the same however often probes fail") {
  CHECK(waits_of({.open_for = 30s}, 4) ==
        std::vector<std::chrono::milliseconds>{30s, 30s, 30s, 30s});
}

TEST_CASE("a growing wait grows by a factor that is no whole number, rounded up") {
  const Backoff halves{.first = 1s, .factor = 1.5, .max = 20s};
  const Backoff thirds{.first = 1s, .factor = Ratio{4, 3}, .max = 20s};

  CHECK(waits_of({.open_for = halves}, 4) ==
        std::vector<std::chrono::milliseconds>{1000ms, 1500ms, 2250ms, 3375ms});
  CHECK(waits_of({.open_for = thirds}, 3) ==
        std::vector<std::chrono::milliseconds>{1000ms, 1330ms, 1769ms});
}

TEST_CASE("a growing wait grows by its factor up to its longest") {
  const Backoff growing{.first = 1s, .factor = 3, .max = 20s};

  CHECK(waits_of({.open_for = growing}, 5) ==
        std::vector<std::chrono::milliseconds>{1s, 3s, 9s, 20s, 20s});
}

TEST_CASE("a growing wait stays at its longest through a hundred failed probes") {
  const auto waits = waits_of({.open_for = Backoff{.first = 1ms, .factor = 2, .max = 10min}}, 100);

  CHECK(waits.back() == 10min);
}

TEST_CASE("jitter shortens a wait by its share at most, and differently each time") {
  const Backoff jittered{.first = 100s, .factor = 1, .max = 100s, .jitter = 20_percent, .seed = 7};

  const auto waits = waits_of({.open_for = jittered}, 200);

  for (const auto wait : waits) {
    CHECK(wait >= 80s);
    CHECK(wait <= 100s);
  }
  CHECK(std::set(waits.begin(), waits.end()).size() > 150);
}

TEST_CASE("jitter is drawn once per opening, however many callers ask") {
  ManualClock clock;
  TransitionLog log;
  const Backoff jittered{.first = 100s, .factor = 1, .max = 100s, .jitter = 100_percent};
  CircuitBreaker circuit{Config{.open_for = jittered}, ConsecutiveFailures{1}, clock, log};
  circuit.try_acquire().failure();
  const auto wait = log.last().open_for;

  std::chrono::nanoseconds passed{0};
  while (passed + 100ms < wait) {
    clock.advance(100ms);
    passed += 100ms;
    const auto permit = circuit.try_acquire();
    REQUIRE_FALSE(permit);
    CHECK(permit.rejection().retry_after >= wait - passed - 1ms);
    CHECK(permit.rejection().retry_after <= wait - passed + 1ms);
  }
  clock.advance(wait - passed);

  CHECK(circuit.try_acquire());
}

TEST_CASE("the same seed draws the same waits, another seed others") {
  const auto with_seed = [](std::uint16_t seed) {
    return waits_of({.open_for = Backoff{.first = 100s, .jitter = 50_percent, .seed = seed}}, 20);
  };

  CHECK(with_seed(1) == with_seed(1));
  CHECK(with_seed(1) != with_seed(2));
}

TEST_CASE("circuits without a seed do not wait in step") {
  ManualClock clock;
  const Backoff jittered{.first = 100s, .jitter = 50_percent};
  std::set<std::chrono::nanoseconds> waits;
  CircuitBreaker a{Config{.open_for = jittered}, clock};
  CircuitBreaker b{Config{.open_for = jittered}, clock};
  CircuitBreaker c{Config{.open_for = jittered}, clock};

  for (auto* circuit : {&a, &b, &c}) {
    circuit->trip();
    waits.insert(circuit->try_acquire().rejection().retry_after);
  }

  CHECK(waits.size() == 3);
}

TEST_CASE("a rejection says how long to wait, to the tick, and why") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(10s + 1ns);

  const Rejection rejection = circuit.try_acquire().rejection();

  CHECK(rejection.reason == RejectionReason::open);
  CHECK(rejection.retry_after == 20s - 1ns);
  CHECK(rejection.generation == 1);
}

TEST_CASE(
    "a worker that sleeps for what the refusal says asks ten times a second while a probe is out") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto probe = circuit.try_acquire();

  for (int i = 0; i < 100; ++i) {
    const auto refused = circuit.try_acquire();
    REQUIRE_FALSE(refused);
    CHECK(refused.rejection().reason == RejectionReason::probes_busy);
    CHECK(refused.rejection().retry_after == 100ms);
    clock.advance(refused.rejection().retry_after);
  }

  REQUIRE(probe);
}

TEST_CASE("while a probe is out, nobody is told to wait for longer than the first lease") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s, .probe_lease = 32ms}, ConsecutiveFailures{1},
                         clock};
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto probe = circuit.try_acquire();

  const Rejection rejection = circuit.try_acquire().rejection();

  REQUIRE(probe);
  CHECK(rejection.retry_after > 30ms);
  CHECK(rejection.retry_after <= 32ms);
}

TEST_CASE("a circuit that was forced open says the longest wait, as nobody knows the real one") {
  CircuitBreaker circuit{Config{.retry_after_max = 77s}};
  circuit.force_open();

  const Rejection rejection = circuit.try_acquire().rejection();

  CHECK(rejection.reason == RejectionReason::forced_open);
  CHECK(rejection.retry_after == 77s);
}

TEST_CASE("the longest wait there may be is kept, and ends") {
  const std::chrono::milliseconds longest{std::int64_t{1} << 34};
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = longest}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(longest - 1ms);
  CHECK_FALSE(circuit.try_acquire());

  clock.advance(1ms);

  CHECK(circuit.try_acquire());
}
