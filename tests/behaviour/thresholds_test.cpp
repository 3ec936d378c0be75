// Thresholds: `>=`, exact, once the minimum is in; what a window covers and what it has let go.
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

template <class Circuit>
void settle(Circuit& circuit, int count, Verdict verdict) {
  for (int i = 0; i < count; ++i) circuit.try_acquire().settle(verdict);
}

}  // namespace

TEST_CASE("a share exactly at the threshold trips, and one failure less does not") {
  const int percentage = GENERATE(1, 29, 50, 57, 58, 99, 100);
  CAPTURE(percentage);
  const FailureRateSettings settings{percent(percentage), 100};
  CircuitBreaker at{Config{}, FailureRate{settings}};
  CircuitBreaker below{Config{}, FailureRate{settings}};

  settle(at, 100 - percentage, Verdict::success);
  settle(at, percentage, Verdict::failure);
  settle(below, 101 - percentage, Verdict::success);
  settle(below, percentage - 1, Verdict::failure);

  CHECK(at.state() == State::open);
  CHECK(below.state() == State::closed);
}

TEST_CASE("a threshold of the whole trips when every call fails") {
  CircuitBreaker circuit{Config{}, FailureRate{{.threshold = 100_percent, .min_calls = 20}}};

  settle(circuit, 20, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("before the minimum of calls is in, not even all failures trip") {
  CircuitBreaker circuit{Config{}, FailureRate{{.threshold = 50_percent, .min_calls = 20}}};

  settle(circuit, 19, Verdict::failure);
  CHECK(circuit.state() == State::closed);
  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a success never opens a circuit, also where it brings the minimum in") {
  CircuitBreaker circuit{Config{}, FailureRate{{.threshold = 50_percent, .min_calls = 20}}};
  settle(circuit, 19, Verdict::failure);

  settle(circuit, 1, Verdict::success);
  CHECK(circuit.state() == State::closed);
  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a window of the last calls slides by one call at a time") {
  CircuitBreaker circuit{Config{}, FailureCount{3, last_calls<5>()}};
  settle(circuit, 2, Verdict::failure);
  settle(circuit, 4, Verdict::success);  // one of the failures has left
  CHECK(circuit.snapshot().numbers == Numbers{{1, 5}});

  settle(circuit, 1, Verdict::failure);  // and now the other
  CHECK(circuit.snapshot().numbers == Numbers{{1, 5}});
  settle(circuit, 2, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a window of one call trips on one failure") {
  CircuitBreaker circuit{Config{}, FailureRate{last_calls<1>(), {100_percent, 1}}};
  settle(circuit, 5, Verdict::success);
  CHECK(circuit.state() == State::closed);

  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("a row of failures is broken by one success") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}};
  settle(circuit, 2, Verdict::failure);
  settle(circuit, 1, Verdict::success);
  settle(circuit, 2, Verdict::failure);
  CHECK(circuit.state() == State::closed);

  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::open);
}

TEST_CASE("failures in a time window count until they are a span old, exact to a slice") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureCount{2, within(10s)}, clock};
  settle(circuit, 1, Verdict::failure);

  clock.advance(9s);
  CHECK(circuit.snapshot().numbers.at[0] == 1);
  clock.advance(1s);
  CHECK(circuit.snapshot().numbers.at[0] == 0);
  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("the call that begins a new slice is itself counted") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureRate{within(10s), {100_percent, 1000}}, clock};

  for (int slice = 1; slice <= 10; ++slice) {
    settle(circuit, 1, Verdict::failure);
    CHECK(circuit.snapshot().numbers.at[0] == static_cast<std::uint32_t>(slice));
    clock.advance(1s);
  }
}

TEST_CASE("two failures on both sides of a slice's end count together, whichever is counted last") {
  const auto opens = [](const auto& policy, std::chrono::nanoseconds first,
                        std::chrono::nanoseconds last) {
    ManualClock clock;
    CircuitBreaker circuit{Config{}, policy, clock};
    for (const auto time : {first, last}) {  // a thread may read the clock long before it counts
      clock.set(time);
      circuit.try_acquire().failure();
    }
    return circuit.state() == State::open;
  };
  const auto opens_in_any_order = [&](const auto& policy) {
    return opens(policy, 1s - 1ns, 1s) && opens(policy, 1s, 1s - 1ns);
  };

  CHECK(opens_in_any_order(FailureCount{2, within(10s)}));
  CHECK(opens_in_any_order(FailureRate{within(10s), {100_percent, 2}}));
  CHECK(opens_in_any_order(FailureRate{within<10, 8>(10s), {100_percent, 2}}));
}

TEST_CASE("after an idle while, a time window holds nothing of before") {
  const auto idle = GENERATE(10s, 11s, 20s, 100s, 3600s);
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureRate{within(10s), {50_percent, 2}}, clock};
  settle(circuit, 1, Verdict::failure);

  clock.advance(idle);
  CHECK(circuit.snapshot().numbers == Numbers{});
  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.snapshot().numbers == Numbers{{1, 1}});
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a call longer than the window is counted when it ends") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureCount{3, within(10s)}, clock};
  auto a = circuit.try_acquire();
  auto b = circuit.try_acquire();
  auto c = circuit.try_acquire();

  clock.advance(1h);  // the dependency hangs
  a.failure();
  b.failure();
  c.failure();

  CHECK(circuit.state() == State::open);
}

TEST_CASE("each part of a combined policy is fed, also when another stands at its threshold") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, all_of(ConsecutiveFailures{2}, FailureRate{last_calls<100>(), {50_percent, 10}}),
      clock};

  settle(circuit, 9, Verdict::failure);
  CHECK(circuit.state() == State::closed);  // the rate is not in yet
  settle(circuit, 1, Verdict::failure);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers == Numbers{{10}});
}

TEST_CASE("any of several trips by the first that stands at its threshold, and says which") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, any_of(ConsecutiveFailures{10}, FailureCount{3, within(10s)}),
                         clock};
  settle(circuit, 1, Verdict::failure);
  settle(circuit, 1, Verdict::success);
  settle(circuit, 2, Verdict::failure);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limits == Limits{{3}});
  CHECK(circuit.why().words->rule == std::string_view{"failure_count"});
}

TEST_CASE("a slice that is full to the brim keeps its share instead of wrapping") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureRate{within(1000s), {90_percent, 1}}, clock};
  constexpr int rounds = (1 << 20) / 4;  // a slice's counts have 20 bits

  for (int i = 0; i < 3 * rounds; ++i) {
    settle(circuit, 2, Verdict::success);
    settle(circuit, 2, Verdict::failure);
  }

  const Numbers seen = circuit.snapshot().numbers;
  CHECK(circuit.state() == State::closed);
  CHECK(seen.at[0] > 1000);
  CHECK(seen.at[1] >= 2 * seen.at[0] - 4);
  CHECK(seen.at[1] <= 2 * seen.at[0] + 4);
}

TEST_CASE("twenty thousand calls in flight at once are all settled and counted") {
  CircuitBreaker circuit{Config{}, FailureRate{last_calls<50000>(), {100_percent, 50000}},
                         Counters{}};
  std::vector<decltype(circuit)::Permit> in_flight;
  for (int i = 0; i < 20000; ++i) in_flight.push_back(circuit.try_acquire());

  for (auto& permit : in_flight) permit.failure();

  CHECK(circuit.snapshot().numbers == Numbers{{20000, 20000}});
  CHECK(circuit.listener().totals().failed == 20000);
}
