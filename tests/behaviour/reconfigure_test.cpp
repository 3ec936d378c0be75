// Settings that change while the circuit runs: what stays, what is cut, what begins anew.
#include <chrono>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

FailureRate<LastCalls<10>> share_of_ten(Ratio threshold) {
  return {last_calls<10>(), {.threshold = threshold, .min_calls = 4}};
}

/// Hears everything that reconfigure tells.
struct Heard {
  std::vector<Transition>* transitions;
  std::vector<Reconfigured>* settings;

  void operator()(const Transition& transition) const { transitions->push_back(transition); }
  void on_reconfigured(const Reconfigured& kept) const { settings->push_back(kept); }
};

void fail(auto& circuit, int times = 1) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().failure();
}

}  // namespace

TEST_CASE("a lower threshold holds for what is counted already") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{100}};
  fail(circuit, 4);

  const Reconfigured kept = circuit.reconfigure(Config{}, ConsecutiveFailures{5});

  CHECK(kept.kept_evidence);
  CHECK(circuit.policy() == ConsecutiveFailures{5});
  CHECK(circuit.numbers().at[0] == 4);
  CHECK(circuit.state() == State::closed);
  fail(circuit);
  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limits.at[0] == 5);
}

TEST_CASE("a threshold that is passed already trips at the next failure, not by itself") {
  CircuitBreaker circuit{Config{}, share_of_ten(50_percent)};
  for (int i = 0; i < 6; ++i) circuit.try_acquire().success();
  fail(circuit, 4);

  CHECK(circuit.reconfigure(Config{}, share_of_ten(10_percent)).kept_evidence);
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().success();
  CHECK(circuit.state() == State::closed);
  fail(circuit);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a window of another length begins anew, in a stay of its own") {
  std::vector<Transition> transitions;
  std::vector<Reconfigured> settings;
  CircuitBreaker circuit{Config{}, FailureRate{within(10s), {50_percent, 4}},
                         Heard{&transitions, &settings}};
  fail(circuit, 3);
  auto before = circuit.try_acquire();

  const Reconfigured kept =
      circuit.reconfigure(Config{}, FailureRate{within(60s), {50_percent, 4}});

  CHECK_FALSE(kept.kept_evidence);
  CHECK(circuit.numbers() == Numbers{});
  CHECK(before.failure() == Settled::stale);
  CHECK(circuit.state() == State::closed);
  REQUIRE(transitions.size() == 1);
  CHECK(transitions[0].reason == Reason::reconfigured);
  CHECK(transitions[0].from == State::closed);
  CHECK(transitions[0].to == State::closed);
  REQUIRE(settings.size() == 1);
  CHECK(settings[0] == kept);
}

TEST_CASE("an open wait is cut to the new longest one, and never lengthened") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 60s}, ConsecutiveFailures{1}, clock};
  fail(circuit);

  CHECK(circuit.reconfigure(Config{.open_for = 600s}).kept_wait);
  CHECK(circuit.try_acquire().rejection().retry_after == 60s);

  CHECK_FALSE(circuit.reconfigure(Config{.open_for = 5s}).kept_wait);
  CHECK(circuit.try_acquire().rejection().retry_after == 5s);
  clock.advance(5s);
  CHECK(circuit.try_acquire().is_probe());
}

TEST_CASE("a wait that an answer asked for is cut to what answers may ask for") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1s, .retry_after_max = 1h}, ConsecutiveFailures{1},
                         clock};
  circuit.try_acquire().settle(Verdict::failure, 30min);

  CHECK(circuit.reconfigure(Config{.open_for = 2s, .retry_after_max = 1h}).kept_wait);
  CHECK(circuit.try_acquire().rejection().retry_after == 30min);
  CHECK_FALSE(circuit.reconfigure(Config{.open_for = 2s, .retry_after_max = 5min}).kept_wait);
  CHECK(circuit.try_acquire().rejection().retry_after == 5min);
}

