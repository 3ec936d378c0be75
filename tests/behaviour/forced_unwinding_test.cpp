// Promise 5, for threads that are cancelled: forced unwinding out of the function hands the permit
// back as ignored, whatever the fallback, and ends no program.
#include <pthread.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

struct IgnoringClassifier {
  Judgement on_exception(const std::exception_ptr&) const { return Judgement::none(); }
};

[[noreturn]] void exit_thread() { pthread_exit(nullptr); }

[[noreturn]] void cancel_thread() {
  pthread_cancel(pthread_self());
  for (;;) pthread_testcancel();
}

using End = void (*)();

// Runs `action` in a thread of its own. std::thread may put a noexcept function below it.
template <class Action>
bool ends_by_unwinding(Action action) {
  struct Run {
    Action& action;
    bool returned = false;
  } run{action};
  pthread_t thread{};
  const auto body = [](void* argument) -> void* {
    auto* const self = static_cast<Run*>(argument);
    self->action();
    self->returned = true;
    return nullptr;
  };
  REQUIRE(pthread_create(&thread, nullptr, body, &run) == 0);
  pthread_join(thread, nullptr);
  return !run.returned;
}

// A half-open circuit with one slot.
template <class Classifier = DefaultClassifier>
struct Recovering {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, Classifier, Counters<>> circuit;

  Recovering() : circuit{Config{}, ConsecutiveFailures{1}, clock, Classifier{}, Counters{}} {
    circuit.trip();
    clock.advance(30s);
  }

  void check_that_the_slot_is_back() {
    CHECK(circuit.listener().totals().admitted == 1);
    CHECK(circuit.listener().totals().ignored == 1);
    CHECK(circuit.state() == State::half_open);
    CHECK(circuit.try_acquire());
  }
};

}  // namespace

TEST_CASE("a thread that ends in the function hands the permit back, without a fallback") {
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering recovering;

  CHECK(ends_by_unwinding([&] { recovering.circuit.call([&] { end(); }); }));

  recovering.check_that_the_slot_is_back();
}

TEST_CASE("a thread that ends before a result that can't be moved hands the permit back") {
  struct Pinned {
    Pinned() = default;
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
  };
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering recovering;

  CHECK(ends_by_unwinding([&] {
    recovering.circuit.call([&] {
      end();
      return Pinned{};
    });
  }));

  recovering.check_that_the_slot_is_back();
}

TEST_CASE("a thread that ends in the function hands the permit back, with any fallback") {
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering recovering;
  auto& circuit = recovering.circuit;
  const auto fn = [&]() -> int {
    end();
    return 1;
  };

  SECTION("that takes nothing") {
    CHECK(ends_by_unwinding([&] { circuit.call(fn, [] { return 2; }); }));
  }
  SECTION("that takes a NoResult") {
    CHECK(ends_by_unwinding([&] { circuit.call(fn, [](const NoResult&) { return 2; }); }));
  }
  SECTION("that takes a Rejection") {
    CHECK(ends_by_unwinding([&] { circuit.call(fn, [](const Rejection&) { return 2; }); }));
  }
  SECTION("that is a value") {
    CHECK(ends_by_unwinding([&] { circuit.call(fn, 2); }));
  }

  recovering.check_that_the_slot_is_back();
}

TEST_CASE("a thread that ends in the function is not shown to a classifier of exceptions") {
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering<IgnoringClassifier> recovering;
  auto& circuit = recovering.circuit;

  SECTION("without a fallback") {
    CHECK(ends_by_unwinding([&] { circuit.call([&] { end(); }); }));
  }
  SECTION("with a fallback") {
    CHECK(ends_by_unwinding([&] { circuit.call([&] { end(); }, [] {}); }));
  }

  recovering.check_that_the_slot_is_back();
}

TEST_CASE("a thread that ends in the fallback ends like any other, the failure counted") {
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering recovering;
  auto& circuit = recovering.circuit;
  const auto fails = [] { throw std::runtime_error{"down"}; };

  SECTION("that takes nothing") {
    CHECK(ends_by_unwinding([&] { circuit.call(fails, [&] { end(); }); }));
  }
  SECTION("that takes a NoResult") {
    CHECK(ends_by_unwinding([&] { circuit.call(fails, [&](const NoResult&) { end(); }); }));
  }

  CHECK(circuit.listener().totals().failed == 1);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("a thread that ends while it holds a permit hands it back") {
  const End end = GENERATE(as<End>{}, exit_thread, cancel_thread);
  Recovering recovering;

  CHECK(ends_by_unwinding([&] {
    const auto permit = recovering.circuit.try_acquire();
    end();
  }));

  recovering.check_that_the_slot_is_back();
}

TEST_CASE("a thread that ends in a closed circuit's function counts neither way") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, Counters{}};
  circuit.try_acquire().failure();

  CHECK(ends_by_unwinding([&] { circuit.call([] { exit_thread(); }); }));

  CHECK(circuit.snapshot().numbers.at[0] == 1);
  CHECK(circuit.listener().totals().ignored == 1);
}

TEST_CASE("probes whose threads are cancelled while they wait all hand their slots back") {
  constexpr int probes = 16;
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = probes}, clock, Counters{}};
  circuit.trip();
  clock.advance(30s);
  std::vector<pthread_t> threads(probes);
  const auto waits_for_ever = [](void* argument) -> void* {
    static_cast<decltype(circuit)*>(argument)->call([] { pause(); });
    return nullptr;
  };
  for (pthread_t& thread : threads)
    REQUIRE(pthread_create(&thread, nullptr, waits_for_ever, &circuit) == 0);
  while (circuit.listener().totals().admitted < probes) std::this_thread::yield();
  const bool was_full = !circuit.try_acquire();

  for (const pthread_t thread : threads) pthread_cancel(thread);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);

  CHECK(was_full);
  CHECK(circuit.listener().totals().ignored == probes);
  std::vector<decltype(circuit)::Permit> permits;
  for (int i = 0; i < probes; ++i) CHECK(permits.emplace_back(circuit.try_acquire()));
  CHECK_FALSE(circuit.try_acquire());
}
