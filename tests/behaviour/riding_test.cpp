// A call inside a thread's own probe, through the same circuit, is part of that probe: it passes, and is not
// accounted for. On another thread it says so: call(permit, fn), try_acquire(permit).
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
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

/// A circuit whose wait is over: the next call is its only probe.
template <class Classifier = DefaultClassifier>
struct Recovering {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker<ManualClock, ConsecutiveFailures, Classifier, TransitionLog> circuit;

  explicit Recovering(Config config = {.open_for = 30s}, Classifier classifier = {})
      : circuit{config, ConsecutiveFailures{2}, clock, classifier, log} {
    circuit.trip();
    clock.advance(30s);
  }
};

/// Run `action` on another thread, to its end.
template <class Action>
void elsewhere(const Action& action) {
  std::thread{action}.join();
}

template <class Circuit>
bool admits_elsewhere(Circuit& circuit) {
  bool admits = false;
  elsewhere([&] { admits = static_cast<bool>(circuit.try_acquire()); });
  return admits;
}

/// **Returns** whether the thread is inside no probe that lets it past `circuit`, whose only slot is
/// free: while somebody else's probe holds it, the thread's call is refused.
template <class Circuit>
bool is_outside(Circuit& circuit) {
  const auto probe = circuit.try_acquire();
  REQUIRE(probe.is_probe());
  return !circuit.try_acquire() && circuit.call([] { return false; }, true);
}

}  // namespace

// ---- by the same thread

namespace {

/// An operation calls a helper, and both go through one circuit. **Returns** how often the backend was
/// reached in an outage of ten waits, and how many waits the circuit then needed to close.
template <class Circuit>
std::pair<int, int> outage(Circuit& circuit, ManualClock clock) {
  bool is_well = false;
  int reached = 0;
  const auto helper = [&] {
    ++reached;
    if (!is_well) throw std::runtime_error{"503"};
  };
  const auto operation = [&] {
    try {
      circuit.call([&] { circuit.call(helper); });
    } catch (const std::exception&) {
    }
  };
  while (circuit.state() == State::closed) operation();
  reached = 0;
  for (int wait = 0; wait < 10; ++wait) {
    clock.advance(30s);
    for (int i = 0; i < 5; ++i) operation();
  }
  const int reached_while_down = reached;

  is_well = true;
  int waits = 0;
  for (; circuit.state() != State::closed && waits < 100; ++waits) {
    clock.advance(30s);
    operation();
  }
  return {reached_while_down, waits};
}

}  // namespace

TEST_CASE("an operation whose helper goes through the same circuit recovers at once") {
  const Config config{.open_for = 30s, .probes = GENERATE(1, 2)};
  const int probes = config.probes;
  const ManualClock clock;

  SECTION("by default") {
    CircuitBreaker circuit{config, ConsecutiveFailures{2}, clock};
    CHECK(outage(circuit, clock) == std::pair{10, probes});
  }
  SECTION("where refusals are ignored") {
    CircuitBreaker circuit{config, ConsecutiveFailures{2}, clock, ignoring<CircuitOpen>()};
    CHECK(outage(circuit, clock) == std::pair{10, probes});
  }
}

TEST_CASE("a call inside the thread's own probe passes, and is not accounted for") {
  Recovering recovering;
  auto& circuit = recovering.circuit;

  circuit.call([&] {
    auto permit = circuit.try_acquire();
    CHECK(permit);
    CHECK_FALSE(permit.is_probe());
    CHECK(permit.failure() == Settled::unaccounted);
    CHECK(circuit.try_acquire(never_probe));
    CHECK(circuit.call([] { return 1; }) == 1);
    CHECK(circuit.call([] { return 1; }, 2) == 1);
    CHECK_THROWS_AS(circuit.call([] { throw std::logic_error{"inner"}; }), std::logic_error);
    circuit.call([&] { circuit.call([&] { CHECK(circuit.try_acquire()); }); });
    CHECK_FALSE(admits_elsewhere(circuit));
    CHECK(circuit.state() == State::half_open);
  });

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().refused == 1);  // elsewhere
  CHECK(recovering.log.transitions().size() == 3);
}

TEST_CASE("what a call inside a probe throws through it is one failure: the probe's") {
  Recovering recovering{{.open_for = 30s, .reopen_after = 2}};
  auto& circuit = recovering.circuit;
  const auto fails = [] { throw std::runtime_error{"down"}; };

  for (const State left : {State::half_open, State::open}) {
    CHECK_THROWS_AS(circuit.call([&] { circuit.call(fails); }), std::runtime_error);
    CHECK(circuit.state() == left);
  }
}

TEST_CASE("all probes of a circuit may have calls inside them at a time") {
  Recovering recovering{{.open_for = 30s, .probes = 2}};
  auto& circuit = recovering.circuit;

  circuit.call([&] {
    elsewhere([&] {
      circuit.call([&] {
        CHECK(circuit.try_acquire());
        CHECK_FALSE(admits_elsewhere(circuit));
      });
    });
    CHECK(circuit.try_acquire());
  });

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a probe lets nobody into another circuit") {
  Recovering one;
  Recovering other;
  const auto busy = other.circuit.try_acquire();

  one.circuit.call([&] {
    REQUIRE(busy);
    CHECK_FALSE(other.circuit.try_acquire());
    CHECK(one.circuit.try_acquire());
  });
}

