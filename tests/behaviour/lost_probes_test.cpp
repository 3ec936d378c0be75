// Promise 3: lost probes never block recovery; a lease after the last grant a call becomes a further
// probe.
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct Recovering {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, TransitionLog> circuit;

  explicit Recovering(Config config) : circuit{config, ConsecutiveFailures{1}, clock, log} {
    circuit.try_acquire().failure();
    clock.advance(30s);
  }
};

}  // namespace

TEST_CASE("a probe that hangs for a lease no longer blocks the recovery") {
  Recovering recovering{{.probe_lease = 64s}};
  auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(60s);
  CHECK_FALSE(recovering.circuit.try_acquire());
  recovering.clock.advance(4s);

  auto fresh = recovering.circuit.try_acquire();

  REQUIRE(fresh);
  CHECK(fresh.generation() == hung.generation() + 1);
  CHECK(fresh.success() == Settled::counted);
  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("a further probe in place of a lost one is told as half-open to half-open, probe lost") {
  Recovering recovering{{.probe_lease = 64s}};
  const auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(64s);

  const auto fresh = recovering.circuit.try_acquire();

  REQUIRE(hung);
  REQUIRE(fresh);
  CHECK(recovering.log.last().from == State::half_open);
  CHECK(recovering.log.last().to == State::half_open);
  CHECK(recovering.log.last().reason == Reason::probe_lost);
}

TEST_CASE("what a lost probe reports in the end counts") {
  struct Case {
    Verdict verdict;
    State state;
  };
  const auto [verdict, state] =
      GENERATE(Case{Verdict::success, State::closed}, Case{Verdict::failure, State::open},
               Case{Verdict::ignored, State::half_open});
  Recovering recovering{{.probe_lease = 64s}};
  auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(64s);
  const auto fresh = recovering.circuit.try_acquire();

  const Settled settled = hung.settle(verdict);

  REQUIRE(fresh);
  CHECK(settled == Settled::counted);
  CHECK(recovering.circuit.state() == state);
}

TEST_CASE("a lost probe that reports in the end gives no slot back a second time") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  Recovering recovering{{.close_after = 2, .reopen_after = 2, .probe_lease = 64s}};
  auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(64s);
  const auto fresh = recovering.circuit.try_acquire();

  hung.settle(verdict);

  REQUIRE(fresh);
  CHECK(recovering.circuit.state() == State::half_open);
  CHECK_FALSE(recovering.circuit.try_acquire());  // the further probe still holds its slot
}

TEST_CASE("the verdict of a probe counts through 63 renewals, and is stale after that") {
  const int renewals = GENERATE(1, 2, 62, 63, 64, 65, 100);
  CAPTURE(renewals);
  Recovering recovering{{.probe_lease = 64s}};
  auto hung = recovering.circuit.try_acquire();
  std::vector<decltype(recovering.circuit)::Permit> others;
  for (int i = 0; i < renewals; ++i) {
    recovering.clock.advance(64s);
    others.push_back(recovering.circuit.try_acquire());
    REQUIRE(others.back());
  }

  const Settled settled = hung.success();

  CHECK(settled == (renewals <= 63 ? Settled::counted : Settled::stale));
  CHECK(recovering.circuit.state() == (renewals <= 63 ? State::closed : State::half_open));
}

TEST_CASE("each lease of a recovery is twice as long as the one before, up to the longest wait") {
  Recovering recovering{{.open_for = Backoff{.first = 30s, .max = 256s}, .probe_lease = 32s}};
  std::vector<decltype(recovering.circuit)::Permit> hung;
  hung.push_back(recovering.circuit.try_acquire());

  for (const auto lease : {32s, 64s, 128s, 256s, 256s, 256s}) {
    recovering.clock.advance(lease * 15 / 16);
    CHECK_FALSE(recovering.circuit.try_acquire());
    recovering.clock.advance(lease / 16);
    hung.push_back(recovering.circuit.try_acquire());
    REQUIRE(hung.back());
  }
}

