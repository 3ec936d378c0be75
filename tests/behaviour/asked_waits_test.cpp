// Waits that answers ask for (HTTP `Retry-After`): the latest that is still ahead when the circuit opens
// counts, whichever failure asked.
#include <chrono>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

TEST_CASE("the verdict that opens may ask for a longer wait, and gets no shorter one") {
  struct Case {
    Duration asked;
    std::chrono::milliseconds expected;
  };
  const auto [asked, expected] =
      GENERATE(Case{120s, 120s}, Case{5s, 30s}, Case{1h, 200s},
               Case{std::chrono::hours::max(), 200s}, Case{-5s, 30s}, Case{Duration{}, 30s});
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 200s}, ConsecutiveFailures{1},
                         clock, log};

  SECTION("from closed") { circuit.try_acquire().settle(Verdict::failure, asked); }
  SECTION("from half-open") {
    circuit.try_acquire().failure();
    clock.advance(30s);
    circuit.try_acquire().settle(Verdict::failure, asked);
  }

  CHECK(log.last().open_for == expected);
  CHECK(circuit.try_acquire().rejection().retry_after == expected);
}

TEST_CASE("a slow success asks for nothing, wherever it opens the circuit") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{
      Config{.open_for = 30s}, clock, log,
      SlowCallRate{{.slower_than = 1s, .threshold = 100_percent, .min_calls = 1}}};
  const auto settle_slowly = [&] {
    auto permit = circuit.try_acquire();
    clock.advance(2s);
    permit.settle(Verdict::success, 120s);
  };

  settle_slowly();
  CHECK(log.last().open_for == 30s);
  clock.advance(30s);
  settle_slowly();

  CHECK(log.last().reason == Reason::probes_failed);
  CHECK(log.last().open_for == 30s);
}

TEST_CASE("a classifier may hand on the wait that the answer asked for") {
  struct Busy {
    std::chrono::seconds retry_after;
  };
  struct Judge {
    Judgement on_result(const Busy& busy) const { return {Verdict::failure, busy.retry_after}; }
  };
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, Judge{}, ManualClock{}};

  circuit.call([] { return Busy{120s}; });

  CHECK(circuit.why().open_for == 120s);
}

TEST_CASE("a wait that an earlier failure asked for counts, if the deciding one asks for none") {
  ManualClock clock;
  SECTION("closed") {
    CircuitBreaker circuit{Config{.open_for = 5s}, ConsecutiveFailures{5}, clock};
    for (int i = 0; i < 4; ++i) circuit.try_acquire().settle(Verdict::failure, 120s);

    circuit.try_acquire().failure();

    CHECK(circuit.why().open_for == 120s);
  }
  SECTION("closed, with a window") {
    CircuitBreaker circuit{Config{.open_for = 5s}, FailureCount{2, within(100s)}, clock};
    circuit.try_acquire().settle(Verdict::failure, 120s);

    circuit.try_acquire().failure();

    CHECK(circuit.why().open_for == 120s);
  }
  SECTION("half-open") {
    CircuitBreaker circuit{Config{.open_for = 5s, .probes = 3, .reopen_after = 2},
                           ConsecutiveFailures{1}, clock};
    circuit.try_acquire().failure();
    clock.advance(5s);
    circuit.try_acquire().settle(Verdict::failure, 120s);

    circuit.try_acquire().failure();

    CHECK(circuit.why().open_for == 120s);
  }
}

namespace {

// A circuit that opens for 5 s at the third failure.
struct Circuits {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures> circuit{
      Config{.open_for = 5s, .probes = 2, .reopen_after = 3}, ConsecutiveFailures{3}, clock};

  void fail(Duration asked = {}) { circuit.try_acquire().settle(Verdict::failure, asked); }
};

}  // namespace

TEST_CASE("of several waits that were asked for, the one that ends last counts") {
  Circuits circuits;

  SECTION("asked first") {
    circuits.fail(100s);
    circuits.clock.advance(10s);
    circuits.fail(20s);
    circuits.fail(20s);
    CHECK(circuits.circuit.why().open_for == 90s);
  }
  SECTION("asked later") {
    circuits.fail(100s);
    circuits.clock.advance(10s);
    circuits.fail(95s);
    circuits.fail();
    CHECK(circuits.circuit.why().open_for == 95s);
  }
}

