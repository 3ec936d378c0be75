// any_of, all_of: the algebra of policies.
#include "breaker/policy/any_of.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/sentence.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

using Kind = Standing::Kind;

constexpr Ticks two_seconds = 2'000'000'000;

/// A user's policy on plain integers: stands at its limit after so many failures, ever.
struct FailuresEver {
  std::uint32_t limit_of_failures;

  struct Evidence {
    std::uint32_t failures = 0;
  };
  constexpr Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    seen.failures += outcome.verdict == Verdict::failure ? 1 : 0;
    return look(seen);
  }
  [[nodiscard]] constexpr Standing look(const Evidence& seen) const noexcept {
    return {.kind = seen.failures >= limit_of_failures ? Kind::at_limit : Kind::below,
            .numbers = {{0, seen.failures}}};
  }
  bool operator==(const FailuresEver&) const = default;
};

constexpr auto share(int percentage) {
  return FailureRate{last_calls<10>(), {.threshold = percent(percentage), .min_calls = 10}};
}

constexpr auto both_of_two_slow(Duration slower_than = 1s) {
  return SlowCallRate{last_calls<2>(),
                      {.slower_than = slower_than, .threshold = 100_percent, .min_calls = 2}};
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
  const Standing by_share = policy.settle(Verdict::failure);

  CHECK(by_share.kind == Kind::at_limit);
  CHECK(by_share.part == 1);
  CHECK(by_share.numbers == Numbers{{5, 10}});
  CHECK(policy.policy().words(1).rule == std::string_view{"failure_rate"});
  CHECK(policy.policy().words(0).rule == std::string_view{"consecutive_failures"});
}

TEST_CASE("any_of finds the first part of several that stand at their limits") {
  Asked policy{any_of(ConsecutiveFailures{3}, FailureCount{3, last_calls<10>()})};

  CHECK_FALSE(policy.fails());
  CHECK_FALSE(policy.fails());
  const Standing both = policy.settle(Verdict::failure);

  CHECK(both.kind == Kind::at_limit);
  CHECK(both.part == 0);
  CHECK(both.numbers == Numbers{{3}});
}

TEST_CASE("all_of trips only when every part stands at its limit or above") {
  Asked policy{all_of(ConsecutiveFailures{2}, share(50))};
  for (int i = 0; i < 6; ++i) CHECK_FALSE(policy.fails());  // in a row, but not ten calls yet
  for (int i = 0; i < 4; ++i) policy.succeeds();

  CHECK_FALSE(policy.fails());  // half of ten failed, but one in a row
  const Standing both = policy.settle(Verdict::failure);

  CHECK(both.kind == Kind::at_limit);
  CHECK(both.part == 0);
  CHECK(both.numbers == Numbers{{2}});  // the first part's
}

TEST_CASE("a combination stands at its limit when asked as when it records") {
  Asked either{any_of(ConsecutiveFailures{3}, FailuresEver{2})};
  Asked both{all_of(ConsecutiveFailures{1}, FailuresEver{2})};
  CHECK(either.look().kind == Kind::below);
  CHECK(both.look().kind == Kind::below);
  either.fails();
  both.fails();
  CHECK(either.look().kind == Kind::below);
  CHECK(both.look().kind == Kind::below);
  CHECK(both.look().part == 1);  // the one that is below
  either.fails();
  both.fails();

  CHECK(either.look().kind == Kind::at_limit);
  CHECK(either.look().part == 1);
  CHECK(both.look().kind == Kind::at_limit);
  CHECK(both.look().part == 0);
  either.succeeds();
  both.succeeds();
  CHECK(either.look().kind == Kind::at_limit);  // the other part stays there
  CHECK(both.look().kind == Kind::below);
}

