// Windowed: which calls are marked, when settings keep what was counted, and how it is said.
#include "breaker/policy/windowed.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

constexpr Ticks ms = 1'000'000;

constexpr Outcome good{Verdict::success, 0, 0};
constexpr Outcome failed{Verdict::failure, 0, 0};

constexpr Outcome taking(Ticks took) { return {Verdict::success, 0, took}; }

/// A rate of slow calls that is never reached.
auto slower_than(Duration limit) {
  return SlowCallRate{last_calls<9>(),
                      {.slower_than = limit, .threshold = 100_percent, .min_calls = 9}};
}

std::uint32_t milliseconds_in_limits(Duration limit) {
  return SlowCallRate{{.slower_than = limit, .threshold = 50_percent}}.limits().at[3];
}

std::string share_in_words(const Numbers& seen, const Limits& limits) {
  char text[100];
  const int length = detail::say_share(text, sizeof text, "failed", seen, limits);
  CHECK(length == static_cast<int>(std::string{text}.size()));
  return text;
}

}  // namespace

TEST_CASE("a call is good or marked by the settings that were adopted last") {
  Asked policy{slower_than(5ms)};
  CHECK(policy.place().is_good(taking(5 * ms)));
  CHECK_FALSE(policy.place().is_good(taking(5 * ms + 1)));

  policy.place().adopt(slower_than(7ms));

  CHECK(policy.place().is_good(taking(7 * ms)));
  CHECK_FALSE(policy.place().is_good(taking(7 * ms + 1)));
}

TEST_CASE("a good call is booked without the settings as it is with them") {
  Asked calls{FailureRate{last_calls<9>(), {50_percent, 9}}};
  Asked failures{FailureCount{3, within(10s)}};
  REQUIRE(calls.place().is_good(good));
  REQUIRE_FALSE(calls.place().is_good(failed));
  REQUIRE(failures.place().is_good(good));

  CHECK(calls.place().record_good(good, calls.stay()));
  CHECK(failures.place().record_good(good, failures.stay()));

  CHECK(calls.numbers() == Numbers{{0, 1}});
  CHECK(failures.numbers() == Numbers{});
}

TEST_CASE("a good call of a stay that is over is booked nowhere") {
  Asked calls{FailureRate{within(10s), {50_percent, 9}}};
  const Stay earlier = calls.stay();
  calls.enter_next_stay();
  calls.fails();

  CHECK_FALSE(calls.place().record_good(good, earlier));
  CHECK(calls.numbers() == Numbers{{1, 1}});
}

TEST_CASE("what was counted is kept under another limit, not under another mark or window") {
  const FailureRateSettings half{.threshold = 50_percent};
  const FailureRateSettings third{.threshold = Ratio{1, 3}, .min_calls = 3};

  CHECK(FailureRate{half}.keeps(FailureRate{third}));
  CHECK(FailureRate{within(10s), half}.keeps(FailureRate{within(10s), third}));
  CHECK_FALSE(FailureRate{within(10s), half}.keeps(FailureRate{within(11s), half}));
  CHECK(FailureCount{2, within(10s)}.keeps(FailureCount{3, within(10s)}));
  CHECK(slower_than(5ms).keeps(slower_than(5ms)));
  CHECK_FALSE(slower_than(5ms).keeps(slower_than(6ms)));
}

TEST_CASE("the clock is read where the mark or the window needs it") {
  using Time = Within<10, 1>;
  using Calls = LastCalls<9>;
  STATIC_REQUIRE(FailureRate<Calls>::clock_use == ClockUse::none);
  STATIC_REQUIRE(FailureRate<Time>::clock_use == ClockUse::on_settle);
  STATIC_REQUIRE(FailureCount<Calls>::clock_use == ClockUse::none);
  STATIC_REQUIRE(FailureCount<Time>::clock_use == ClockUse::on_failure);
  STATIC_REQUIRE(SlowCallRate<Calls>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(BadCallRate<Time>::clock_use == ClockUse::both_ends);
}

TEST_CASE("a limit of time is said in milliseconds, rounded up, as far as the number goes") {
  CHECK(milliseconds_in_limits(1ns) == 1);
  CHECK(milliseconds_in_limits(1ms) == 1);
  CHECK(milliseconds_in_limits(1ms + 1ns) == 2);
  CHECK(milliseconds_in_limits(std::chrono::milliseconds{UINT32_MAX}) == UINT32_MAX);
  CHECK(milliseconds_in_limits(std::chrono::milliseconds{std::int64_t{1} << 33}) == UINT32_MAX);
}

TEST_CASE("shares are said in tenths of a percent, cut") {
  CHECK(share_in_words({{12, 20}}, {{50, 100, 20}}) ==
        "12 of 20 calls failed, 60.0 % (limit 50.0 % of at least 20 calls)");
  CHECK(share_in_words({{2, 3}}, {{1, 3, 1}}) ==
        "2 of 3 calls failed, 66.6 % (limit 33.3 % of at least 1 calls)");
  CHECK(share_in_words({{0, 0}}, {{1, 1, 1}}) ==
        "0 of 0 calls failed, 0.0 % (limit 100.0 % of at least 1 calls)");
  CHECK(share_in_words({{UINT32_MAX, UINT32_MAX}}, {{1, 1, 1}}) ==
        "4294967295 of 4294967295 calls failed, 100.0 % (limit 100.0 % of at least 1 calls)");
}

TEST_CASE("a time window's span is checked by the policy that has it") {
  const FailureRateSettings half{.threshold = 50_percent};

  CHECK_NOTHROW(FailureRate{within(10ns), half});
  CHECK_THROWS_AS((FailureRate{within(9ns), half}), ConfigError);
  CHECK_THROWS_AS((FailureRate{within(-1s), half}), ConfigError);
  CHECK_NOTHROW(FailureCount{2, within(std::chrono::milliseconds{std::int64_t{1} << 34})});
  CHECK_THROWS_AS((FailureCount{2, within(std::chrono::milliseconds{(std::int64_t{1} << 34) + 1})}),
                  ConfigError);
}
