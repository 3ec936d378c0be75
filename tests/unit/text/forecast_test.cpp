// forecast: what settings promise. The numbers were computed by other means: by hand, by
// elimination, by simulation; tests/proof/statements simulates the shipping policies.
#include "breaker/text/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Unstated {
  using Evidence = InWord;
  Standing record(InWord& /*seen*/, const Outcome& /*call*/) const noexcept { return {}; }
  bool operator==(const Unstated&) const = default;
};

struct Score : Unstated {
  std::uint32_t up;
  std::uint32_t down;
  std::uint32_t limit;
  constexpr Score(std::uint32_t a, std::uint32_t d, std::uint32_t h) : up{a}, down{d}, limit{h} {}
  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    rule.kind = Rule::Kind::score;
    rule.limit = limit;
    rule.on_failure = up;
    rule.on_success = down;
    return rule;
  }
  bool operator==(const Score&) const = default;
};

/// Policy, then traffic: share of failures, in tenths of a percent, and calls per second.
template <class Policy>
constexpr Forecast computed(const Policy& policy, int per_mille, double a_second = 1) {
  return forecast(policy, Config{}, {.normal = {per_mille, 1000}, .calls_per_second = a_second});
}
/// The same, at run time: compilers try to compute what is checked.
template <class Policy>
Forecast promised(const Policy& policy, int per_mille, double a_second = 1) {
  return forecast(policy, Config{}, {.normal = {per_mille, 1000}, .calls_per_second = a_second});
}

/// Equals a number that is no further off than a share of this one.
struct About {
  double value;
  double share = 1e-5;
  explicit About(double about) : value{about} {}
  About& epsilon(double within) {
    share = within;
    return *this;
  }
  friend bool operator==(double found, const About& about) {
    return std::abs(found - about.value) <= about.share * about.value;
  }
};

constexpr Config recovery(int close_after, int reopen_after) {
  Config config;
  config.close_after = close_after;
  config.reopen_after = reopen_after;
  return config;
}
constexpr Forecast recovers(int close_after, int reopen_after) {
  return forecast(ConsecutiveFailures{}, recovery(close_after, reopen_after), {1_percent, 1});
}

constexpr bool is_near(double found, double expected, double within_share = 0.005) {
  const double off = found - expected;
  return (off < 0 ? -off : off) <= within_share * expected;
}

}  // namespace

// ---- at compile time

