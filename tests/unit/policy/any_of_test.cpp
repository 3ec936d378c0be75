// any_of, all_of: the algebra of policies.
#include "breaker/policy/any_of.hpp"

#include <chrono>
#include <cstdint>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

/// A user's sequential policy: stands at its threshold after so many failures, ever.
struct FailuresEver {
  int limit_of_failures;
  int failures = 0;

  bool record(const Outcome& outcome) noexcept {
    failures += outcome.verdict == Verdict::failure ? 1 : 0;
    return failures >= limit_of_failures;
  }
  void clear() noexcept { failures = 0; }
  [[nodiscard]] Evidence evidence() const noexcept {
    return {0, static_cast<std::uint32_t>(failures), 0};
  }
};

auto share(int percentage) {
  return FailureRate{last_calls<10>(), {.threshold = percent(percentage), .min_calls = 10}};
}

}  // namespace

TEST_CASE("any_of trips when one part does, and names that part") {
  Asked policy{any_of(ConsecutiveFailures{3}, share(50))};
  const auto pair = [&] {
    const bool failed = policy.fails();
    policy.succeeds();
    return failed;
  };

  for (int i = 0; i < 5; ++i) CHECK_FALSE(pair());
  const Finding by_share = policy.settle(Verdict::failure);

  CHECK(by_share.at_threshold);
  CHECK(by_share.part == 1);
  CHECK(by_share.evidence == Evidence{10, 5, 0});
  CHECK(policy.policy().limit(by_share.part).rule == Rule::failure_rate);
  CHECK(policy.policy().limit(0).rule == Rule::consecutive_failures);
}

TEST_CASE("any_of finds the first part of several that stand at their thresholds") {
  Asked policy{any_of(ConsecutiveFailures{3}, FailureCount{3, last_calls<10>()})};

  CHECK_FALSE(policy.fails());
  CHECK_FALSE(policy.fails());
  const Finding both = policy.settle(Verdict::failure);

  CHECK(both.at_threshold);
  CHECK(both.part == 0);
  CHECK(both.evidence == Evidence{3, 3, 0});
}

TEST_CASE("all_of trips only when every part stands at its threshold or above") {
  Asked policy{all_of(ConsecutiveFailures{2}, share(50))};
  for (int i = 0; i < 6; ++i) CHECK_FALSE(policy.fails());  // in a row, but not ten calls yet
  for (int i = 0; i < 4; ++i) policy.succeeds();

  CHECK_FALSE(policy.fails());  // half of ten failed, but one in a row
  const Finding both = policy.settle(Verdict::failure);

  CHECK(both.at_threshold);
  CHECK(both.part == 0);
  CHECK(both.evidence == Evidence{10, 6, 0});  // the larger of each number
}

TEST_CASE("combinations nest, and parts are counted through") {
  Asked policy{any_of(all_of(ConsecutiveFailures{100}, share(10)), ConsecutiveFailures{50},
                      any_of(FailuresEver{4}, ConsecutiveFailures{60}))};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(policy.fails());

  const Finding found = policy.settle(Verdict::failure);

  CHECK(found.at_threshold);
  CHECK(found.part == 3);
  CHECK(policy.policy().limit(3).rule == Rule::custom);
  CHECK(policy.policy().limit(1).rule == Rule::failure_rate);
  CHECK(policy.policy().limit(2).count == 50);
  CHECK(policy.policy().limit(4).count == 60);
}

TEST_CASE("a user's sequential policy inside a combination is cleared in each stay") {
  Asked policy{all_of(FailuresEver{2}, ConsecutiveFailures{2})};
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());

  policy.enter_next_stay();

  CHECK(policy.evidence() == Evidence{0, 0, 0});
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());
}

TEST_CASE("a success ends the row of a combined policy without being asked") {
  Asked policy{any_of(ConsecutiveFailures{2}, share(100))};

  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(policy.fails());
    CHECK_FALSE(policy.succeeds());
  }
}

TEST_CASE("a combination is clean when each part is, and otherwise not") {
  Asked policy{any_of(ConsecutiveFailures{3}, FailureCount{2, last_calls<2>()})};
  CHECK_FALSE(policy.policy().is_clean(StayId{}));
  for (int i = 0; i < 3; ++i) policy.succeeds();
  CHECK(policy.policy().is_clean(StayId{}));

  policy.fails();
  CHECK_FALSE(policy.policy().is_clean(StayId{}));
  policy.succeeds();
  CHECK_FALSE(policy.policy().is_clean(StayId{}));  // the row has ended, the window still shows it
  policy.succeeds();
  CHECK(policy.policy().is_clean(StayId{}));
}