TEST_CASE("combinations nest, and parts are counted through") {
  Asked policy{any_of(all_of(ConsecutiveFailures{100}, share(10)), ConsecutiveFailures{50},
                      any_of(FailuresEver{4}, ConsecutiveFailures{60}))};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(policy.fails());

  const Standing found = policy.settle(Verdict::failure);

  CHECK(found.kind == Kind::at_limit);
  CHECK(found.part == 3);
  CHECK(policy.policy().words(3).rule == std::string_view{"custom"});
  CHECK(policy.policy().words(1).rule == std::string_view{"failure_rate"});
  CHECK(policy.policy().limits(1) == Limits{{10, 100, 10}});
  CHECK(policy.policy().limits(2) == Limits{{50}});
  CHECK(policy.policy().limits(4) == Limits{{60}});
  CHECK(policy.policy().window_calls(1) == 10);
  CHECK(policy.policy().window_calls(4) == 60);
  CHECK(policy.numbers(0, 0) == Numbers{{4}});
  CHECK(policy.numbers(0, 1) == Numbers{{4, 4}});
  CHECK(policy.numbers(0, 3) == Numbers{{0, 4}});
  CHECK(policy.numbers(0, 4) == Numbers{{4}});
}

TEST_CASE("a part of all_of may be any_of, and the other way round") {
  Asked policy{all_of(any_of(ConsecutiveFailures{2}, FailuresEver{4}), share(10))};
  for (int i = 0; i < 5; ++i) {
    CHECK_FALSE(policy.fails());
    policy.succeeds();
  }

  const Standing found = policy.settle(Verdict::failure);  // the sixth ever, one in a row

  CHECK(found.kind == Kind::at_limit);
  CHECK(found.part == 1);
}

TEST_CASE("a user's plain policy inside a combination starts anew in each stay") {
  Asked policy{all_of(FailuresEver{2}, ConsecutiveFailures{2})};
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());

  policy.enter_next_stay();

  CHECK(policy.numbers() == Numbers{});
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());
}

TEST_CASE("a success ends the row of a combined policy") {
  Asked policy{any_of(ConsecutiveFailures{2}, share(100))};

  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(policy.fails());
    CHECK_FALSE(policy.succeeds());
  }
}

TEST_CASE("a combination is clean when each part is, and otherwise not") {
  Asked policy{any_of(ConsecutiveFailures{3}, FailureCount{2, last_calls<2>()})};
  CHECK_FALSE(policy.is_clean());
  for (int i = 0; i < 3; ++i) policy.succeeds();
  CHECK(policy.is_clean());

  policy.fails();
  CHECK_FALSE(policy.is_clean());
  policy.succeeds();
  CHECK_FALSE(policy.is_clean());  // the row has ended, the window still shows it
  policy.succeeds();
  CHECK(policy.is_clean());
}

TEST_CASE("a success that is slow is judged by the slow rule alone") {
  Asked policy{any_of(share(50), both_of_two_slow())};
  for (int i = 0; i < 4; ++i) policy.fails();
  for (int i = 0; i < 5; ++i) policy.succeeds();
  // Half of ten calls failed, once one more is in that is no failure: the rate must not trip on it.
  Asked rate{share(40)};
  for (int i = 0; i < 4; ++i) rate.fails();
  for (int i = 0; i < 5; ++i) rate.succeeds();

  CHECK_FALSE(rate.succeeds(0, two_seconds));
  CHECK_FALSE(policy.succeeds(0, two_seconds));
  const Standing slow = policy.settle(Verdict::success, 0, two_seconds);

  CHECK(slow.kind == Kind::at_limit);
  CHECK(slow.part == 1);
  CHECK(slow.numbers == Numbers{{2, 2}});
}

TEST_CASE("all_of is asked after a slow success, too") {
  Asked policy{all_of(FailuresEver{1}, both_of_two_slow())};
  CHECK_FALSE(policy.fails());
  CHECK_FALSE(policy.succeeds(0, two_seconds));

  CHECK(policy.succeeds(0, two_seconds));
}

TEST_CASE("all_of is not asked after a success that no part calls bad") {
  Asked policy{all_of(FailuresEver{1}, FailuresEver{1})};
  CHECK(policy.fails());

  CHECK_FALSE(policy.succeeds());
  CHECK(policy.look().kind == Kind::at_limit);
}

