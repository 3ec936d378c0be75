// SlowCallRate: a share of slow calls.
#include "breaker/policy/slow_call_rate.hpp"

#include <chrono>
#include <cstring>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

constexpr Ticks limit = 200'000'000;

SlowCallRate<LastCalls<4>> half_of_four() {
  return {last_calls<4>(), {.slower_than = 200ms, .threshold = 50_percent, .min_calls = 4}};
}

}  // namespace

TEST_CASE("a call that takes exactly the limit is not slow, one nanosecond more is") {
  const auto policy = half_of_four();

  CHECK_FALSE(policy.is_bad({Verdict::success, 0, limit}));
  CHECK(policy.is_bad({Verdict::success, 0, limit + 1}));
  CHECK(detail::is_bad(policy, {Verdict::failure, 0, 0}));  // for a probe
  CHECK_FALSE(policy.is_bad({Verdict::failure, 0, 0}));
}

TEST_CASE("a slow call trips at the share, whatever its verdict") {
  Asked policy{half_of_four()};
  policy.succeeds(0, limit);
  policy.succeeds(0, limit);
  CHECK_FALSE(policy.succeeds(0, limit + 1));

  CHECK(policy.succeeds(0, limit + 1));
  CHECK(policy.numbers() == Numbers{{2, 4}});
}

TEST_CASE("fast failures are calls, but not slow ones") {
  Asked policy{half_of_four()};

  for (int i = 0; i < 8; ++i) CHECK_FALSE(policy.fails(0, limit));

  CHECK(policy.numbers() == Numbers{{0, 4}});
}

TEST_CASE("a fast success never trips, even past the threshold") {
  Asked policy{half_of_four()};
  for (int i = 0; i < 3; ++i) policy.succeeds(0, limit + 1);

  CHECK_FALSE(policy.succeeds(0, 0));
  CHECK(policy.numbers() == Numbers{{3, 4}});
}

TEST_CASE("a circuit times its calls, and a slow probe is a bad one") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, half_of_four(), clock};
  const auto takes = [&](std::chrono::milliseconds time) {
    circuit.call([&] { clock.advance(time); });
  };
  for (const auto time : {1ms, 200ms, 201ms}) takes(time);
  CHECK(circuit.state() == State::closed);

  takes(300ms);
  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers == Numbers{{2, 4}});
  clock.advance(10s);
  takes(300ms);

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().reason == Reason::probes_failed);
}

TEST_CASE("ignored slow calls are not in the window") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, half_of_four(), clock};

  for (int i = 0; i < 10; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(1s);
    permit.ignore();
  }

  CHECK(circuit.snapshot().numbers == Numbers{});
}

TEST_CASE(
    "a fast call of a window that holds no slow ones writes nothing, alone and beside failures") {
  const SlowCallRate slow{last_calls<4>(), {.slower_than = 1s, .threshold = 50_percent}};
  const auto leaves_bytes = [](auto policy, int calls) {
    CircuitBreaker circuit{Config{}, policy, ManualClock{}};
    for (int i = 0; i < calls; ++i) circuit.call([] { return 1; });
    std::vector<unsigned char> before(sizeof circuit);
    std::memcpy(before.data(), static_cast<const void*>(&circuit), sizeof circuit);
    circuit.call([] { return 1; });
    return std::memcmp(before.data(), static_cast<const void*>(&circuit), sizeof circuit) == 0;
  };

  CHECK_FALSE(leaves_bytes(slow, 4));  // it is full from now on
  CHECK(leaves_bytes(slow, 5));
  CHECK(leaves_bytes(any_of(slow, FailureRate{last_calls<3>(), {.threshold = 50_percent}}), 5));
}

TEST_CASE("a share of slow calls is judged from 20 calls on, unless told otherwise") {
  const SlowCallRate policy{{.slower_than = 1s, .threshold = percent(50)}};

  CHECK(policy.limits() == Limits{{50, 100, 20, 1000}});
}

TEST_CASE("a slow call of a stay that is over is not counted") {
  Asked policy{
      SlowCallRate{last_calls<10>(), {.slower_than = 1s, .threshold = 50_percent, .min_calls = 2}}};
  const Stay old = policy.stay();
  policy.enter_next_stay();
  policy.succeeds(0, Duration{2s}.ticks());

  CHECK(policy.settle_in(old, Verdict::success, 0, Duration{2s}.ticks()).kind ==
        Standing::Kind::stale);

  CHECK(policy.numbers() == Numbers{{1, 1}});
}