TEST_CASE("a slow success is judged by every part of a combination") {
  Asked policy{any_of(
      SlowCallRate{last_calls<2>(), {.slower_than = 1s, .threshold = 100_percent, .min_calls = 2}},
      share(50))};

  CHECK_FALSE(policy.succeeds(0, 2'000'000'000));
  const Finding found = policy.settle(Verdict::success, 0, 2'000'000'000);

  CHECK(found.at_threshold);
  CHECK(found.part == 0);
  CHECK(found.evidence.slow == 2);
}

TEST_CASE("the clock is read as often as the part that needs it most") {
  using Slow = SlowCallRate<LastCalls<100>>;
  using Windowed = FailureRate<Within<10, 1>>;
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, Slow>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, Windowed>::clock_use == ClockUse::on_settle);
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, FailureCount<Within<10, 1>>>::clock_use ==
                 ClockUse::on_failure);
  STATIC_REQUIRE(AllOf<ConsecutiveFailures, FailureRate<>>::clock_use == ClockUse::none);
  STATIC_REQUIRE(AnyOf<AllOf<Slow, Slow>, Slow>::parts == 3);
}

TEST_CASE("a circuit explains which part of a combination tripped it") {
  CircuitBreaker circuit{Config{}, any_of(share(90), ConsecutiveFailures{3}), ManualClock{}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limit == Limit{.rule = Rule::consecutive_failures, .count = 3});
  CHECK(circuit.why().evidence == Evidence{3, 3, 0});
}

TEST_CASE("rows of several lengths trip at the shortest, and a success ends them all") {
  CircuitBreaker circuit{Config{}, any_of(ConsecutiveFailures{3}, ConsecutiveFailures{2})};

  circuit.try_acquire().failure();
  circuit.try_acquire().success();
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limit.count == 2);
}

TEST_CASE("a part that counts a row records nothing of a stay that is over") {
  Asked policy{any_of(ConsecutiveFailures{3}, ConsecutiveFailures{4})};
  const Stay earlier = policy.stay();
  policy.enter_next_stay();
  policy.fails();

  CHECK_FALSE(policy.policy().record({Verdict::failure, 0, 0}, earlier, nullptr));
  CHECK(policy.evidence() == Evidence{1, 1, 0});
}

TEST_CASE("a circuit shows the limit of each part, the first one unless asked for another") {
  CircuitBreaker circuit{Config{}, any_of(ConsecutiveFailures{3}, ConsecutiveFailures{7})};

  CHECK(circuit.limit().count == 3);
  CHECK(circuit.limit(0).count == 3);
  CHECK(circuit.limit(1).count == 7);
}

TEST_CASE("a call of a stay that is over is recorded in no part") {
  Asked either{any_of(FailureCount{2, within(10s)}, ConsecutiveFailures{2})};
  Asked both{all_of(FailureCount{2, within(10s)}, ConsecutiveFailures{2})};
  const Stay of_either = either.stay();
  const Stay of_both = both.stay();
  either.enter_next_stay();
  both.enter_next_stay();
  either.fails();
  both.fails();

  Finding finding;
  CHECK_FALSE(either.policy().record({Verdict::success, 0, 0}, of_either, nullptr));
  CHECK_FALSE(either.policy().record({Verdict::failure, 0, 0}, of_either, &finding));
  CHECK_FALSE(both.policy().record({Verdict::failure, 0, 0}, of_both, &finding));

  CHECK(either.evidence() == Evidence{1, 1, 0});
  CHECK(both.evidence() == Evidence{1, 1, 0});
}

TEST_CASE("which part of a combination comes first changes neither what is clean nor what is bad") {
  Asked counts{any_of(FailureCount{2, last_calls<2>()}, ConsecutiveFailures{3})};
  for (int i = 0; i < 3; ++i) counts.succeeds();
  CHECK(counts.policy().is_clean(StayId{}));
  counts.fails();
  counts.succeeds();
  CHECK_FALSE(counts.policy().is_clean(StayId{}));  // the row has ended, the window still shows it

  const auto rates = any_of(
      share(50),
      SlowCallRate{last_calls<2>(), {.slower_than = 1s, .threshold = 100_percent, .min_calls = 2}});
  CHECK(rates.is_bad({Verdict::success, 0, 2'000'000'000}));
  CHECK(rates.is_bad({Verdict::failure, 0, 0}));
  CHECK_FALSE(rates.is_bad({Verdict::success, 0, 0}));
}
