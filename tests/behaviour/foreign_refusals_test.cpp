// A function that goes through another circuit may be refused there. That says nothing about the dependency
// of its own circuit: it is ignored, and a fallback answers. A refusal by the own circuit is a failure.
#include <exception>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// A circuit through which a function goes that needs another one, which is open.
template <class Classifier = DefaultClassifier>
struct Nested {
  ManualClock clock;
  CircuitBreaker<ManualClock> login{Config{.open_for = 1h}, clock};
  CircuitBreaker<ManualClock, ConsecutiveFailures, Classifier, Counters<>> orders;

  explicit Nested(Classifier classifier = {})
      : orders{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock, classifier, Counters{}} {
    login.trip();
  }

  /// **Returns** what the function of a call through `orders` does.
  auto refused() {
    return [this] { return login.call([] { return 1; }); };
  }
  void probe_next() {
    orders.trip();
    clock.advance(30s);
  }
};

/// Makes no judgement, but hears of every exception.
struct Listening {
  Judgement on_exception(const std::exception_ptr&) const { return Judgement::none(); }
};

template <class Circuit>
const void* circuit_that_refuses(Circuit& circuit) {
  try {
    circuit.call([] {});
  } catch (const CircuitOpen& refusal) {
    return refusal.circuit();
  }
  return nullptr;
}

}  // namespace

TEST_CASE("a refusal tells its circuit from others, by an exception as by a permit") {
  CircuitBreaker one{Config{}};
  CircuitBreaker other{Config{}, FailureCount{5, within(10s)}};
  const auto admitted = one.try_acquire();
  one.force_open();
  other.force_open();

  auto refused = one.try_acquire();
  CHECK(refused.circuit() != nullptr);
  CHECK(circuit_that_refuses(one) == refused.circuit());
  CHECK(admitted.circuit() == refused.circuit());
  CHECK(one.try_acquire(never_probe).circuit() == refused.circuit());
  CHECK(one.try_acquire(admitted).circuit() == refused.circuit());
  CHECK(circuit_that_refuses(other) == other.try_acquire().circuit());
  CHECK(other.try_acquire().circuit() != refused.circuit());
  const auto moved = std::move(refused);
  CHECK(moved.circuit() == admitted.circuit());
  CHECK(refused.circuit() == nullptr);  // NOLINT(bugprone-use-after-move)
  CHECK(decltype(refused){}.circuit() == nullptr);
}

TEST_CASE("another circuit's refusal is no evidence, and goes to the caller") {
  const auto check = [](auto nested) {
    auto& [clock, login, orders] = *nested;
    for (int i = 0; i < 5; ++i) {
      try {
        orders.call(nested->refused());
        FAIL("ran");
      } catch (const CircuitOpen& refusal) {
        CHECK(refusal.circuit() == login.try_acquire().circuit());
      }
    }
    CHECK(orders.state() == State::closed);
    CHECK(orders.listener().totals().ignored == 5);
  };

  check(std::make_unique<Nested<>>());
  check(std::make_unique<Nested<Listening>>());
}

TEST_CASE("a probe that another circuit refuses hands its slot back") {
  Nested nested;
  nested.probe_next();

  CHECK_THROWS_AS(nested.orders.call(nested.refused()), CircuitOpen);

  CHECK(nested.orders.state() == State::half_open);
  CHECK(nested.orders.call([] { return 2; }) == 2);
  CHECK(nested.orders.state() == State::closed);
}

TEST_CASE("a fallback answers for a call that another circuit refused, and hears why") {
  const auto check = [](auto nested) {
    auto& orders = nested->orders;
    const Rejection expected = nested->login.try_acquire().rejection();
    CHECK(orders.call(nested->refused(), 2) == 2);
    CHECK(orders.call(nested->refused(), [] { return 2; }) == 2);
    const int answer = orders.call(nested->refused(), [&](const NoResult& why) {
      return why.rejection() != nullptr && *why.rejection() == expected ? 2 : 3;
    });
    CHECK(answer == 2);
    CHECK(orders.listener().totals().ignored == 3);
    CHECK(orders.state() == State::closed);
  };

  check(std::make_unique<Nested<>>());
  check(std::make_unique<Nested<Listening>>());
}

TEST_CASE("a fallback for refused calls alone does not answer for another circuit's refusal") {
  Nested nested;

  CHECK_THROWS_AS(nested.orders.call(nested.refused(), [](const Rejection&) { return 2; }),
                  CircuitOpen);

  CHECK(nested.orders.state() == State::closed);
}

TEST_CASE("a classifier that judges another circuit's refusal is heeded") {
  struct Strict {
    Judgement on_exception(const std::exception_ptr&) const { return Verdict::failure; }
  };
  Nested nested{Strict{}};

  SECTION("without a fallback") {
    CHECK_THROWS_AS(nested.orders.call(nested.refused()), CircuitOpen);
  }
  SECTION("with one") { CHECK(nested.orders.call(nested.refused(), 2) == 2); }

  CHECK(nested.orders.state() == State::open);
}

TEST_CASE("another circuit's refusal inside an exception of the function's own is a failure") {
  const auto wrapped = [](Nested<>& nested) {
    return [refused = nested.refused()] {
      try {
        return refused();
      } catch (...) {
        std::throw_with_nested(std::runtime_error{"no login"});
      }
    };
  };
  Nested nested;

  CHECK_THROWS_AS(nested.orders.call(wrapped(nested)), std::runtime_error);

  CHECK(nested.orders.state() == State::open);
}

TEST_CASE("a refusal by the own circuit is a failure: whoever waits for a pool must ride") {
  Nested nested;
  auto& orders = nested.orders;
  nested.probe_next();
  const auto inner_on_a_pool = [&]() -> int {
    std::exception_ptr thrown;
    std::thread{[&] {
      try {
        orders.call([] {});
      } catch (...) {
        thrown = std::current_exception();
      }
    }}.join();
    std::rethrow_exception(thrown);
  };

  SECTION("without a fallback") { CHECK_THROWS_AS(orders.call(inner_on_a_pool), CircuitOpen); }
  SECTION("with one") { CHECK(orders.call(inner_on_a_pool, 2) == 2); }

  CHECK(orders.state() == State::open);
  CHECK(orders.listener().totals().failed == 1);
}

TEST_CASE("a refusal of which it is not known by whom is a failure") {
  Nested nested;
  const Rejection refusal = nested.login.try_acquire().rejection();

  CHECK_THROWS_AS(nested.orders.call([&] { throw CircuitOpen{refusal}; }), CircuitOpen);

  CHECK(nested.orders.state() == State::open);
}