TEST_CASE("the next recovery begins with the first lease again") {
  Recovering recovering{{.open_for = Backoff{.first = 30s, .factor = 1, .max = 256s}}};
  const auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(30s);
  recovering.circuit.try_acquire().failure();
  recovering.clock.advance(30s);
  const auto hung_too = recovering.circuit.try_acquire();

  recovering.clock.advance(30s);

  REQUIRE(hung);
  REQUIRE(hung_too);
  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("why() keeps what it said before while probes are lost, under the new generation") {
  Recovering recovering{{.probe_lease = 64s}};
  const auto hung = recovering.circuit.try_acquire();
  const Transition before = recovering.circuit.why();
  recovering.clock.advance(64s);

  const auto further = recovering.circuit.try_acquire();

  REQUIRE(hung);
  REQUIRE(further);
  Transition expected = before;
  expected.generation = before.generation + 1;
  CHECK(before.reason == Reason::wait_over);
  CHECK(recovering.circuit.why() == expected);
  CHECK(recovering.circuit.why().has_numbers);
}

TEST_CASE("the lease is the first open wait unless it is given") {
  Recovering recovering{{.open_for = Backoff{.first = 30s, .factor = 3, .max = 300s}}};
  const auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(29s);
  CHECK_FALSE(recovering.circuit.try_acquire());

  recovering.clock.advance(1s);

  REQUIRE(hung);
  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("the lease runs from the last grant, not the first") {
  Recovering recovering{{.probes = 2, .probe_lease = 64s}};
  const auto first = recovering.circuit.try_acquire();
  recovering.clock.advance(40s);
  const auto second = recovering.circuit.try_acquire();
  recovering.clock.advance(40s);

  CHECK_FALSE(recovering.circuit.try_acquire());
  recovering.clock.advance(24s);

  REQUIRE(first);
  REQUIRE(second);
  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("no lease is needed, and none declared over, while a slot is free") {
  Recovering recovering{{.probes = 2, .probe_lease = 64s}};
  const auto hung = recovering.circuit.try_acquire();
  recovering.clock.advance(1000s);

  const auto next = recovering.circuit.try_acquire();

  REQUIRE(hung);
  REQUIRE(next);
  CHECK(next.generation() == hung.generation());
  CHECK(recovering.log.size() == 2);  // opened, half-open
}

TEST_CASE("a slot is never reclaimed more than a 16th of the lease early") {
  const auto phase = GENERATE(0ms, 1ms, 250ms, 500ms, 750ms, 999ms);
  Recovering recovering{{.probe_lease = 64s}};
  recovering.clock.advance(phase);
  const auto hung = recovering.circuit.try_acquire();

  recovering.clock.advance(60s);
  CHECK_FALSE(recovering.circuit.try_acquire());
  recovering.clock.advance(4s);

  REQUIRE(hung);
  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("however many leases pass idly, a caller waits at most one lease more") {
  for (int idle = 1; idle <= 600; ++idle) {
    CAPTURE(idle);
    Recovering recovering{{.probe_lease = 64s}};
    const auto hung = recovering.circuit.try_acquire();
    recovering.clock.advance(idle * 64s);

    if (!recovering.circuit.would_admit()) recovering.clock.advance(64s);

    REQUIRE(hung);
    CHECK(recovering.circuit.try_acquire());
  }
}

TEST_CASE("however often probes are lost, each lease lets one caller through") {
  Recovering recovering{{.probe_lease = 64s}};
  std::vector<decltype(recovering.circuit)::Permit> hung;

  for (int i = 0; i < 100; ++i) {
    hung.push_back(recovering.circuit.try_acquire());
    REQUIRE(hung.back());
    CHECK_FALSE(recovering.circuit.try_acquire());
    recovering.clock.advance(64s);
  }
  recovering.circuit.try_acquire().success();

  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("good and bad probes that were counted stay counted when others are lost") {
  Recovering recovering{{.probes = 2, .close_after = 2, .reopen_after = 2, .probe_lease = 64s}};
  auto& circuit = recovering.circuit;
  circuit.try_acquire().success();
  circuit.try_acquire().failure();
  const auto hung = circuit.try_acquire();
  const auto hung_too = circuit.try_acquire();
  recovering.clock.advance(64s);

  auto fresh = circuit.try_acquire();

  REQUIRE(hung);
  REQUIRE(hung_too);
  REQUIRE(fresh);
  CHECK(circuit.state() == State::half_open);
  SECTION("one good probe more closes") {
    fresh.success();
    CHECK(circuit.state() == State::closed);
  }
  SECTION("one bad probe more reopens") {
    fresh.failure();
    CHECK(circuit.state() == State::open);
  }
}

TEST_CASE("losing probes does not start a growing wait over") {
  Recovering recovering{{.open_for = Backoff{.first = 30s, .factor = 2, .max = 300s}}};
  auto& circuit = recovering.circuit;
  circuit.try_acquire().failure();  // 60 s
  recovering.clock.advance(60s);
  const auto hung = circuit.try_acquire();
  recovering.clock.advance(30s);

  circuit.try_acquire().failure();

  REQUIRE(hung);
  CHECK(recovering.log.last().open_for == 120s);
}

TEST_CASE("an observer sees that a lost probe's slot is free again") {
  Recovering recovering{{.probe_lease = 64s}};
  const auto hung = recovering.circuit.try_acquire();
  CHECK_FALSE(recovering.circuit.would_admit());

  recovering.clock.advance(64s);

  REQUIRE(hung);
  CHECK(recovering.circuit.would_admit());
  CHECK(recovering.circuit.state() == State::half_open);
}

TEST_CASE("a call in which the lease runs out counts, and gives its result to its caller") {
  Recovering recovering{{.probe_lease = 64s}};
  auto& circuit = recovering.circuit;
  std::optional<decltype(recovering.circuit)::Permit> other;

  const int result = circuit.call([&] {
    recovering.clock.advance(64s);
    std::thread{[&] { other.emplace(circuit.try_acquire()); }}.join();  // here it would ride
    return 42;
  });

  CHECK(result == 42);
  REQUIRE(*other);
  CHECK(circuit.state() == State::closed);
  CHECK(other->success() == Settled::stale);
}
