// Promise 5: no exception, of any type, from function, fallback, classifier or listener leaks a
// permit or corrupts the state.
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct NotFound : std::runtime_error {
  NotFound() : std::runtime_error{"not found"} {}
};

// The circuit is half-open with one slot, so that a leaked permit shows at once.
template <class... Parts>
struct Recovering {
  using Circuit = decltype(CircuitBreaker{Config{}, ConsecutiveFailures{1}, ManualClock{},
                                          std::declval<Parts>()...});
  ManualClock clock;
  Circuit circuit;

  explicit Recovering(Config config, Parts... parts)
      : circuit{config, ConsecutiveFailures{1}, clock, std::move(parts)...} {
    circuit.trip();
    clock.advance(30s);
  }
};

// At rest, nothing is out: everything that was admitted has been settled.
bool is_conserved(const CallTotals& totals) {
  return totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale;
}

}  // namespace

TEST_CASE("a function that throws counts as one failure, whatever it throws") {
  Recovering recovering{{.reopen_after = 2}, Counters{}};
  auto& circuit = recovering.circuit;

  SECTION("a standard exception") {
    CHECK_THROWS_AS(circuit.call([]() -> int { throw std::runtime_error{"down"}; }),
                    std::runtime_error);
  }
  SECTION("a number") {
    CHECK_THROWS_AS(circuit.call([] { throw 42; }), int);
  }
  SECTION("a pointer to text") {
    CHECK_THROWS_AS(circuit.call([]() -> std::string { throw "down"; }), const char*);
  }
  SECTION("a nested exception") {
    CHECK_THROWS_AS(circuit.call([] {
      try {
        throw 42;
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"outer"});
      }
    }),
                    std::runtime_error);
  }

  CHECK(circuit.state() == State::half_open);  // one bad probe of two
  CHECK(circuit.listener().totals().failed == 1);
  CHECK(circuit.try_acquire().failure() == Settled::counted);
  CHECK(circuit.state() == State::open);
}

namespace {

template <class Circuit, class... Fallback>
std::exception_ptr caught_from(Circuit& circuit, const std::exception_ptr& thrown,
                               Fallback... fallback) {
  try {
    circuit.call([&]() -> int { std::rethrow_exception(thrown); }, fallback...);
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace

TEST_CASE("the same exception object reaches the caller") {
  const auto thrown = std::make_exception_ptr(NotFound{});

  SECTION("without a fallback") {
    CircuitBreaker circuit{Config{}};
    CHECK(caught_from(circuit, thrown) == thrown);
  }
  SECTION("past a fallback that hears of refusals only") {
    CircuitBreaker circuit{Config{}};
    CHECK(caught_from(circuit, thrown, [](const Rejection&) { return 0; }) == thrown);
  }
  SECTION("past a classifier that judges it a failure") {
    CircuitBreaker circuit{Config{}, ignoring<std::bad_alloc>()};
    CHECK(caught_from(circuit, thrown) == thrown);
  }
  SECTION("judged ignored, past a fallback") {
    CircuitBreaker circuit{Config{}, ignoring<NotFound>()};
    CHECK(caught_from(circuit, thrown, [] { return 0; }) == thrown);
  }
  SECTION("to the fallback that asks") {
    CircuitBreaker circuit{Config{}};
    std::exception_ptr heard;
    circuit.call([&]() -> int { std::rethrow_exception(thrown); },
                 [&](const NoResult& why) {
                   heard = why.exception();
                   return 0;
                 });
    CHECK(heard == thrown);
  }
}

TEST_CASE("an exception that is judged a success reaches the caller, past a fallback of any kind") {
  struct Forgives {
    Judgement on_exception(const std::exception_ptr&) const { return Verdict::success; }
  };
  const auto thrown = GENERATE(std::make_exception_ptr(NotFound{}),
                               std::make_exception_ptr(CircuitOpen{Rejection{}}));
  CircuitBreaker circuit{Config{}, Forgives{}, Counters{}};

  CHECK(caught_from(circuit, thrown, [] { return 0; }) == thrown);
  CHECK(caught_from(circuit, thrown, [](const NoResult&) { return 0; }) == thrown);
  CHECK(caught_from(circuit, thrown, [](const Rejection&) { return 0; }) == thrown);
  CHECK(caught_from(circuit, thrown, 0) == thrown);

  CHECK(circuit.listener().totals().succeeded == 4);
}

TEST_CASE("a nested exception reaches the caller whole") {
  CircuitBreaker circuit{Config{}};
  int inner = 0;

  try {
    circuit.call([] {
      try {
        throw 42;
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"outer"});
      }
    });
  } catch (const std::runtime_error& outer) {
    try {
      std::rethrow_if_nested(outer);
    } catch (int value) {
      inner = value;
    }
  }

  CHECK(inner == 42);
}

TEST_CASE("a call made while another exception unwinds is judged by its own end") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, Counters{}};
  using Circuit = decltype(circuit);
  struct CallsInItsDestructor {
    Circuit& circuit;
    ~CallsInItsDestructor() {
      circuit.call([] {});
      try {
        circuit.call([] { throw 1; });
      } catch (int) {
      }
    }
  };

  try {
    const CallsInItsDestructor caller{circuit};
    throw std::runtime_error{"outer"};
  } catch (const std::runtime_error&) {
  }

  CHECK(circuit.listener().totals().succeeded == 1);
  CHECK(circuit.listener().totals().failed == 1);
}

