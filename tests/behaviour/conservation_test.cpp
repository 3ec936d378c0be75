// Promise 10: with Counters, at rest, admitted = succeeded + failed + ignored + stale.
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

struct Random {
  std::uint64_t state;
  int below(int bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state >> 33) % static_cast<std::uint64_t>(bound));
  }
};

bool is_conserved(const CallTotals& totals) {
  return totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale;
}

// A random life of a circuit, with a count of its own beside it.
template <class Circuit>
struct Life {
  Circuit& circuit;
  ManualClock clock;
  Random random;
  std::vector<typename Circuit::Permit> held{};
  std::uint64_t asked = 0;
  std::uint64_t stale = 0;

  void step() {
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3: return acquire();
      case 4:
      case 5:
      case 6: return settle();
      case 7: return call();
      case 8: return clock.advance(std::chrono::milliseconds{random.below(2000)});
      case 9: return command();
      case 10:
      case 11: return drop();
    }
  }

  void acquire() {
    ++asked;
    held.push_back(circuit.try_acquire());
  }

  typename Circuit::Permit take() {
    const auto at = held.begin() + random.below(static_cast<int>(held.size()));
    auto permit = std::move(*at);
    held.erase(at);
    return permit;
  }

  void settle() {
    if (held.empty()) return;
    auto permit = take();
    if (permit.settle(static_cast<Verdict>(random.below(3))) == Settled::stale) ++stale;
    permit.ignore();  // repeated: does nothing
  }

  void drop() {
    if (held.empty()) return;
    auto permit = take();
    permit.if_dropped(static_cast<Verdict>(random.below(3)));
  }

  void call() {
    ++asked;
    const int kind = random.below(3);
    try {
      circuit.call([&] {
        if (kind == 0) throw std::runtime_error{"down"};
        if (kind == 1) circuit.reset();
      });
    } catch (const std::exception&) {
    }
  }

  void command() {
    const int kind = random.below(40);
    if (kind == 0) circuit.force_open();
    if (kind == 1) circuit.disable();
    if (kind == 2) circuit.trip();
    if (kind > 30) circuit.reset();
  }
};

template <class Listener = Counters<>, class Policy>
void conserve_calls(Config config, const Policy& policy) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    ManualClock clock;
    CircuitBreaker circuit{config, policy, clock, Listener{}};
    Life<decltype(circuit)> life{circuit, clock, Random{seed}};

    for (int i = 0; i < 1000; ++i) life.step();
    life.held.clear();

    const CallTotals totals = circuit.listener().totals();
    CHECK(is_conserved(totals));
    CHECK(totals.refused == circuit.snapshot().refused);
    CHECK(totals.stale == circuit.snapshot().stale);
    CHECK(totals.stale >= life.stale);
    const auto refused = config.mode == Mode::enforce ? totals.refused : 0;
    CHECK(totals.admitted + refused == life.asked);
    CHECK(totals.admitted > 0);
    CHECK(totals.refused > 0);
    CHECK(totals.stale > 0);
  }
}

}  // namespace

TEST_CASE("every admitted call is accounted for once, whatever the policy") {
  const Config config{.open_for = 3s, .probes = 3};

  SECTION("consecutive failures") { conserve_calls(config, ConsecutiveFailures{3}); }
  SECTION("failure rate, last calls") {
    conserve_calls(config, FailureRate{last_calls<20>(), {50_percent, 3}});
  }
  SECTION("failure rate, time window") {
    conserve_calls(config, FailureRate{within<10, 3>(10s), {50_percent, 3}});
  }
  SECTION("failure count") { conserve_calls(config, FailureCount{3, within(10s)}); }
  SECTION("slow calls") {
    conserve_calls(config,
                   SlowCallRate{{.slower_than = 1s, .threshold = 50_percent, .min_calls = 3}});
  }
  SECTION("any of") {
    conserve_calls(config, any_of(ConsecutiveFailures{3}, FailureCount{4, last_calls<9>()}));
  }
}

TEST_CASE("every admitted call is accounted for once in shadow mode") {
  conserve_calls(Config{.open_for = 3s, .mode = Mode::shadow}, ConsecutiveFailures{3});
}

TEST_CASE("every admitted call is accounted for once, in one stripe as in many") {
  conserve_calls<Counters<1>>(Config{}, ConsecutiveFailures{3});
  conserve_calls<Counters<64>>(Config{}, ConsecutiveFailures{3});
}

TEST_CASE("every admitted call is accounted for once when durations are kept, too") {
  conserve_calls<TimedCounters<>>(Config{}, ConsecutiveFailures{3});
}

TEST_CASE("counters tell verdicts apart, and refused calls from admitted ones") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock, Counters{}};
  for (int i = 0; i < 3; ++i) circuit.try_acquire().success();
  for (int i = 0; i < 2; ++i) circuit.try_acquire().ignore();
  auto late = circuit.try_acquire();
  circuit.try_acquire().failure();
  late.success();
  for (int i = 0; i < 4; ++i) CHECK_FALSE(circuit.try_acquire());

  const CallTotals totals = circuit.listener().totals();

  CHECK(totals.admitted == 7);
  CHECK(totals.succeeded == 3);
  CHECK(totals.failed == 1);
  CHECK(totals.ignored == 2);
  CHECK(totals.stale == 1);
  CHECK(totals.refused == 4);
}

TEST_CASE("totals survive a reset") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, Counters{}};
  circuit.try_acquire().failure();
  CHECK_FALSE(circuit.try_acquire());

  circuit.reset();

  CHECK(circuit.listener().totals().failed == 1);
  CHECK(circuit.snapshot().refused == 1);
  CHECK(circuit.snapshot().transitions == 2);
}

TEST_CASE("timed counters add up how long calls took, by how they ended") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, TimedCounters{}};
  const auto run = [&](Duration time, Verdict verdict) {
    auto permit = circuit.try_acquire();
    clock.advance(time);
    permit.settle(verdict);
  };

  run(10ms, Verdict::success);
  run(30ms, Verdict::success);
  run(5ms, Verdict::failure);
  run(7ms, Verdict::ignored);

  const CallDurations durations = circuit.listener().durations();
  CHECK(durations.succeeded.sum == 40ms);
  CHECK(durations.succeeded.longest == 30ms);
  CHECK(durations.failed.sum == 5ms);
  CHECK(durations.ignored.longest == 7ms);
}