TEST_CASE("the compiler forecasts a row") {
  constexpr Forecast promise = computed(ConsecutiveFailures{5}, 200);
  STATIC_REQUIRE(promise.exact);
  STATIC_REQUIRE(is_near(promise.false_openings_every, 5 + 25 + 125 + 625 + 3125, 1e-12));
  STATIC_REQUIRE(is_near(promise.at_20.calls, 3905, 1e-12));
  STATIC_REQUIRE(is_near(promise.at_20.calls_95, 11'690, 1e-9));
  STATIC_REQUIRE(is_near(promise.dead.calls, 5, 1e-12));
}

TEST_CASE("the compiler forecasts a score") {
  constexpr Forecast promise = computed(Score{24, 1, 216}, 10);
  STATIC_REQUIRE(promise.exact);
  STATIC_REQUIRE(is_near(promise.at_10.calls, 143.30, 1e-4));
  STATIC_REQUIRE(is_near(promise.at_50.calls, 19.997, 1e-4));
  STATIC_REQUIRE(is_near(promise.dead.calls, 9, 1e-9));
}

TEST_CASE("the compiler forecasts recoveries") {
  STATIC_REQUIRE(is_near(recovers(1, 1).closes_on_half_dead, 0.5, 1e-12));
  STATIC_REQUIRE(is_near(recovers(7, 1).closes_on_half_dead, 1.0 / 128, 1e-12));
}

TEST_CASE("the compiler forecasts windows") {
  STATIC_REQUIRE(computed(FailureCount{5, within(10s)}, 10, 10).at_least > 500);
  STATIC_REQUIRE(computed(FailureRate{{.threshold = 50_percent}}, 10).at_least > 1e30);
}

// ---- false openings

TEST_CASE("a row opens falsely after 1/p + 1/p² + … calls") {
  CHECK(is_near(promised(ConsecutiveFailures{5}, 10).false_openings_every, 1.0101010100e10, 1e-9));
  CHECK(is_near(promised(ConsecutiveFailures{3}, 10).at_least, 1.0101e6, 1e-9));
  CHECK(promised(ConsecutiveFailures{1}, 10, 50).false_openings_every == About(2));
  CHECK(promised(ConsecutiveFailures{2000}, 10).false_openings_every == infinity);
}

TEST_CASE("a score that falls is exact") {
  CHECK(is_near(promised(Score{24, 1, 216}, 40).false_openings_every, 2095, 1e-4));
  CHECK(is_near(promised(Score{24, 1, 85}, 10).false_openings_every, 103'740, 1e-4));
  CHECK(promised(Score{10, 1, 5}, 10).false_openings_every == About(100));
  CHECK(promised(Score{0, 1, 5}, 10).false_openings_every == infinity);
}

TEST_CASE("a score that falls by more than its limit is a row, one that never falls a sum") {
  const double row = promised(ConsecutiveFailures{5}, 100).false_openings_every;
  CHECK(promised(Score{1, 9, 5}, 100).false_openings_every == About(row).epsilon(1e-4));
  CHECK(promised(Score{1, 0, 5}, 10).false_openings_every == About(500).epsilon(1e-4));
  CHECK(promised(Score{1, 0, 5}, 10).writes_per_call == About(0.01));
}

TEST_CASE("a score that is out of reach is never reached") {
  CHECK(detail::score_mean({1, 1, 400}, 0.1) == infinity);
  CHECK(detail::score_passage({1, 1, 400}, 0, 0.05).mean == infinity);
  const detail::Passage by_chances_of_nothing = detail::score_passage({1, 1, 12}, 1e-30, 0.05);
  CHECK(by_chances_of_nothing.mean == infinity);
  CHECK(by_chances_of_nothing.latest == infinity);
}

TEST_CASE("a score is the same in larger steps") {
  const double one = promised(Score{5, 1, 20}, 100).false_openings_every;
  CHECK(is_near(promised(Score{10, 2, 40}, 100).false_openings_every, one, 1e-5));
}

TEST_CASE("a score stays exact where failures are rare") {
  for (const double p : {1e-6, 1e-4, 1e-3, 0.01}) {
    const detail::Score score{24, 1, 85};
    CHECK(is_near(detail::score_mean(score, p), detail::score_passage(score, p, 0.05).mean, 1e-6));
  }
}

TEST_CASE("a limit for a score is found by its achieved interval") {
  // 1 to 10 %, 1000 calls/s, one false opening a year: +24 at 216 achieves 1.013 of it.
  constexpr double year = 365.0 * 24 * 3600;
  CHECK(promised(Score{24, 1, 216}, 10, 1000).false_openings_every / year ==
        About(1.013).epsilon(0.001));
  CHECK(promised(Score{24, 1, 215}, 10, 1000).false_openings_every < year);
  CHECK(promised(Score{50, 1, 437}, 5, 1000).false_openings_every / year ==
        About(1.007).epsilon(0.001));
  CHECK(promised(Score{254, 1, 2032}, 1, 1000).false_openings_every / year ==
        About(1.004).epsilon(0.001));
}

TEST_CASE("the last N calls: estimate and bound") {
  const auto is = [](const Forecast& promise, double estimate, double bound) {
    return !promise.is_rough && !promise.exact && is_near(promise.false_openings_every, estimate) &&
           is_near(promise.at_least, bound);
  };
  CHECK(is(promised(FailureRate{{.threshold = 10_percent}}, 20), 4.24e5, 2.78e5));
  CHECK(is(promised(FailureRate{{.threshold = 13_percent}}, 30), 1.22e6, 7.49e5));
  CHECK(is(promised(FailureRate{{.threshold = 50_percent}}, 250), 8.74e7, 2.94e7));
  CHECK(is(promised(FailureRate{last_calls<20>(), {.threshold = 50_percent, .min_calls = 10}}, 100),
           3.88e5, 2.76e5));
  CHECK(is(promised(FailureRate{last_calls<50>(), {.threshold = 20_percent}}, 50), 5.13e4, 3.06e4));
  CHECK(is(promised(FailureCount{13, last_calls<100>()}, 30), 1.248e6, 7.655e5));
  const FailureRate whole{last_calls<1000>(), {.threshold = 5_percent, .min_calls = 1000}};
  CHECK(is_near(promised(whole, 35).at_least, 2.22e3));
  CHECK(is_near(promised(FailureRate{{.threshold = 5_percent}}, 10).false_openings_every, 8167));
}

TEST_CASE("a count in a window of time: estimate and bound, in seconds") {
  const auto is = [](double a_second, double estimate, double bound) {
    const Forecast promise = promised(FailureCount{5, within(10s)}, 10, a_second);
    return is_near(promise.false_openings_every, estimate) && is_near(promise.at_least, bound);
  };
  CHECK(is(1, 3.287e7, 2.6e7));
  CHECK(is(5, 16'700, 11'420));
  CHECK(is(10, 939, 526.6));
  CHECK(is(20, 99.39, 35));
  CHECK(is_near(promised(FailureCount{20, within(60s)}, 10, 10).at_least, 5.683e5));
  CHECK(is_near(promised(FailureCount{50, within(10s)}, 30, 100).false_openings_every, 5093));
}

TEST_CASE("a share of a window of time: estimate and bound, in seconds") {
  const FailureRate half{within(10s), {.threshold = 50_percent}};
  CHECK(is_near(promised(half, 200, 1).false_openings_every, 3.75e5));
  CHECK(is_near(promised(half, 200, 1).at_least, 2.304e5));
  CHECK(is_near(promised(half, 200, 2).false_openings_every, 3311));
  CHECK(is_near(promised(half, 200, 2).at_least, 1635));
  const FailureRate tenth{within(10s), {.threshold = 10_percent}};
  CHECK(is_near(promised(tenth, 20, 10).at_least, 2.46e4));
}

TEST_CASE("an estimate is rough below ten windows and near the limit") {
  const FailureCount five{5, within(10s)};
  CHECK_FALSE(promised(five, 10, 10).is_rough);
  CHECK(promised(five, 10, 20).is_rough);  // 99 s
  const Forecast near_limit = promised(five, 10, 50);
  CHECK(near_limit.is_rough);
  CHECK(near_limit.false_openings_every == near_limit.at_least);
  CHECK(promised(FailureCount{5, last_calls<100>()}, 40).is_rough);
  CHECK_FALSE(promised(ConsecutiveFailures{2}, 500).is_rough);
}

TEST_CASE("one failure is the limit: exact") {
  for (const Forecast& promise : {promised(FailureCount{1, last_calls<10>()}, 10),
                                  promised(FailureCount{1, within(1s)}, 10)}) {
    CHECK(promise.exact);
    CHECK(promise.false_openings_every == About(100));
    CHECK(promise.at_least == About(100));
  }
}

TEST_CASE("one failure is the limit: exact near it, too") {
  CHECK(promised(FailureCount{1, last_calls<10>()}, 100).false_openings_every == About(10));
  CHECK(promised(FailureCount{1, within(1s)}, 100, 10).false_openings_every == About(1));
}

TEST_CASE("a window that opens before it is full") {
  const FailureRate any{last_calls<10>(), {.threshold = 10_percent, .min_calls = 1}};
  CHECK(promised(any, 999).false_openings_every == About(1 / 0.999));
  const FailureRate half{within(10s), {.threshold = 50_percent}};
  CHECK(promised(half, 900, 100).at_least == About(10 / 90.0));
}

TEST_CASE("a window whose calls must all fail") {
  const FailureRate all{last_calls<1000>(), {.threshold = 100_percent, .min_calls = 1000}};
  CHECK(promised(all, 900).at_least == About(std::pow(0.9, -1000)));
}

TEST_CASE("without normal failures nothing opens falsely") {
  CHECK(promised(ConsecutiveFailures{5}, 0).false_openings_every == infinity);
  CHECK(promised(Score{24, 1, 216}, 0).at_least == infinity);
  CHECK(promised(FailureCount{5, last_calls<100>()}, 0).at_least == infinity);
  CHECK(promised(FailureRate{within(10s), {.threshold = 50_percent}}, 0).at_least == infinity);
}

TEST_CASE("rules on slow calls are forecast by the share of slow calls") {
  const Traffic traffic{.normal = 1_percent, .calls_per_second = 1, .slow = 2_percent};
  const SlowCallRate slow{{.slower_than = 1s, .threshold = 10_percent}};
  const BadCallRate bad{{.slower_than = 1s, .threshold = 13_percent}};
  CHECK(is_near(forecast(slow, Config{}, traffic).false_openings_every, 4.24e5));
  CHECK(is_near(forecast(bad, Config{}, traffic).false_openings_every, 1.22e6));
  CHECK(forecast(slow, Config{}, {1_percent, 1}).at_least == infinity);
}

TEST_CASE("any_of adds the rates, all_of is at least as long as its longest") {
  const ConsecutiveFailures row{2};
  const FailureCount count{5, last_calls<50>()};
  const double of_row = promised(row, 20).at_least;
  const Forecast of_count = promised(count, 20);
  const Forecast any = promised(any_of(row, count), 20);
  CHECK(any.false_openings_every == About(1 / (1 / of_row + 1 / of_count.false_openings_every)));
  CHECK(any.at_least == About(1 / (1 / of_row + 1 / of_count.at_least)));
  CHECK_FALSE(any.exact);
  CHECK_FALSE(any.is_rough);
  const Forecast all = promised(all_of(row, count), 20);
  CHECK(all.at_least == About(std::max(of_row, of_count.at_least)));
  CHECK(all.false_openings_every == all.at_least);
  CHECK(all.is_rough);
  const FailureCount rough{5, within(10s)};
  CHECK(promised(any_of(row, rough), 10, 20).is_rough);
  CHECK(promised(any_of(rough, row), 10, 20).is_rough);
}

// ---- delays

TEST_CASE("a rule that does not say its slices moves on all the time") {
  const auto dead = [](std::uint32_t slices) {
    const Rule rule{
        .kind = Rule::Kind::count, .limit = 20, .within = 10'000'000'000, .slices = slices};
    return forecast(TripRules{rule}, Config{}, {1_percent, 10});
  };
  CHECK(dead(0).dead.seconds == About(dead(1'000'000).dead.seconds));
  CHECK(dead(0).false_openings_every == About(dead(1'000'000).false_openings_every));
  CHECK(dead(1).false_openings_every > 1.1 * dead(0).false_openings_every);
}

TEST_CASE("a fault that shows at once is noticed at once, in however long a window") {
  CHECK(promised(FailureCount{1, within(1000s)}, 0, 1e9).dead.seconds < 1e-8);
}

TEST_CASE("a window of calls notices a fault in so many calls") {
  const Forecast of_100 = promised(FailureCount{13, last_calls<100>()}, 10);
  CHECK(is_near(of_100.at_20.calls, 63.2));
  CHECK(of_100.at_20.calls_95 == About(93));
  CHECK(is_near(of_100.at_50.calls, 24.47));
  CHECK(of_100.at_50.calls_95 == About(34));
  CHECK(is_near(of_100.dead.calls, 12.11));
  CHECK(of_100.dead.calls_95 == About(13));
  const Forecast of_500 = promised(FailureCount{25, last_calls<500>()}, 10);
  CHECK(is_near(of_500.at_10.calls, 222.1));
  CHECK(of_500.at_10.calls_95 == About(315));
}

TEST_CASE("a fault near the threshold is barely seen, one far below never") {
  const Forecast promise = promised(FailureRate{{.threshold = 50_percent}}, 10, 50);
  CHECK(promise.at_50.barely);
  CHECK_FALSE(promise.at_20.barely);
  CHECK(promise.at_20.seconds > 3e9);
  CHECK_FALSE(promise.dead.barely);
  CHECK_FALSE(promised(ConsecutiveFailures{5}, 10).at_50.barely);
}

TEST_CASE("a share in a window of time that holds too few calls barely sees a dead backend") {
  const FailureRate half{within(10s), {.threshold = 50_percent}};
  CHECK(promised(half, 10, 1).dead.barely);
  CHECK(promised(half, 10, 1).dead.seconds == About(809.5).epsilon(0.01));
  CHECK_FALSE(promised(half, 10, 50).dead.barely);
  CHECK(promised(half, 10, 50).dead.seconds == About(4.70).epsilon(0.01));
}

TEST_CASE("a share counted in time arrives at random") {
  const Forecast promise = promised(FailureCount{5, within(10s)}, 0, 10);
  CHECK(is_near(promise.dead.seconds, 0.5));        // the fifth call
  CHECK(is_near(promise.dead.seconds_95, 0.9154));  // of a gamma distribution
}

TEST_CASE("seconds allow for calls that arrive at random") {
  const Forecast promise = promised(ConsecutiveFailures{5}, 10, 10);
  CHECK(promise.dead.seconds == About(0.5));
  CHECK(promise.dead.calls_95 == About(5));
  CHECK(is_near(promise.dead.seconds_95, 0.9154));
  const ConsecutiveFailures row{5};  // of all together each may be late
  CHECK(is_near(promised(all_of(row, row), 10, 10).dead.seconds_95, 1.0242));
  CHECK(is_near(promised(all_of(row, row, row), 10, 10).dead.seconds_95, 1.0859));
}

TEST_CASE("of several rules the fastest decides, of rules together the slowest") {
  const ConsecutiveFailures row{3};
  const FailureCount count{13, last_calls<100>()};
  CHECK(promised(any_of(row, count), 10).dead.calls == About(3));
  CHECK(promised(any_of(row, count), 10).at_20.calls == About(promised(count, 10).at_20.calls));
  CHECK(promised(all_of(row, count), 10).dead.calls == About(promised(count, 10).dead.calls));
  CHECK(promised(all_of(row, count), 10).at_20.calls == About(155));
}

// ---- recoveries, writes

TEST_CASE("how recoveries end") {
  struct Row {
    int close_after, reopen_after;
    double half_dead, healthy;  // in percent
  };
  for (const Row& row :
       {Row{1, 1, 50, 1}, Row{3, 1, 12.5, 2.9701}, Row{3, 2, 31.25, 0.0592},
        Row{5, 1, 3.125, 4.9010}, Row{7, 1, 0.78125, 6.7935}, Row{7, 2, 3.515625, 0.2690}}) {
    const Forecast promise = recovers(row.close_after, row.reopen_after);
    CHECK(promise.closes_on_half_dead * 100 == About(row.half_dead));
    CHECK(promise.reopens_healthy * 100 == About(row.healthy).epsilon(0.001));
  }
}

TEST_CASE("a recovery closes after as many probes as there are, unless said otherwise") {
  Config config;
  config.probes = 3;
  CHECK(forecast(ConsecutiveFailures{}, config, {1_percent, 1}).closes_on_half_dead ==
        About(0.125));
}

TEST_CASE("a slow probe is bad where a rule says so") {
  const Traffic traffic{.normal = 1_percent, .calls_per_second = 1, .slow = 2_percent};
  const ConsecutiveFailures row{5};
  const SlowCallRate slow{{.slower_than = 1s, .threshold = 50_percent}};
  CHECK(forecast(row, Config{}, traffic).reopens_healthy == About(0.01));
  CHECK(forecast(slow, Config{}, traffic).reopens_healthy == About(0.03));
  CHECK(forecast(any_of(row, slow), Config{}, traffic).reopens_healthy == About(0.03));
  CHECK(forecast(all_of(row, slow), Config{}, traffic).reopens_healthy == About(0.01));
  CHECK(forecast(all_of(slow, slow), Config{}, traffic).reopens_healthy == About(0.03));
}

TEST_CASE("which share of the calls writes") {
  CHECK(promised(ConsecutiveFailures{5}, 10).writes_per_call == About(0.0199));
  CHECK(promised(Score{24, 1, 216}, 10).writes_per_call == About(0.25));
  CHECK(promised(FailureCount{5, last_calls<100>()}, 10).writes_per_call ==
        About(0.6376).epsilon(0.001));
  CHECK(promised(FailureCount{5, within(10s)}, 10).writes_per_call == About(0.01));
  CHECK(promised(FailureRate{within(10s), {.threshold = 50_percent}}, 10).writes_per_call ==
        About(1));
}

// ---- what is refused, what is not known

TEST_CASE("traffic is checked by name") {
  const auto field_of = [](const Traffic& traffic) -> std::string {
    try {
      (void)forecast(ConsecutiveFailures{}, Config{}, traffic);
      return "none";
    } catch (const ConfigError& error) {
      return error.field();
    }
  };
  CHECK(field_of({1_percent, 1}) == "none");
  CHECK(field_of({{1, 1}, 1}) == "Traffic.normal");
  CHECK(field_of({{-1, 100}, 1}) == "Traffic.normal");
  CHECK(field_of({{1, 0}, 1}) == "Traffic.normal");
  CHECK(field_of({50_percent, 1, 50_percent}) == "Traffic.slow");
  CHECK(field_of({1_percent, 0}) == "Traffic.calls_per_second");
  CHECK(field_of({1_percent, 1e10}) == "Traffic.calls_per_second");
  CHECK(field_of({1_percent, infinity}) == "Traffic.calls_per_second");
  CHECK(field_of({1_percent, std::nan("")}) == "Traffic.calls_per_second");
  CHECK_THROWS_AS(forecast(ConsecutiveFailures{}, Config{.probes = 0}, Traffic{1_percent, 1}),
                  ConfigError);
}

// Walked through by hand: with one call overdue a second, for a second each, from 0 to 1 takes 1 s, from 1
// to 2 takes 2 s, then 5, 16, 65. The chance of 4 is 1 / (24 e).
TEST_CASE("calls that are overdue on a healthy day") {
  const auto with = [](int calls, double a_second, double excess) {
    return forecast(Overdue<64>{{.limit = 2s, .calls = calls}}, Config{},
                    {.normal = 1_percent,
                     .calls_per_second = a_second,
                     .slow = {1, 1000},
                     .slow_excess = excess});
  };
  constexpr double e = 2.718281828459045;
  CHECK(with(1, 1000, 1).false_openings_every == About(1));
  CHECK(with(2, 1000, 1).false_openings_every == About(3));
  CHECK(with(5, 1000, 1).false_openings_every == About(89));
  CHECK(with(8, 1000, 1).false_openings_every == About(16072));
  CHECK(with(5, 1000, 1).at_least == About(12 * e));
  CHECK(with(5, 500, 2).false_openings_every == About(2 * 89));
  CHECK(with(1, 1000, 100).at_least == About(0.5));
  CHECK(with(3, 1000, 100).at_least == About(1 / (4 * std::exp(-2.0))));
  CHECK_FALSE(with(5, 1000, 1).exact);
  CHECK_FALSE(with(4, 1000, 1).is_rough);
  CHECK(with(3, 1000, 1).is_rough);
  CHECK(with(32, 1, 1e-9).false_openings_every == infinity);
  CHECK(with(5, 1000, 1).writes_per_call == 1);
  CHECK(with(5, 1000, 1).reopens_healthy == About(0.01));  // no probe is overdue

  const Forecast promise = forecast(Overdue{{.limit = 2s}}, Config{}, {1_percent, 10});
  CHECK(promise.false_openings_every == infinity);
  CHECK(promise.at_least == infinity);
  CHECK(promise.dead.seconds == About(0.5 + 2 + 0.1));
  CHECK(promise.dead.calls == About(26));
  CHECK(promise.at_10.seconds == About(5 + 2 + 0.1));
  CHECK(promise.at_10.seconds_95 > promise.at_10.seconds + 2);
  CHECK_FALSE(promise.at_10.barely);
}

TEST_CASE("slow calls need to say by how much, where they may be overdue") {
  const auto field_of = [](const auto& policy, const Traffic& traffic) -> std::string {
    try {
      static_cast<void>(forecast(policy, Config{}, traffic));
    } catch (const ConfigError& error) {
      return error.field();
    }
    return "none";
  };
  const Overdue overdue{{.limit = 2s}};
  CHECK(field_of(overdue, {1_percent, 1}) == "none");
  CHECK(field_of(overdue, {1_percent, 1, 1_percent, 0.5}) == "none");
  CHECK(field_of(overdue, {1_percent, 1, 1_percent}) == "Traffic.slow_excess");
  CHECK(field_of(any_of(ConsecutiveFailures{}, overdue), {1_percent, 1, 1_percent}) ==
        "Traffic.slow_excess");
  CHECK(field_of(ConsecutiveFailures{}, {1_percent, 1, 1_percent}) == "none");
  CHECK(field_of(overdue, {1_percent, 1, 1_percent, -1}) == "Traffic.slow_excess");
  CHECK(field_of(overdue, {1_percent, 1, 1_percent, infinity}) == "Traffic.slow_excess");
  CHECK(field_of(overdue, {1_percent, 1, 1_percent, std::nan("")}) == "Traffic.slow_excess");
}

TEST_CASE("what a policy does not state is not promised") {
  const Forecast promise = promised(Unstated{}, 10);
  CHECK_FALSE(promise.is_stated);
  CHECK(promise.at_least == 0);
  CHECK(promise.dead.seconds == infinity);
  CHECK(promise.reopens_healthy == About(0.01));
  CHECK_FALSE(promised(Score{1, 1, 1 << 17}, 10).is_stated);
  CHECK(promised(Score{24, 1, 216}, 10).is_stated);
  const auto is_stated = [](const Rule& rule) {
    return forecast(TripRules{rule}, Config{}, {.normal = 1_percent, .calls_per_second = 1})
        .is_stated;
  };
  using enum Rule::Kind;
  CHECK(is_stated({.kind = count, .limit = 2, .last_calls = 9}));
  CHECK_FALSE(is_stated({.kind = count, .last_calls = 9}));
  CHECK_FALSE(is_stated({.kind = count, .limit = 2}));
  CHECK(is_stated({.kind = share, .share = 50_percent, .min_calls = 1, .last_calls = 9}));
  CHECK_FALSE(is_stated({.kind = share, .min_calls = 1, .last_calls = 9}));
  CHECK_FALSE(is_stated({.kind = share, .share = 50_percent, .min_calls = 1}));
  CHECK(is_stated({.kind = overdue, .limit = 2, .slower_than = 1000}));
  CHECK_FALSE(is_stated({.kind = overdue, .slower_than = 1000}));
  CHECK_FALSE(is_stated({.kind = overdue, .limit = 2}));
  CHECK_FALSE(is_stated({.kind = score}));
}

// ---- in words

TEST_CASE("a forecast in words") {
  CHECK(
      describe(promised(FailureCount{5, within(10s)}, 10, 10)) ==
      "a false opening every 15.7 min (8.78 min at least) at 10 calls/s, 1 % of them failed; opens "
      "on a dead backend after 4.09 calls, 409 ms (95 %: 829 ms); half dead: after 8.27 calls, "
      "827 ms (95 %: 1.67 s); one call in five bad: after 21.3 calls, 2.13 s (95 %: 4.32 s); one "
      "in "
      "ten: after 45.2 calls, 4.52 s (95 %: 9.12 s); a recovery closes on a half-dead backend in "
      "50 %, opens again on a healthy one in 1 % of cases. A forecast holds while calls fail one "
      "by "
      "one and no more often than you said; if your normal failures come in clumps, expect false "
      "openings tens to hundreds of times more often, and let breaker-backtest count them in your "
      "log.");
}

TEST_CASE("words for what is rare, near or unknown") {
  const auto says = [](const Forecast& promise, const char* text) {
    return describe(promise).find(text) != std::string::npos;
  };
  const Forecast half = promised(FailureRate{{.threshold = 50_percent}}, 10, 10);
  CHECK(says(half, "a false opening practically never at"));
  CHECK(says(half, "half dead: barely, after about 15"));
  CHECK(says(half, "one call in five bad: never; one in ten: never;"));
  CHECK(says(promised(ConsecutiveFailures{5}, 0), "a false opening practically never at"));
  CHECK(says(promised(ConsecutiveFailures{5}, 10, 100), "a false opening every 3.2 years at 100"));
  CHECK(says(promised(FailureCount{5, within(10s)}, 10, 50),
             "a false opening every 10 s at least at 50 calls/s"));
  CHECK(says(
      promised(Unstated{}, 10),
      "how often it opens is not stated by its policy at 1 calls/s, 1 % of them failed; a rec"));
  CHECK(says(forecast(ConsecutiveFailures{}, Config{}, {12.5_percent, 0.5, 2_percent}),
             "at 0.5 calls/s, 12.5 % of them failed and 2 % slow;"));
}