TEST_CASE("a fallback without a parameter keeps every failure in, bad_alloc included") {
  CircuitBreaker circuit{Config{}, Counters{}};

  const int result = circuit.call([]() -> int { throw std::bad_alloc{}; }, [] { return 7; });

  CHECK(result == 7);
  CHECK(circuit.listener().totals().failed == 1);
}

// ---- a classifier that throws

namespace {

struct ClassifierBroken {};

struct ThrowsOnResult {
  Judgement on_result(int) const { throw ClassifierBroken{}; }
};
struct ThrowsOnException {
  Judgement on_exception(const std::exception_ptr&) const { throw ClassifierBroken{}; }
};

}  // namespace

TEST_CASE("a classifier that throws on a result hands the permit back") {
  Recovering recovering{{}, ThrowsOnResult{}, Counters{}};
  auto& circuit = recovering.circuit;

  SECTION("without a fallback") {
    CHECK_THROWS_AS(circuit.call([] { return 1; }), ClassifierBroken);
  }
  SECTION("with a fallback, which is not asked") {
    bool asked = false;
    CHECK_THROWS_AS(circuit.call([] { return 1; },
                                 [&] {
                                   asked = true;
                                   return 2;
                                 }),
                    ClassifierBroken);
    CHECK_FALSE(asked);
  }

  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.listener().totals().ignored == 1);
  CHECK(circuit.try_acquire());
}

TEST_CASE("a classifier that throws on an exception hands the permit back") {
  Recovering recovering{{}, ThrowsOnException{}, Counters{}};
  auto& circuit = recovering.circuit;
  const auto fails = []() -> int { throw std::runtime_error{"down"}; };

  SECTION("without a fallback") { CHECK_THROWS_AS(circuit.call(fails), ClassifierBroken); }
  SECTION("with a fallback") {
    CHECK_THROWS_AS(circuit.call(fails, [] { return 2; }), ClassifierBroken);
  }
  SECTION("with a fallback that hears of refusals only") {
    CHECK_THROWS_AS(circuit.call(fails, [](const Rejection&) { return 2; }), ClassifierBroken);
  }

  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.listener().totals().ignored == 1);
  CHECK(circuit.try_acquire());
}

TEST_CASE("what a classifier throws is not judged by it in turn") {
  struct ThrowsAndJudges : ThrowsOnResult {
    Judgement on_exception(const std::exception_ptr&) const { return Verdict::failure; }
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, ThrowsAndJudges{}};

  CHECK_THROWS_AS(circuit.call([] { return 1; }), ClassifierBroken);
  CHECK_THROWS_AS(circuit.call([] { return 1; }, [] { return 2; }), ClassifierBroken);

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a refusal that a classifier throws is none of the function's") {
  struct Refuses {
    Judgement on_result(int /*result*/) const { throw CircuitOpen{Rejection{}}; }
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, Refuses{}, Counters{}};

  CHECK_THROWS_AS(circuit.call([] { return 1; }), CircuitOpen);

  CHECK(circuit.listener().totals().ignored == 1);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a classifier that throws leaves the evidence of a closed circuit untouched") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}, ThrowsOnResult{}};
  circuit.try_acquire().failure();
  const Snapshot before = circuit.snapshot();

  for (int i = 0; i < 5; ++i) CHECK_THROWS_AS(circuit.call([] { return 1; }), ClassifierBroken);

  CHECK(circuit.snapshot() == before);
}

// ---- a listener that throws

namespace {

struct ListenerBroken {};

struct ThrowsOnTransition {
  void operator()(const Transition&) { throw ListenerBroken{}; }
};
struct ThrowsOnEverything {
  void operator()(const Transition&) { throw 42; }
  void on_admitted() { throw std::runtime_error{"admitted"}; }
  void on_settled(const SettledCall&) { throw ListenerBroken{}; }
  void on_refused(const Rejection&) { throw "refused"; }
};

}  // namespace

TEST_CASE("a listener that throws is counted, and the transition stands") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock, ThrowsOnTransition{}};

  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.snapshot().listener_errors == 1);
}