TEST_CASE("a wait by hand is not cut") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 60s}, clock};
  circuit.trip(1h);

  CHECK(circuit.reconfigure(Config{.open_for = 5s}).kept_wait);

  CHECK(circuit.try_acquire().rejection().retry_after == 1h);
}

TEST_CASE("the backoff goes on under new settings") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = Backoff{.first = 1s, .factor = 2, .max = 64s}},
                         ConsecutiveFailures{1}, clock};
  fail(circuit);
  clock.advance(1s);
  fail(circuit);
  CHECK(circuit.why().open_for == 2s);

  circuit.reconfigure(Config{.open_for = Backoff{.first = 10s, .factor = 2, .max = 640s}});
  clock.advance(2s);
  fail(circuit);

  CHECK(circuit.why().open_for == 40s);
}

TEST_CASE("probes keep their slots, and a lease counts from the new settings on") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1s, .probes = 2, .probe_lease = 60s},
                         ConsecutiveFailures{1}, clock};
  fail(circuit);
  clock.advance(1s);
  auto first = circuit.try_acquire();
  auto second = circuit.try_acquire();
  CHECK(second);
  clock.advance(50s);

  circuit.reconfigure(Config{.open_for = 1s, .probes = 3, .probe_lease = 20s});

  auto third = circuit.try_acquire();
  CHECK(third.is_probe());
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(19s);
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(3s);
  CHECK(circuit.try_acquire().is_probe());
  first.success();
  second.success();
  third.success();
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a lease that would be over under the new settings counts from them on") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1s, .probe_lease = 60s}, ConsecutiveFailures{1}, clock};
  fail(circuit);
  clock.advance(1s);
  auto probe = circuit.try_acquire();
  clock.advance(50s);

  circuit.reconfigure(Config{.open_for = 1s, .probe_lease = 20s});

  CHECK_FALSE(circuit.try_acquire());
  clock.advance(18s);
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(4s);
  CHECK(circuit.try_acquire().is_probe());
}

TEST_CASE("a bad setting changes nothing, and is named") {
  CircuitBreaker circuit{Config{.open_for = 60s}, ConsecutiveFailures{3}};
  fail(circuit, 2);

  CHECK_THROWS_WITH(circuit.reconfigure(Config{.probes = 64}),
                    "breaker: Config.probes is 64, it must be 1 to 63");
  CHECK_THROWS_AS(circuit.reconfigure(Config{.open_for = 1s}, ConsecutiveFailures{0}), ConfigError);

  CHECK(circuit.policy() == ConsecutiveFailures{3});
  fail(circuit);
  CHECK(circuit.why().open_for == 60s);
}

TEST_CASE("state by hand, generation and totals survive new settings") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}};
  circuit.force_open();
  static_cast<void>(circuit.try_acquire());
  const Snapshot before = circuit.snapshot();

  circuit.reconfigure(Config{.open_for = 1s}, ConsecutiveFailures{7});

  CHECK(circuit.snapshot() == before);
}

TEST_CASE("shadow mode can be switched on and off") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}};
  fail(circuit);
  CHECK_FALSE(circuit.try_acquire());

  circuit.reconfigure(Config{.mode = Mode::shadow});
  CHECK(circuit.try_acquire());
  circuit.reconfigure(Config{});

  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("why() gives the limits that tripped the circuit, or none once they have changed") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}};
  fail(circuit, 2);

  circuit.reconfigure(Config{.open_for = 1s});
  CHECK(circuit.why().limits.at[0] == 2);

  circuit.reconfigure(Config{}, ConsecutiveFailures{9});
  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.why().numbers.at[0] == 2);
  CHECK(circuit.why().limits == Limits{});
}

TEST_CASE("each change of the settings is counted, and told after it holds") {
  std::vector<Transition> transitions;
  std::vector<Reconfigured> settings;
  CircuitBreaker circuit{Config{}, Heard{&transitions, &settings}};

  CHECK(circuit.reconfigure(Config{.probes = 2}).times == 1);
  CHECK(circuit.reconfigure(Config{.probes = 2}, ConsecutiveFailures{7}).times == 2);

  REQUIRE(settings.size() == 2);
  CHECK(settings[1].times == 2);
  CHECK(transitions.empty());
}

