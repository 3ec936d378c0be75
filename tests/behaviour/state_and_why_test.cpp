// What a circuit says of itself: state() never lies, why() names the numbers, snapshot() adds up.
#include <string>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

TEST_CASE("an open circuit whose wait is over says half-open, before anybody calls") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);

  clock.advance(30s);

  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.snapshot().state == State::half_open);
}

TEST_CASE("asking for the state changes nothing: event and why() come with the next caller") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock, log};
  circuit.try_acquire().failure();
  clock.advance(30s);

  for (int i = 0; i < 3; ++i) static_cast<void>(circuit.state());
  CHECK(log.size() == 1);
  CHECK(circuit.why().to == State::open);
  CHECK(circuit.snapshot().generation == 1);
  circuit.try_acquire().ignore();

  CHECK(log.size() == 2);
  CHECK(circuit.why().reason == Reason::wait_over);
}

TEST_CASE("would_admit tells what the next caller meets, in every state") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  CHECK(circuit.would_admit());
  circuit.try_acquire().failure();
  CHECK_FALSE(circuit.would_admit());
  clock.advance(30s);
  CHECK(circuit.would_admit());
  {
    const auto probe = circuit.try_acquire();
    CHECK_FALSE(circuit.would_admit());
  }
  CHECK(circuit.would_admit());
  circuit.force_open();
  CHECK_FALSE(circuit.would_admit());
  circuit.disable();
  CHECK(circuit.would_admit());
}

TEST_CASE("a fresh circuit says that there was no transition yet") {
  const CircuitBreaker circuit{Config{}};

  CHECK(circuit.why().reason == Reason::none);
  CHECK(circuit.why().has_numbers);
  CHECK(circuit.snapshot().transitions == 0);
}

TEST_CASE("why() gives the numbers that tripped, held against their limit, and when") {
  ManualClock clock;
  TransitionLog log;
  clock.set(1234567ns);
  CircuitBreaker circuit{Config{.open_for = 30s},
                         FailureRate{last_calls<50>(), {.threshold = 40_percent, .min_calls = 10}},
                         clock, log};
  for (int i = 0; i < 6; ++i) circuit.try_acquire().success();
  for (int i = 0; i < 4; ++i) circuit.try_acquire().failure();

  const Transition why = circuit.why();

  CHECK(why.from == State::closed);
  CHECK(why.to == State::open);
  CHECK(why.reason == Reason::policy);
  CHECK(why.numbers == Numbers{{4, 10}});
  CHECK(why.limits == Limits{{40, 100, 10}});
  CHECK(why.words->rule == std::string_view{"failure_rate"});
  CHECK(why.at == 1234567ns);
  CHECK(why.open_for == 30s);
  CHECK(why.generation == 1);
  CHECK(why == log.last());
}

TEST_CASE("the numbers that tripped stay in why() while the evidence is cleared") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}};
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  CHECK(circuit.snapshot().numbers == Numbers{});
  CHECK(circuit.why().numbers.at[0] == 3);
  CHECK(circuit.why().limits == Limits{{3}});
  CHECK(circuit.why().words->rule == std::string_view{"consecutive_failures"});
}

TEST_CASE("a snapshot counts transitions, refusals, stale verdicts and what listeners threw") {
  const auto throws = [](const Transition&) { throw 1; };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, throws};
  auto late = circuit.try_acquire();
  circuit.try_acquire().failure();
  late.failure();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(circuit.try_acquire());

  const Snapshot snapshot = circuit.snapshot();

  CHECK(snapshot.state == State::open);
  CHECK(snapshot.generation == 1);
  CHECK(snapshot.transitions == 1);
  CHECK(snapshot.refused == 3);
  CHECK(snapshot.stale == 1);
  CHECK(snapshot.listener_errors == 1);
}

TEST_CASE("a default circuit does something: five failures in a row open it") {
  CircuitBreaker<> circuit;

  for (int i = 0; i < 4; ++i) circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().open_for == 30s);
}

TEST_CASE("a setting out of its range is refused by name, not clamped in silence") {
  const auto field_of = [](Config config) -> std::string {
    try {
      const CircuitBreaker circuit{config};
      return "";
    } catch (const ConfigError& error) {
      return error.field();
    }
  };

  CHECK(field_of({}).empty());
  CHECK(field_of({.open_for = 0s}) == "Config.open_for");
  CHECK(field_of({.open_for = -1s}) == "Config.open_for");
  CHECK(field_of({.open_for = std::chrono::hours::max()}) == "Config.open_for");
  CHECK(field_of({.probes = 0}) == "Config.probes");
  CHECK(field_of({.probes = 64}) == "Config.probes");
  CHECK(field_of({.close_after = 0}) == "Config.close_after");
  CHECK(field_of({.reopen_after = -1}) == "Config.reopen_after");
  CHECK(field_of({.probe_lease = 0s}) == "Config.probe_lease");
  CHECK_THROWS_AS((FailureRate{{.threshold = 50_percent, .min_calls = 101}}), ConfigError);
  CHECK_THROWS_AS((FailureRate{{.threshold = percent(0)}}), ConfigError);
  CHECK_THROWS_AS(ConsecutiveFailures{0}, ConfigError);
}