TEST_CASE("as a probe, a call is bad for any_of if it is for one part, for all_of if for all") {
  const Outcome failed{Verdict::failure, 0, 0};
  const Outcome slow{Verdict::success, 0, two_seconds};
  const Outcome very_slow{Verdict::success, 0, 2 * two_seconds};
  const Outcome fast{Verdict::success, 0, 0};
  const auto either = any_of(share(50), both_of_two_slow());
  const auto both = all_of(both_of_two_slow(), share(50));
  const auto both_slow = all_of(both_of_two_slow(1s), both_of_two_slow(3s));

  CHECK(either.is_bad(failed));
  CHECK(either.is_bad(slow));
  CHECK_FALSE(either.is_bad(fast));
  CHECK(both.is_bad(failed));
  CHECK_FALSE(both.is_bad(slow));
  CHECK_FALSE(both_slow.is_bad(slow));
  CHECK(both_slow.is_bad(very_slow));
  CHECK(both_slow.is_bad(failed));
}

TEST_CASE("a slow good probe under all_of is good") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{.open_for = 30s},
      all_of(ConsecutiveFailures{3}, SlowCallRate{{.slower_than = 1s, .threshold = 50_percent}}),
      clock};
  circuit.trip();
  clock.advance(30s);

  circuit.call([&] { clock.advance(2s); });

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a slow good probe under any_of is bad") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{.open_for = 30s},
      any_of(ConsecutiveFailures{3}, SlowCallRate{{.slower_than = 1s, .threshold = 50_percent}}),
      clock};
  circuit.trip();
  clock.advance(30s);

  circuit.call([&] { clock.advance(2s); });

  CHECK(circuit.why().reason == Reason::probes_failed);
}

TEST_CASE("a combination is a value, known at compile time") {
  constexpr auto policy = any_of(ConsecutiveFailures{3}, share(50), FailuresEver{4});

  STATIC_REQUIRE(policy == any_of(ConsecutiveFailures{3}, share(50), FailuresEver{4}));
  STATIC_REQUIRE(policy != any_of(ConsecutiveFailures{4}, share(50), FailuresEver{4}));
  STATIC_REQUIRE(policy != any_of(ConsecutiveFailures{3}, share(51), FailuresEver{4}));
  STATIC_REQUIRE(policy != any_of(ConsecutiveFailures{3}, share(50), FailuresEver{5}));
  STATIC_REQUIRE(policy.limits(1) == Limits{{50, 100, 10}});
  STATIC_REQUIRE(policy.parts == 3);
  STATIC_REQUIRE(all_of(ConsecutiveFailures{3}, ConsecutiveFailures{4}) !=
                 all_of(ConsecutiveFailures{4}, ConsecutiveFailures{3}));
}

TEST_CASE("a combination keeps what it counted if each part does") {
  const auto policy = any_of(ConsecutiveFailures{3}, FailuresEver{4});

  CHECK(policy.keeps(any_of(ConsecutiveFailures{9}, FailuresEver{4})));
  CHECK_FALSE(policy.keeps(any_of(ConsecutiveFailures{3}, FailuresEver{5})));
}

TEST_CASE("the clock is read as often as the part that needs it most") {
  using Slow = SlowCallRate<LastCalls<100>>;
  using Windowed = FailureRate<Within<10, 1>>;
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, Slow>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, Windowed>::clock_use == ClockUse::on_settle);
  STATIC_REQUIRE(AnyOf<ConsecutiveFailures, FailureCount<Within<10, 1>>>::clock_use ==
                 ClockUse::on_failure);
  STATIC_REQUIRE(AllOf<ConsecutiveFailures, FailureRate<>>::clock_use == ClockUse::none);
  STATIC_REQUIRE(AllOf<ConsecutiveFailures, FailuresEver>::clock_use == ClockUse::on_settle);
  STATIC_REQUIRE(AnyOf<AllOf<Slow, Slow>, Slow>::parts == 3);
  const AnyRule<> row{settings("5 failures in a row").rules};
  const AnyRule<> count{settings("5 failures in 10 s").rules};
  CHECK(any_of(row, count).needs_clock() == ClockUse::on_failure);
  CHECK(any_of(count, row).needs_clock() == ClockUse::on_failure);
}

TEST_CASE("a circuit explains which part of a combination tripped it") {
  CircuitBreaker circuit{Config{}, any_of(share(90), ConsecutiveFailures{3}), ManualClock{}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limits == Limits{{3}});
  CHECK(circuit.why().words == &circuit.words(1));
  CHECK(circuit.why().numbers == Numbers{{3}});
}