TEST_CASE("calls that were slow under another limit are void") {
  using Slow = SlowCallRate<LastCalls<10>>;
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, Slow{{.slower_than = 1s, .threshold = 100_percent, .min_calls = 4}}, clock};
  for (int i = 0; i < 3; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(2s);
    permit.success();
  }
  REQUIRE(circuit.numbers() != Numbers{});

  const Slow other{{.slower_than = 3s, .threshold = 100_percent, .min_calls = 4}};
  CHECK_FALSE(circuit.reconfigure(Config{}, other).kept_evidence);

  CHECK(circuit.numbers() == Numbers{});
}

TEST_CASE("more probes are let out, and more must succeed, once the settings say so") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock};
  circuit.trip();
  clock.advance(30s);
  auto first = circuit.try_acquire();
  REQUIRE_FALSE(circuit.try_acquire());

  circuit.reconfigure({.open_for = 30s, .probes = 2});
  auto second = circuit.try_acquire();
  CHECK(second.is_probe());
  CHECK_FALSE(circuit.try_acquire());
  first.success();
  CHECK(circuit.state() == State::half_open);
  second.success();

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("what a listener throws when it hears of new settings is counted") {
  struct Throws {
    std::vector<Reconfigured>* all;
    void on_reconfigured(const Reconfigured& kept) const {
      all->push_back(kept);
      throw 1;
    }
  };
  std::vector<Reconfigured> heard;
  CircuitBreaker circuit{Config{.open_for = 1h}, Throws{&heard}, ManualClock{}};
  circuit.trip();

  const Reconfigured kept = circuit.reconfigure({.open_for = 1s});

  CHECK(heard == std::vector{kept});
  CHECK(kept == Reconfigured{.kept_evidence = true, .kept_wait = false, .times = 1});
  CHECK(circuit.snapshot().listener_errors == 1);
}

TEST_CASE("settings reloaded many times take no place in a registry, and handles stay good") {
  ManualClock clock;
  Registry circuits{{.capacity = 10}, clock, ConsecutiveFailures{5}};
  const auto in_hand = circuits.handle("db");
  for (int i = 0; i < 5; ++i) in_hand.try_acquire().failure();

  for (int reload = 1; reload <= 1000; ++reload)
    circuits.reconfigure({.capacity = 10,
                          .config = {.open_for = 5s},
                          .policy = ConsecutiveFailures{reload % 7 + 1}});

  CHECK(circuits.made() == 1);
  CHECK(circuits.overflowed() == 0);
  CHECK(in_hand.state() == State::open);
  CHECK(in_hand.policy() == ConsecutiveFailures{7});
  clock.advance(5s);
  CHECK(in_hand.state() == State::half_open);
}

namespace {

using TimeRate = decltype(FailureRate{within(10s), {50_percent, 4}});

/// Asks the circuit for other settings as soon as it hears that its evidence begins anew.
struct Meddler {
  using Circuit = CircuitBreaker<SteadyClock, TimeRate, DefaultClassifier, Meddler>;

  Circuit** circuit;

  void operator()(const Transition& transition) const {
    if (transition.reason == Reason::reconfigured) (*circuit)->reconfigure(Config{.probes = 7});
  }
};

}  // namespace

TEST_CASE("a listener may change the settings: no lock is held while it runs") {
  Meddler::Circuit* self = nullptr;
  Meddler::Circuit circuit{Config{}, FailureRate{within(10s), {50_percent, 4}}, Meddler{&self}};
  self = &circuit;

  CHECK(circuit.reconfigure(Config{}, FailureRate{within(60s), {50_percent, 4}}).times == 1);

  circuit.trip();
  circuit.retry_in(0s);
  std::vector<Meddler::Circuit::Permit> probes;
  for (int i = 0; i < 8; ++i) probes.push_back(circuit.try_acquire());
  CHECK(probes[6].is_probe());
  CHECK_FALSE(probes[7]);
}
