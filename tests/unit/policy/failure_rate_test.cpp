// FailureRate: a share of the calls in a window.
#include "breaker/policy/failure_rate.hpp"

#include <chrono>
#include <string_view>

#include "breaker/policy/bad_call_rate.hpp"
#include "breaker/policy/slow_call_rate.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

TEST_CASE("57 failures of 100 calls trip at 57 percent, 56 do not") {
  Asked policy{FailureRate{{.threshold = 57_percent, .min_calls = 100}}};
  for (int i = 0; i < 43; ++i) policy.succeeds();

  for (int i = 0; i < 56; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.fails());
  CHECK(policy.numbers() == Numbers{{57, 100}});
}

TEST_CASE("56 failures of 100 calls do not trip at 57 percent") {
  Asked policy{FailureRate{{.threshold = 57_percent, .min_calls = 100}}};
  for (int i = 0; i < 44; ++i) policy.succeeds();

  for (int i = 0; i < 56; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.numbers() == Numbers{{56, 100}});
}

TEST_CASE(
    "the first failure at or above the threshold trips, for every number of calls up to 300") {
  const Ratio threshold = GENERATE(Ratio{1, 100}, Ratio{1, 3}, Ratio{1, 2}, Ratio{57, 100},
                                   Ratio{2, 3}, Ratio{29, 100}, Ratio{1, 1});
  CAPTURE(threshold.part(), threshold.whole());

  for (int calls = 1; calls <= 300; ++calls) {
    Asked policy{FailureRate{last_calls<300>(), {.threshold = threshold, .min_calls = calls}}};
    // As few failures as reach it: the least number that is no less than the share, by whole
    // numbers.
    const int enough = (calls * threshold.part() + threshold.whole() - 1) / threshold.whole();
    for (int i = 0; i < calls - enough; ++i) policy.succeeds();
    bool early = false;
    for (int i = 1; i < enough; ++i) early = early || policy.fails();
    const bool at_last = policy.fails();
    if (early || !at_last) {
      CAPTURE(calls, enough, early, at_last);
      FAIL("tripped at the wrong failure");
    }
  }
}

TEST_CASE("one failure less than enough never trips, for every number of calls up to 300") {
  const Ratio threshold = GENERATE(Ratio{1, 3}, Ratio{1, 2}, Ratio{57, 100}, Ratio{1, 1});

  for (int calls = 2; calls <= 300; ++calls) {
    Asked policy{FailureRate{last_calls<300>(), {.threshold = threshold, .min_calls = calls}}};
    const int enough = (calls * threshold.part() + threshold.whole() - 1) / threshold.whole();
    bool tripped = false;
    for (int i = 0; i <= calls - enough; ++i) policy.succeeds();
    for (int i = 1; i < enough; ++i) tripped = tripped || policy.fails();
    if (tripped) {
      CAPTURE(calls, enough);
      FAIL("tripped below the threshold");
    }
  }
}

TEST_CASE("nothing is judged before min_calls are in") {
  Asked policy{FailureRate{{.threshold = 1_percent}}};

  for (int i = 0; i < 19; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.fails());
}

TEST_CASE("a success never trips, however many failures there are") {
  Asked policy{FailureRate{last_calls<10>(), {.threshold = 50_percent, .min_calls = 10}}};
  for (int i = 0; i < 9; ++i) policy.fails();

  CHECK_FALSE(policy.succeeds());
  CHECK_FALSE(policy.policy().is_bad({Verdict::success, 0, 0}));
  CHECK(policy.numbers() == Numbers{{9, 10}});
  CHECK(policy.fails());
}

TEST_CASE("over a time window, failures out of the span no longer count") {
  Asked policy{FailureRate{within(10s), {.threshold = 50_percent, .min_calls = 4}}};
  constexpr Ticks s = 1'000'000'000;
  CHECK_FALSE(policy.fails(0));
  CHECK_FALSE(policy.fails(1 * s));
  CHECK_FALSE(policy.fails(2 * s));

  CHECK(policy.fails(9 * s));
  CHECK(policy.numbers(9 * s) == Numbers{{4, 4}});
  CHECK_FALSE(policy.fails(11 * s));

  CHECK(policy.numbers(11 * s) == Numbers{{3, 3}});  // those of 2, 9 and 11 s
}

TEST_CASE("over a striped time window the share is the same") {
  Asked policy{FailureRate{within<10, 4>(10s), {.threshold = 50_percent, .min_calls = 20}}};
  for (int i = 0; i < 10; ++i) policy.succeeds();

  for (int i = 0; i < 9; ++i) CHECK_FALSE(policy.fails());

  CHECK(policy.fails());
  CHECK(policy.numbers() == Numbers{{10, 20}});
}

TEST_CASE("a new stay starts without evidence, and a verdict of the old one is refused") {
  Asked policy{FailureRate{last_calls<10>(), {.threshold = 50_percent, .min_calls = 2}}};
  policy.fails();
  policy.fails();

  const Stay old = policy.stay();
  policy.enter_next_stay();

  CHECK(policy.numbers() == Numbers{});
  CHECK_FALSE(policy.fails());
  CHECK(policy.settle_in(old, Verdict::failure).kind == Standing::Kind::stale);
  CHECK(policy.fails());
}

TEST_CASE("a failure rate is a value: settings that are equal, known at compile time") {
  constexpr FailureRate policy{last_calls<10>(), {.threshold = 50_percent, .min_calls = 2}};

  STATIC_REQUIRE(policy == FailureRate{last_calls<10>(), {50_percent, 2}});
  STATIC_REQUIRE(policy != FailureRate{last_calls<10>(), {50_percent, 3}});
  STATIC_REQUIRE(policy != FailureRate{last_calls<10>(), {51_percent, 2}});
  STATIC_REQUIRE(policy.limits() == Limits{{50, 100, 2}});
  STATIC_REQUIRE(policy.window_calls() == 10);
  STATIC_REQUIRE(FailureRate{within(10s), {50_percent}} != FailureRate{within(9s), {50_percent}});
  CHECK(policy.words().rule == std::string_view{"failure_rate"});
  CHECK(policy.words().numbers[0] == std::string_view{"failures"});
  CHECK(policy.words().numbers[1] == std::string_view{"calls"});
}

TEST_CASE("min_calls that are not given are 20, or the size of a smaller window") {
  const auto min_calls = [](const auto& policy) { return policy.limits().at[2]; };

  CHECK(min_calls(FailureRate{{50_percent}}) == 20);
  CHECK(min_calls(FailureRate{last_calls<20>(), {50_percent}}) == 20);
  CHECK(min_calls(FailureRate{last_calls<10>(), {50_percent}}) == 10);
  CHECK(min_calls(FailureRate{within(10s), {50_percent}}) == 20);
  CHECK(min_calls(SlowCallRate{last_calls<10>(), {1s, 50_percent}}) == 10);
  CHECK(min_calls(BadCallRate{last_calls<10>(), {1s, 50_percent}}) == 10);
}