// ---- until the probe ends, or its recovery

TEST_CASE("a probe that has ended, however, lets no call of its thread pass") {
  struct Strange {
    Judgement on_exception(const std::exception_ptr&) const { throw std::logic_error{"strange"}; }
  };
  const Config config{.open_for = 30s, .close_after = 2, .reopen_after = 2};

  SECTION("it returns") {
    Recovering recovering{config};
    recovering.circuit.call([] {});
    CHECK(is_outside(recovering.circuit));
  }
  SECTION("it throws") {
    Recovering recovering{config};
    CHECK_THROWS_AS(recovering.circuit.call([] { throw 1; }), int);
    CHECK(is_outside(recovering.circuit));
  }
  SECTION("it throws, and a fallback answers") {
    Recovering recovering{config};
    recovering.circuit.call([] { throw 1; }, [&] { CHECK(is_outside(recovering.circuit)); });
    CHECK(is_outside(recovering.circuit));
  }
  SECTION("what it throws is ignored") {
    Recovering recovering{config, ignoring<int>()};
    CHECK_THROWS_AS(recovering.circuit.call([] { throw 1; }), int);
    CHECK(is_outside(recovering.circuit));
  }
  SECTION("its classifier throws") {
    Recovering recovering{config, Strange{}};
    CHECK_THROWS(recovering.circuit.call([] { throw 1; }));
    CHECK(is_outside(recovering.circuit));
  }
  SECTION("a call inside it throws through it") {
    Recovering recovering{config};
    auto& circuit = recovering.circuit;
    CHECK_THROWS_AS(circuit.call([&] { circuit.call([] { throw 1; }); }), int);
    CHECK(is_outside(circuit));
  }
}

TEST_CASE("a permit that is settled inside another probe does not end that one") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s, .probes = 2, .close_after = 3},
                         FailureRate{last_calls<5>(), {.threshold = Ratio{1, 2}}}, clock};
  circuit.trip();
  clock.advance(30s);
  auto first = circuit.try_acquire();

  circuit.call([&] {
    first.success();
    CHECK(circuit.would_admit(never_probe));
    CHECK(circuit.call([] { return true; }, false));
  });

  CHECK(circuit.state() == State::half_open);
}

TEST_CASE("a call inside a probe is one as any other once the circuit has moved on") {
  Recovering recovering;
  auto& circuit = recovering.circuit;

  circuit.call([&] {
    circuit.trip();
    CHECK(circuit.try_acquire().rejection().reason == RejectionReason::open);
    circuit.force_open();
    CHECK(circuit.try_acquire().rejection().reason == RejectionReason::forced_open);
    circuit.reset();
    CHECK(circuit.try_acquire().failure() == Settled::counted);
    circuit.trip();
    recovering.clock.advance(30s);
    const auto probe = circuit.try_acquire();  // of the next recovery
    CHECK(probe.is_probe());
    CHECK(circuit.try_acquire().rejection().reason == RejectionReason::probes_busy);
  });

  CHECK(circuit.state() == State::half_open);  // the call was of an earlier one
}