TEST_CASE("a wait that was asked for runs from the answer, not from the opening") {
  Circuits circuits;
  circuits.fail(100s);
  circuits.clock.advance(60s);
  circuits.fail();

  circuits.fail();

  CHECK(circuits.circuit.why().open_for == 40s);
}

TEST_CASE("a wait that was asked for and is over counts for nothing") {
  Circuits circuits;
  circuits.fail(100s);
  circuits.clock.advance(GENERATE(100s, 200s));
  circuits.fail();

  circuits.fail();

  CHECK(circuits.circuit.why().open_for == 5s);
}

TEST_CASE("a success does not take back what a failure asked for") {
  Circuits circuits;
  circuits.fail(100s);
  circuits.circuit.try_acquire().success();

  for (int i = 0; i < 3; ++i) circuits.fail();

  CHECK(circuits.circuit.why().open_for == 100s);
}

TEST_CASE("what was asked for in one stay is forgotten in the next") {
  Circuits circuits;
  circuits.fail(250s);

  SECTION("closed anew") {
    circuits.circuit.reset();
    for (int i = 0; i < 3; ++i) circuits.fail();
  }
  SECTION("half-open") {
    circuits.circuit.trip(1s);
    circuits.clock.advance(1s);
    for (int i = 0; i < 3; ++i) circuits.fail();
  }

  CHECK(circuits.circuit.why().open_for == 5s);
}

TEST_CASE("what a probe asked for counts when further probes are lost, and when it reports late") {
  Circuits circuits;
  circuits.circuit.trip(1s);
  circuits.clock.advance(1s);
  auto early = circuits.circuit.try_acquire();
  auto late = circuits.circuit.try_acquire();
  circuits.clock.advance(5s);  // a lease
  auto further = circuits.circuit.try_acquire();
  REQUIRE(further.generation() == early.generation() + 1);

  SECTION("asked before the lease ended") {
    early.settle(Verdict::failure, 100s);
    late.failure();
    further.failure();
  }
  SECTION("asked by the further probe") {
    further.settle(Verdict::failure, 100s);
    early.failure();
    late.failure();
  }

  CHECK(circuits.circuit.why().reason == Reason::probes_failed);
  CHECK(circuits.circuit.why().open_for == 100s);
}

TEST_CASE("what a probe asked for before a lease ended counts after it") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 5s, .probes = 2, .reopen_after = 2},
                         ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(5s);
  circuit.try_acquire().settle(Verdict::failure, 100s);
  const auto hung = circuit.try_acquire();
  const auto hung_too = circuit.try_acquire();
  clock.advance(5s);

  circuit.try_acquire().failure();

  REQUIRE(hung);
  REQUIRE(hung_too);
  CHECK(circuit.why().open_for == 95s);
}

TEST_CASE("a stale verdict asks for nothing") {
  Circuits circuits;
  auto late = circuits.circuit.try_acquire();
  circuits.circuit.reset();

  CHECK(late.settle(Verdict::failure, 100s) == Settled::stale);
  for (int i = 0; i < 3; ++i) circuits.fail();

  CHECK(circuits.circuit.why().open_for == 5s);
}

TEST_CASE("an opening by hand waits for what the answers asked for, unless it is told how long") {
  Circuits circuits;
  circuits.fail(100s);

  SECTION("as configured") {
    circuits.circuit.trip();
    CHECK(circuits.circuit.why().open_for == 100s);
  }
  SECTION("told how long") {
    circuits.circuit.trip(7s);
    CHECK(circuits.circuit.why().open_for == 7s);
  }
}

TEST_CASE("an asked wait is kept to the millisecond, at whatever time it is asked for") {
  const auto phase = GENERATE(0ns, 1ns, 123'456ns, 999'999ns);
  Circuits circuits;
  circuits.clock.set(phase);
  circuits.fail();
  circuits.fail();

  circuits.fail(Duration{GENERATE(100s, 300s, 1h)});  // 5 min at most

  const auto wait = circuits.circuit.why().open_for;
  CHECK((wait == 100s || wait == 300s));
  circuits.clock.advance(wait - 1ns);
  CHECK_FALSE(circuits.circuit.try_acquire());
  circuits.clock.advance(1ms);
  CHECK(circuits.circuit.try_acquire());
}
