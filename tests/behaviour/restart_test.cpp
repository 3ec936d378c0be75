// A service restarts during an outage: the next process goes on where the last one was.
#include <chrono>
#include <string>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

// A process: a clock of its own, and a circuit that trips at the first failure.
struct Process {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, TransitionLog> circuit{
      Config{.open_for = Backoff{.first = 1s, .factor = 2, .max = 64s}}, ConsecutiveFailures{1},
      clock, log};

  explicit Process(std::chrono::nanoseconds up_for = 0s) { clock.set(up_for); }

  void fail() { circuit.try_acquire().failure(); }

  void fail_through(int waits) {
    fail();
    for (int i = 1; i < waits; ++i) {
      clock.advance(circuit.why().open_for);
      fail();
    }
  }
};

}  // namespace

TEST_CASE("a restored circuit waits for the rest of the wait, and its backoff goes on") {
  Process before;
  before.fail_through(6);  // 32 s
  before.clock.advance(10s);
  Process after{7777s};

  after.circuit.restore(before.circuit.saved());

  CHECK(after.circuit.state() == State::open);
  CHECK(after.circuit.try_acquire().rejection().retry_after == 22s);
  after.clock.advance(22s - 1ms);
  CHECK_FALSE(after.circuit.try_acquire());
  after.clock.advance(1ms);
  after.fail();
  CHECK(after.circuit.why().open_for == 64s);
}

TEST_CASE("a circuit that was half-open is restored to a probe, and its backoff goes on") {
  Process before;
  before.fail_through(3);  // 4 s
  before.clock.advance(4s);
  const auto probe = before.circuit.try_acquire();
  Process after;

  after.circuit.restore(before.circuit.saved());

  REQUIRE(probe);
  CHECK(after.circuit.state() == State::half_open);
  CHECK(after.circuit.try_acquire().is_probe());
  after.fail();
  CHECK(after.circuit.why().open_for == 8s);
}

TEST_CASE("a circuit whose wait was over when it was saved is restored to a probe") {
  Process before;
  before.fail_through(3);
  before.clock.advance(100s);
  Process after;

  after.circuit.restore(before.circuit.saved());

  CHECK(after.circuit.try_acquire().is_probe());
}

TEST_CASE("a circuit that had just closed is restored closed, and flapping is remembered") {
  Process before;
  before.fail_through(3);  // 4 s
  before.clock.advance(4s);
  before.circuit.try_acquire().success();
  Process after;

  after.circuit.restore(before.circuit.saved());

  CHECK(after.circuit.state() == State::closed);
  SECTION("it trips soon") {
    after.fail();
    CHECK(after.circuit.why().open_for == 8s);
  }
  SECTION("it trips later") {
    after.clock.advance(4s);
    after.fail();
    CHECK(after.circuit.why().open_for == 1s);
  }
}

TEST_CASE("a circuit that was forced open or disabled is restored so") {
  const bool forced = GENERATE(true, false);
  Process before;
  forced ? before.circuit.force_open() : before.circuit.disable();
  Process after;

  after.circuit.restore(before.circuit.saved());

  CHECK(after.circuit.state() == (forced ? State::forced_open : State::disabled));
  after.clock.advance(1000h);
  CHECK(static_cast<bool>(after.circuit.try_acquire()) == !forced);
}

TEST_CASE("an opening by hand is restored, however long it lasts, and no backoff goes on from it") {
  Process before;
  before.circuit.trip(2h);
  before.clock.advance(30min);
  Process after;

  after.circuit.restore(before.circuit.saved());

  CHECK(after.circuit.try_acquire().rejection().retry_after == 90min);
  after.clock.advance(90min);
  after.fail();
  CHECK(after.circuit.why().open_for == 1s);
}

TEST_CASE("a wait that was saved under longer settings is cut to the longest wait of these") {
  Process after;

  after.circuit.restore({State::open, 24h, 3});

  CHECK(after.circuit.try_acquire().rejection().retry_after == 5min);  // retry_after_max
}

TEST_CASE("what was saved, restored and saved again is the same") {
  const Saved saved =
      GENERATE(Saved{State::closed, 0ms, 0}, Saved{State::closed, 0ms, 30},
               Saved{State::open, 0ms, 0}, Saved{State::open, 1ms, 30},
               Saved{State::open, 300'000ms, 7}, Saved{State::open, 9'000'000ms, 31},
               Saved{State::forced_open, 0ms, 0}, Saved{State::disabled, 0ms, 0});
  Process after{GENERATE(0ns, 123'456'789ns)};

  after.circuit.restore(saved);
  const Saved again = after.circuit.saved();

  CHECK(again.state == saved.state);
  CHECK(again.step == saved.step);
  CHECK(again.left >= saved.left);
  CHECK(again.left <= saved.left + 1ms);
}

TEST_CASE("restoring is a transition: told, numbered, and calls in flight are stale") {
  Process after;
  auto in_flight = after.circuit.try_acquire();

  after.circuit.restore({State::open, 5s, 2});

  CHECK(after.log.size() == 1);
  CHECK(after.log.last() == after.circuit.why());
  CHECK(after.circuit.why().from == State::closed);
  CHECK(after.circuit.why().to == State::open);
  CHECK(after.circuit.why().reason == Reason::restored);
  CHECK(after.circuit.why().open_for == 5s);
  CHECK(after.circuit.why().generation == 1);
  CHECK(in_flight.failure() == Settled::stale);
}

TEST_CASE("a saved state that can't be is refused by name and changes nothing") {
  struct Case {
    Saved saved;
    std::string field;
  };
  const auto [saved, field] = GENERATE(
      Case{{State::half_open, 0ms, 0}, "Saved.state"},
      Case{{static_cast<State>(5), 0ms, 0}, "Saved.state"},
      Case{{State::open, -1ms, 0}, "Saved.left"},
      Case{{State::open, std::chrono::milliseconds{(1LL << 34) + 1}, 0}, "Saved.left"},
      Case{{State::open, 0ms, -1}, "Saved.step"}, Case{{State::open, 0ms, 32}, "Saved.step"});
  Process after;

  try {
    after.circuit.restore(saved);
    FAIL("restored");
  } catch (const ConfigError& error) {
    CHECK(error.field() == field);
  }

  CHECK(after.circuit.state() == State::closed);
  CHECK(after.log.size() == 0);
}
