// Promise 4: an ignored or abandoned probe hands its slot back and counts as nothing.
#include <stdexcept>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error{"cancelled"} {}
};

struct Recovering {
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, Ignoring<Cancelled>> circuit;

  explicit Recovering(Config config = {})
      : circuit{config, ConsecutiveFailures{1}, clock, ignoring<Cancelled>()} {
    circuit.try_acquire().failure();
    clock.advance(30s);
  }
};

// How a probe may end without a verdict on the dependency.
enum class Ending { ignored, dropped, assigned_over, thrown };

void end_neutrally(Recovering& recovering, Ending ending) {
  if (ending == Ending::thrown) {
    CHECK_THROWS_AS(recovering.circuit.call([]() -> int { throw Cancelled{}; }), Cancelled);
    return;
  }
  auto probe = recovering.circuit.try_acquire();
  REQUIRE(probe);
  if (ending == Ending::ignored) probe.ignore();
  if (ending == Ending::assigned_over) probe = decltype(probe){};
}

}  // namespace

TEST_CASE("a probe that ends neutrally gives its slot back and leaves the circuit half-open") {
  const Ending ending =
      GENERATE(Ending::ignored, Ending::dropped, Ending::assigned_over, Ending::thrown);
  Recovering recovering;

  end_neutrally(recovering, ending);

  CHECK(recovering.circuit.state() == State::half_open);
  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("neutral probes add up to neither a recovery nor a relapse") {
  const Ending ending =
      GENERATE(Ending::ignored, Ending::dropped, Ending::assigned_over, Ending::thrown);
  Recovering recovering{{.probes = 1, .close_after = 2, .reopen_after = 2}};

  for (int i = 0; i < 300; ++i) end_neutrally(recovering, ending);

  CHECK(recovering.circuit.state() == State::half_open);
  recovering.circuit.try_acquire().success();
  CHECK(recovering.circuit.state() == State::half_open);
  recovering.circuit.try_acquire().success();
  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("a neutral probe keeps what good and bad probes have counted") {
  Recovering recovering{{.probes = 1, .close_after = 2, .reopen_after = 2}};
  recovering.circuit.try_acquire().failure();
  recovering.circuit.try_acquire().ignore();

  recovering.circuit.try_acquire().failure();

  CHECK(recovering.circuit.state() == State::open);
}

TEST_CASE("a neutral end of a call of the closed time frees no probe's slot") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 2}, ConsecutiveFailures{1}, clock};
  auto early = circuit.try_acquire();
  auto early_too = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto first = circuit.try_acquire();
  const auto second = circuit.try_acquire();

  early.ignore();
  {
    const auto dropped = std::move(early_too);
  }

  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("a probe that an outer gate turns away hands its slot back") {
  Recovering recovering;
  const auto gate_is_full = [] { return true; };
  const auto handle = [&] {
    const auto permit = recovering.circuit.try_acquire();
    if (!permit || gate_is_full()) return false;
    return true;
  };

  CHECK_FALSE(handle());

  CHECK(recovering.circuit.try_acquire());
}

TEST_CASE("a dropped permit counts as what it was told to count as") {
  Recovering recovering;

  SECTION("a failure reopens") {
    {
      recovering.circuit.try_acquire().if_dropped(Verdict::failure);
    }
    CHECK(recovering.circuit.state() == State::open);
  }
  SECTION("a success closes") {
    {
      recovering.circuit.try_acquire().if_dropped(Verdict::success);
    }
    CHECK(recovering.circuit.state() == State::closed);
  }
  SECTION("a settled permit is past that") {
    {
      auto probe = recovering.circuit.try_acquire();
      probe.if_dropped(Verdict::failure);
      probe.ignore();
    }
    CHECK(recovering.circuit.state() == State::half_open);
  }
  SECTION("the choice moves with the permit") {
    {
      auto probe = recovering.circuit.try_acquire();
      probe.if_dropped(Verdict::failure);
      const auto moved = std::move(probe);
    }
    CHECK(recovering.circuit.state() == State::open);
  }
}

TEST_CASE("an ignored call of the closed time neither ends nor extends a row of failures") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, clock};
  circuit.try_acquire().failure();

  CHECK(circuit.try_acquire().ignore() == Settled::counted);
  CHECK(circuit.state() == State::closed);

  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);
}

namespace {

template <class Policy>
void keep_ignored_calls_out_of(const Policy& policy) {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, policy, clock};
  circuit.try_acquire().failure();
  const Numbers before = circuit.snapshot().numbers;

  for (int i = 0; i < 20; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(10ms);
    permit.ignore();
  }

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == before);
}

}  // namespace

TEST_CASE("ignored calls are not in the window, whatever the policy") {
  SECTION("failure rate, last calls") {
    keep_ignored_calls_out_of(
        FailureRate{last_calls<10>(), {.threshold = 100_percent, .min_calls = 10}});
  }
  SECTION("failure rate, time window") {
    keep_ignored_calls_out_of(
        FailureRate{within(100s), {.threshold = 100_percent, .min_calls = 10}});
  }
  SECTION("failure count, last calls") {
    keep_ignored_calls_out_of(FailureCount{5, last_calls<10>()});
  }
  SECTION("failure count, time window") {
    keep_ignored_calls_out_of(FailureCount{5, within(100s)});
  }
  SECTION("slow calls") {
    keep_ignored_calls_out_of(
        SlowCallRate{{.slower_than = 1ms, .threshold = 50_percent, .min_calls = 5}});
  }
  SECTION("any of") {
    keep_ignored_calls_out_of(any_of(ConsecutiveFailures{5}, FailureCount{5, within(100s)}));
  }
}

TEST_CASE("a probe may end on another thread than the one that took it") {
  Recovering recovering;
  auto probe = recovering.circuit.try_acquire();

  std::thread{[probe = std::move(probe)]() mutable { probe.ignore(); }}.join();

  CHECK(recovering.circuit.try_acquire());
}