TEST_CASE("rows of several lengths trip at the shortest, and a success ends them all") {
  CircuitBreaker circuit{Config{}, any_of(ConsecutiveFailures{3}, ConsecutiveFailures{2})};

  circuit.try_acquire().failure();
  circuit.try_acquire().success();
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limits == Limits{{2}});
}

TEST_CASE("a circuit shows numbers, limits and words of each part, of the first unless asked") {
  CircuitBreaker circuit{Config{}, any_of(ConsecutiveFailures{3}, share(70))};
  circuit.try_acquire().failure();

  STATIC_REQUIRE(circuit.part_count == 2);
  CHECK(circuit.limits() == Limits{{3}});
  CHECK(circuit.limits(0) == Limits{{3}});
  CHECK(circuit.limits(1) == Limits{{70, 100, 10}});
  CHECK(circuit.numbers() == Numbers{{1}});
  CHECK(circuit.numbers(1) == Numbers{{1, 1}});
  CHECK(circuit.snapshot().numbers == Numbers{{1}});
  CHECK(circuit.words().rule == std::string_view{"consecutive_failures"});
  CHECK(circuit.words(1).rule == std::string_view{"failure_rate"});
  CHECK(circuit.policy() == any_of(ConsecutiveFailures{3}, share(70)));
}

TEST_CASE("a call of a stay that is over is recorded in no part") {
  Asked either{any_of(FailureCount{2, within(10s)}, ConsecutiveFailures{2})};
  Asked both{all_of(ConsecutiveFailures{2}, FailureCount{2, within(10s)})};
  const Stay of_either = either.stay();
  const Stay of_both = both.stay();
  either.enter_next_stay();
  both.enter_next_stay();
  either.fails();
  both.fails();

  CHECK(either.settle_in(of_either, Verdict::success).kind == Kind::stale);
  CHECK(either.settle_in(of_either, Verdict::failure).kind == Kind::stale);
  CHECK(both.settle_in(of_both, Verdict::success).kind == Kind::stale);
  CHECK(both.settle_in(of_both, Verdict::failure).kind == Kind::stale);

  for (const int part : {0, 1}) {
    CHECK(either.numbers(0, part) == Numbers{{1}});
    CHECK(both.numbers(0, part) == Numbers{{1}});
  }
}

TEST_CASE("which part of a combination comes first does not change what is clean") {
  Asked counts{any_of(FailureCount{2, last_calls<2>()}, ConsecutiveFailures{3})};
  for (int i = 0; i < 3; ++i) counts.succeeds();
  CHECK(counts.is_clean());
  counts.fails();
  counts.succeeds();
  CHECK_FALSE(counts.is_clean());  // the row has ended, the window still shows it
}

TEST_CASE("calls that are good for all parts are booked without their settings") {
  Asked rates{any_of(both_of_two_slow(1s), both_of_two_slow(3s))};
  const auto taking = [](Duration took) { return Outcome{Verdict::success, 0, took.ticks()}; };
  CHECK(rates.place().is_good(taking(1s)));
  CHECK_FALSE(rates.place().is_good(taking(2s)));
  CHECK(rates.place().record_good(taking(1s), rates.stay()));
  CHECK(rates.numbers(0, 0) == Numbers{{0, 1}});
  CHECK(rates.numbers(0, 1) == Numbers{{0, 1}});

  rates.place().adopt(any_of(both_of_two_slow(2s), both_of_two_slow(3s)));

  CHECK(rates.place().is_good(taking(2s)));
  CHECK_FALSE(rates.place().is_good(taking(4s)));

  rates.place().adopt(any_of(both_of_two_slow(4s), both_of_two_slow(3s)));

  CHECK_FALSE(rates.place().is_good(taking(4s)));  // for the second part alone
}

TEST_CASE("a good call of a stay that is over is booked in no part, whichever finds out") {
  const FailureRate rate{within(10s), {.threshold = 50_percent, .min_calls = 9}};
  const auto booked = [](const auto& policy) {
    Asked asked{policy};
    const Stay earlier = asked.stay();
    asked.enter_next_stay();
    asked.fails();
    return asked.place().record_good(Outcome{Verdict::success, 0, 0}, earlier);
  };
  CHECK_FALSE(booked(any_of(rate, rate)));
  CHECK_FALSE(
      booked(any_of(Overdue{{.limit = 1s}}, rate)));  // calls that hang are no matter of success
}