TEST_CASE("a probe that is longer than its lease lets calls inside it pass as long as it counts") {
  Recovering recovering;
  auto& circuit = recovering.circuit;
  std::optional<decltype(recovering.circuit)::Permit> further;

  circuit.call([&] {
    recovering.clock.advance(30s);
    elsewhere([&] { further = circuit.try_acquire(); });
    REQUIRE(further->is_probe());
    CHECK(circuit.try_acquire().generation() == 0);  // not accounted for
  });

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("of two circuits in stays of one number, a probe that ends is the one that it is of") {
  const StayId stay = StayId{}.next(State::half_open, 1);
  const int first = 1;
  const int second = 2;
  detail::Rides noted;
  noted.enter(&first, stay);
  noted.enter(&second, stay);

  noted.leave(&first, stay);  // on a fiber, say, that went on before the other

  CHECK_FALSE(noted.has(&first, stay.clean_word()));
  CHECK(noted.has(&second, stay.clean_word()));
}

TEST_CASE("probes of eight circuits may be inside each other, and of more the innermost eight") {
  constexpr std::size_t most = 8;
  const std::size_t depth =
      GENERATE(std::size_t{7}, std::size_t{8}, std::size_t{9}, std::size_t{20});
  std::vector<Recovering<>> nested(depth);
  std::vector<bool> admits;
  const auto inside = [&](auto&& self, std::size_t level) -> void {
    if (level == depth) {
      for (auto& one : nested) admits.push_back(static_cast<bool>(one.circuit.try_acquire()));
      return;
    }
    nested[level].circuit.call([&] { self(self, level + 1); });
  };

  inside(inside, 0);

  std::vector<bool> expected(depth, true);
  for (std::size_t i = 0; i + most < depth; ++i) expected[i] = false;
  CHECK(admits == expected);
  for (auto& one : nested) {
    CHECK(one.circuit.state() == State::closed);
    one.circuit.trip();
    one.clock.advance(30s);
    CHECK(is_outside(one.circuit));
  }
}

// ---- on another thread

TEST_CASE("a call on another thread rides if it is made with the probe's permit") {
  Recovering recovering;
  auto& circuit = recovering.circuit;
  auto probe = circuit.try_acquire();

  elsewhere([&] {
    CHECK(circuit.call(probe, [] { return 1; }) == 1);
    CHECK_THROWS_AS(circuit.call(probe, [] { throw 1; }), int);
    CHECK(circuit.try_acquire(probe).failure() == Settled::unaccounted);
    CHECK(circuit.call([] { return 1; }, 2) == 2);  // does not say so
    CHECK_FALSE(circuit.try_acquire());
  });

  CHECK(circuit.state() == State::half_open);
  CHECK(probe.success() == Settled::counted);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("inside a call that rides on another thread, further calls ride by themselves") {
  Recovering recovering;
  auto& circuit = recovering.circuit;
  auto probe = circuit.try_acquire();

  elsewhere([&] {
    CHECK(circuit.call(probe, [&] { return circuit.call([] { return 1; }, 2); }) == 1);
    CHECK_THROWS_AS(circuit.call(probe, [&] { throw 1; }), int);
    CHECK_FALSE(circuit.try_acquire());  // outside again
  });

  CHECK(probe.success() == Settled::counted);
}

TEST_CASE("inside its own probe a thread is told that it would be admitted") {
  Recovering recovering;
  auto& circuit = recovering.circuit;

  circuit.call([&] {
    CHECK(circuit.would_admit());
    CHECK(circuit.would_admit(never_probe));
    elsewhere([&] { CHECK_FALSE(circuit.would_admit()); });
  });
}

TEST_CASE("an operation that hands its helper to a pool recovers at once, with its permit") {
  Recovering recovering{{.open_for = 30s, .probes = GENERATE(1, 2)}};
  auto& circuit = recovering.circuit;
  const auto operation = [&] {
    auto permit = circuit.try_acquire();
    if (!permit) return;
    try {
      elsewhere([&] { circuit.call(permit, [] {}); });
      permit.success();
    } catch (const CircuitOpen&) {
      permit.failure();
    }
  };

  for (int i = 0; i < 2; ++i) operation();

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a permit that is no probe of the recovery changes nothing for a call") {
  Recovering recovering;
  auto& circuit = recovering.circuit;

  SECTION("a refused one") {
    const auto probe = circuit.try_acquire();
    const auto refused = circuit.try_acquire();
    REQUIRE_FALSE(refused);
    CHECK_FALSE(circuit.try_acquire(refused));
    CHECK_THROWS_AS(circuit.call(refused, [] {}), CircuitOpen);
  }
  SECTION("one that was moved from, or given by nobody") {
    auto probe = circuit.try_acquire();
    const auto moved = std::move(probe);
    CHECK_FALSE(circuit.try_acquire(probe));  // NOLINT(bugprone-use-after-move)
    CHECK_FALSE(circuit.try_acquire(decltype(probe){}));
    CHECK(circuit.try_acquire(moved));
  }
  SECTION("another circuit's probe") {
    Recovering other;
    const auto others = other.circuit.try_acquire();
    const auto probe = circuit.try_acquire();
    REQUIRE(others.generation() == probe.generation());
    CHECK_FALSE(circuit.try_acquire(others));
    CHECK(circuit.call(others, [] { return std::error_code{}; }) == Errc::circuit_open);
  }
  SECTION("a probe of an earlier recovery") {
    const auto earlier = circuit.try_acquire();
    circuit.trip();
    CHECK(circuit.try_acquire(earlier).rejection().reason == RejectionReason::open);
    recovering.clock.advance(30s);
    const auto probe = circuit.try_acquire();
    REQUIRE(probe);
    CHECK(circuit.try_acquire(earlier).rejection().reason == RejectionReason::probes_busy);
  }
  SECTION("a call of the closed circuit, and calls inside it are counted") {
    circuit.reset();
    const auto call = circuit.try_acquire();
    CHECK(circuit.try_acquire(call).failure() == Settled::counted);
    CHECK_THROWS_AS(circuit.call(call, [] { throw 1; }), int);
    CHECK(circuit.state() == State::open);
  }
}

TEST_CASE("a call that was to ride and becomes a probe lets calls inside it pass") {
  Recovering recovering;
  auto& circuit = recovering.circuit;
  const auto earlier = circuit.try_acquire();
  circuit.trip();
  recovering.clock.advance(30s);

  circuit.call(earlier, [&] { circuit.call([] {}); });

  CHECK(circuit.state() == State::closed);
}