TEST_CASE("a listener that throws does not keep the others from hearing") {
  TransitionLog before;
  TransitionLog after;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1},
                         Listeners{before, ThrowsOnTransition{}, after}};

  circuit.try_acquire().failure();

  CHECK(before.size() == 1);
  CHECK(after.size() == 1);
  CHECK(circuit.snapshot().listener_errors == 1);
}

TEST_CASE("what a listener throws does not reach the caller, who sees his own result") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, ThrowsOnEverything{}};

  CHECK(circuit.call([] { return 1; }) == 1);
  CHECK_THROWS_AS(circuit.call([] { throw NotFound{}; }), NotFound);
  CHECK_THROWS_AS(circuit.call([] { return 1; }), CircuitOpen);
  CHECK(circuit.call([] { return 1; }, 2) == 2);

  // Two admitted and settled, one transition, two refused.
  CHECK(circuit.snapshot().listener_errors == 7);
}

TEST_CASE("a listener that throws while the function's exception unwinds ends no program") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, ThrowsOnTransition{}};
  const auto thrown = std::make_exception_ptr(NotFound{});

  CHECK(caught_from(circuit, thrown) == thrown);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.snapshot().listener_errors == 1);
}

// ---- a fallback that throws

TEST_CASE("what a fallback throws reaches the caller, and the call has been settled") {
  Recovering recovering{{.reopen_after = 2}, Counters{}};
  auto& circuit = recovering.circuit;
  const auto fails = []() -> int { throw NotFound{}; };

  SECTION("after a failure") {
    CHECK_THROWS_AS(circuit.call(fails, []() -> int { throw 42; }), int);
    CHECK(circuit.listener().totals().failed == 1);
    CHECK(circuit.try_acquire());
  }
  SECTION("after a failure, told of it") {
    CHECK_THROWS_AS(circuit.call(fails, [](const NoResult&) -> int { throw 42; }), int);
    CHECK(circuit.listener().totals().failed == 1);
    CHECK(circuit.try_acquire());
  }
  SECTION("after a refusal") {
    const auto probe = circuit.try_acquire();
    CHECK_THROWS_AS(circuit.call(fails, [](const Rejection&) -> int { throw 42; }), int);
    CHECK(circuit.listener().totals().refused == 1);
    CHECK(probe);
  }

  CHECK(circuit.state() == State::half_open);
}

TEST_CASE("a fallback that rethrows what the function threw is a way to let it out") {
  CircuitBreaker circuit{Config{}, Counters{}};

  CHECK_THROWS_AS(circuit.call([]() -> int { throw NotFound{}; },
                               [](const NoResult& why) -> int {
                                 if (why.exception()) std::rethrow_exception(why.exception());
                                 return 0;
                               }),
                  NotFound);

  CHECK(circuit.listener().totals().failed == 1);
}

// ---- a result that throws when it is moved

namespace {

struct MoveBroken {};

// Optimisers may leave out the move on the way out of a call; a conversion they may not.
struct ThrowsWhenMoved {
  ThrowsWhenMoved() = default;
  ThrowsWhenMoved(const ThrowsWhenMoved&) { throw MoveBroken{}; }
  ThrowsWhenMoved(ThrowsWhenMoved&&) { throw MoveBroken{}; }
  explicit ThrowsWhenMoved(int) { throw MoveBroken{}; }
};
struct ConvertsBadly {
  operator ThrowsWhenMoved() const { return ThrowsWhenMoved{1}; }
};

template <class Action>
bool throws_move_broken(const Action& action) {
  try {
    action();
  } catch (const MoveBroken&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a result whose move throws leaks no permit and is settled once") {
  Recovering recovering{{.close_after = 63}, Counters{}};
  auto& circuit = recovering.circuit;

  SECTION("made by the function") {
    throws_move_broken([&] { circuit.call([] { return ThrowsWhenMoved{}; }); });
    CHECK(circuit.listener().totals().succeeded == 1);
  }
  SECTION("moved by the function itself: a failure of the function") {
    CHECK(throws_move_broken([&] {
      circuit.call([] {
        ThrowsWhenMoved one;
        return ThrowsWhenMoved{static_cast<ThrowsWhenMoved&&>(one)};
      });
    }));
    CHECK(circuit.state() == State::open);
    return;
  }
  SECTION("made by the function, with a fallback") {
    throws_move_broken(
        [&] { circuit.call([] { return ThrowsWhenMoved{}; }, [] { return ThrowsWhenMoved{}; }); });
    CHECK(circuit.listener().totals().succeeded == 1);
  }
  SECTION("a fallback value that can't be converted") {
    const auto probe = circuit.try_acquire();
    CHECK(throws_move_broken(
        [&] { circuit.call([] { return ThrowsWhenMoved{}; }, ConvertsBadly{}); }));
    REQUIRE(probe);
    CHECK(circuit.listener().totals().refused == 1);
    return;
  }

  CHECK(is_conserved(circuit.listener().totals()));
  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.try_acquire());
}
