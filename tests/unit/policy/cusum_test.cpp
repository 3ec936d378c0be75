// Cusum: stated by rates, and true to what was stated.
#include "breaker/policy/cusum.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/forecast.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using std::chrono::days;

namespace {

constexpr CusumSettings once_a_year{.normal = 1_percent,
                                    .bad = 10_percent,
                                    .calls_per_second = 1000,
                                    .false_opening_every = days{365}};
constexpr Cusum of_one_to_ten{once_a_year};
constinit CircuitBreaker in_constant_memory{Config{}, of_one_to_ten};

std::uint32_t limit_of(const Cusum& policy) { return policy.limits().at[0]; }
std::uint32_t step_of(const Cusum& policy) { return policy.limits().at[1]; }

double share(Ratio ratio) { return static_cast<double>(ratio.part()) / ratio.whole(); }

double stated_calls(const CusumSettings& settings) {
  return static_cast<double>(settings.false_opening_every.ticks()) / 1e9 *
         settings.calls_per_second;
}

/// **Returns** how many calls a score takes from 0 to its limit, on average. By elimination from the
/// limit down, without subtraction: from a score s it takes a + b calls more than from s - 1, where
/// s - 1 is still to be met by the chance b.
double mean_calls(std::uint32_t up, std::uint32_t limit, double p) {
  std::vector<double> calls(limit);  // until the limit, or one below
  std::vector<double> meets(limit);  // that one below is met first
  for (std::uint32_t s = limit; s-- > 0;) {
    double a = 0;  // from s + up: until the limit, or s
    double b = s + up < limit ? 1 : 0;
    double lost = 1 - b;  // 1 - b, without loss
    for (std::uint32_t i = s + up; i > s && b > 0; --i) {
      if (i >= limit) continue;
      a += b * calls[i];
      lost += b * (1 - meets[i]);
      b *= meets[i];
    }
    const double stays_away = s == 0 ? p * lost : 1 - p + p * lost;
    calls[s] = (1 + p * a) / stays_away;
    meets[s] = s == 0 ? 0 : (1 - p) / stays_away;
  }
  return calls[0];
}

/// The same where the chance is `after` right after a failure. Moved on call by call, until the
/// chance to reach the limit stays as it is.
double mean_calls_in_clumps(std::uint32_t up, std::uint32_t limit, double p, double after) {
  const double otherwise = p * (1 - after) / (1 - p);
  std::vector<double> good(limit), failed(limit), next_good(limit), next_failed(limit);
  good[0] = 1;
  double mean = 0;
  double left = 1;
  double hazard = 0;
  for (int call = 0; call < 1'000'000; ++call) {
    mean += left;
    double out = 0;
    for (std::uint32_t s = 0; s != limit; ++s) next_good[s] = next_failed[s] = 0;
    for (std::uint32_t s = 0; s != limit; ++s) {
      const double fails = otherwise * good[s] + after * failed[s];
      next_good[s == 0 ? 0 : s - 1] += good[s] + failed[s] - fails;
      (s + up < limit ? next_failed[s + up] : out) += fails;
    }
    good.swap(next_good);
    failed.swap(next_failed);
    const double was = hazard;
    hazard = out / left;
    left -= out;
    if (call > 100 && hazard > 0 && std::abs(hazard - was) < 1e-13 * hazard) break;
  }
  return mean + left / hazard;
}

template <class Circuit>
void settle(Circuit& circuit, Verdict verdict, int times) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().settle(verdict);
}

void check_refused(const CusumSettings& settings, const char* field) {
  try {
    const Cusum policy{settings};
    FAIL("was not refused: " << field << ", " << limit_of(policy));
  } catch (const ConfigError& error) {
    CHECK(error.field() == std::string_view{field});
  }
}

}  // namespace

TEST_CASE("a Cusum is stated by rates, and finds what a failure adds and what trips") {
  const auto [normal, bad, calls, up, limit] =
      GENERATE(table<int, int, double, std::uint32_t, std::uint32_t>({{1, 10, 1000, 254, 2032},
                                                                      {5, 50, 1000, 50, 437},
                                                                      {10, 100, 10, 24, 169},
                                                                      {10, 100, 1000, 24, 216},
                                                                      {20, 200, 1000, 11, 102},
                                                                      {50, 500, 1000, 4, 41}}));

  const Cusum policy{{.normal = {normal, 1000},
                      .bad = {bad, 1000},
                      .calls_per_second = calls,
                      .false_opening_every = days{365}}};

  CHECK(step_of(policy) == up);
  CHECK(limit_of(policy) == limit);
}

TEST_CASE(
    "where nearly half of all calls fail, a failure adds one, and no limit may be rare enough") {
  CHECK(detail::cusum_step(0.4, 0.999) == 1);
  CHECK(detail::cusum_limit(1, {0.4999, 0.4999}, 1e300) == 0);
}

TEST_CASE("a failure adds the whole number next to the ratio that tells good from bad") {
  const auto step = [](int normal, int bad) {
    return step_of(Cusum{{.normal = {normal, 100},
                          .bad = {bad, 100},
                          .calls_per_second = 1,
                          .false_opening_every = std::chrono::seconds{100}}});
  };

  CHECK(step(20, 35) == 3);  // the ratio is 2.7
  CHECK(step(31, 50) == 2);  // 1.48, but with 1 it would not rise where all is bad
  CHECK(step(11, 99) == 1);  // 0.49
  // 2.6 and 3.3: with 3 it would stay where it is, while all is well, or where all is bad.
  CHECK(detail::cusum_step(0.25, 0.31) == 0);
  CHECK(detail::cusum_step(0.22, 0.25) == 0);
}

TEST_CASE("a Cusum opens a healthy circuit no more often than stated, and a lower limit would") {
  int tried = 0;
  int refused = 0;
  for (const int normal : {1, 3, 10, 30, 100, 300, 1000}) {  // of 10 000
    for (const int times : {2, 3, 5, 10, 20, 50}) {
      if (normal * times >= 10'000) continue;
      for (const double calls : {1.0, 10.0, 100.0, 1e3, 1e4}) {
        for (const int every : {1, 30, 365}) {
          const CusumSettings settings{.normal = {normal, 10'000},
                                       .bad = {normal * times, 10'000},
                                       .calls_per_second = calls,
                                       .false_opening_every = days{every}};
          const double p = share(settings.normal);
          const double stated = stated_calls(settings) * (1 - 1e-9);
          ++tried;
          try {
            const Cusum policy{settings};
            const std::uint32_t up = step_of(policy);
            const std::uint32_t limit = limit_of(policy);
            if (std::uint64_t{up} * limit > 2'000'000) continue;  // takes long to check
            INFO(normal << " to " << normal * times << ", " << calls << " " << every);
            REQUIRE(mean_calls(up, limit, p) >= stated);
            if (limit > 1)
              REQUIRE(mean_calls(up, limit - 1, p) < stated_calls(settings) * (1 + 1e-9));
          } catch (const ConfigError& error) {
            REQUIRE(error.field() == std::string_view{"Cusum.bad"});
            ++refused;
          }
        }
      }
    }
  }
  CHECK(tried == 570);
  CHECK(refused < 50);
}

TEST_CASE("where failures come in clumps, a Cusum that knows it keeps what was stated") {
  const auto [normal, bad, after, every] =
      GENERATE(table<Ratio, Ratio, Ratio, int>({{1_percent, 10_percent, 20_percent, 1000},
                                                {1_percent, 10_percent, 50_percent, 1000},
                                                {2_percent, 20_percent, 7_percent, 10'000},
                                                {5_percent, 50_percent, 20_percent, 10'000},
                                                {20_percent, 80_percent, 60_percent, 20'000}}));
  const CusumSettings settings{.normal = normal,
                               .bad = bad,
                               .calls_per_second = 1,
                               .false_opening_every = std::chrono::seconds{every},
                               .after_failure = after};
  const Cusum policy{settings};
  const auto mean = [&, p = share(normal), r = share(after)](std::uint32_t limit) {
    return mean_calls_in_clumps(step_of(policy), limit, p, r);
  };

  CHECK(mean(limit_of(policy)) >= every * (1 - 1e-6));
  CHECK(mean(limit_of(policy) - 1) < every);

  CusumSettings unaware = settings;
  unaware.after_failure = {0, 1};
  CHECK(mean(limit_of(Cusum{unaware})) < every * 0.9);
}

TEST_CASE("a Cusum that may be wrong often has the least limit that keeps what was stated") {
  const int after = GENERATE(20, 35, 60);
  for (int calls = 4; calls <= 400; calls += 3) {
    const Cusum policy{{.normal = 20_percent,
                        .bad = 80_percent,
                        .calls_per_second = 1,
                        .false_opening_every = std::chrono::seconds{calls},
                        .after_failure = {after, 100}}};
    const auto mean = [&](std::uint32_t limit) {
      return mean_calls_in_clumps(step_of(policy), limit, 0.2, after / 100.0);
    };
    INFO(after << " " << calls);
    REQUIRE(mean(limit_of(policy)) >= calls * (1 - 1e-6));
    if (limit_of(policy) > 1) REQUIRE(mean(limit_of(policy) - 1) < calls * (1 + 1e-6));
  }
}

TEST_CASE("settings of a Cusum are refused by name") {
  const auto with = [](auto change) {
    CusumSettings settings = once_a_year;
    change(settings);
    return settings;
  };
  for (const Ratio normal : {percent(0), percent(50), percent(-1), Ratio{1, 0}})
    check_refused(with([&](auto& s) { s.normal = normal; }), "Cusum.normal");
  for (const Ratio bad : {percent(1), percent(0), percent(100), Ratio{1, 0}})
    check_refused(with([&](auto& s) { s.bad = bad; }), "Cusum.bad");
  for (const double calls : {0.0, -1.0, 1e10, 1e300, std::numeric_limits<double>::quiet_NaN()})
    check_refused(with([&](auto& s) { s.calls_per_second = calls; }), "Cusum.calls_per_second");
  for (const Duration every : {Duration{}, Duration{days{0}}, Duration{days{-1}}})
    check_refused(with([&](auto& s) { s.false_opening_every = every; }),
                  "Cusum.false_opening_every");
  for (const Ratio after : {Ratio{9, 1000}, percent(100), percent(-1), Ratio{1, 0}})
    check_refused(with([&](auto& s) { s.after_failure = after; }), "Cusum.after_failure");

  // Too near: the step, or the limit, would be too large; or there is no whole step in between.
  check_refused(with([](auto& s) { s.bad = Ratio{1001, 100'000}; }), "Cusum.bad");
  check_refused(with([](auto& s) { s.normal = {1, 100'000}, s.bad = {2, 100'000}; }), "Cusum.bad");
  check_refused(with([](auto& s) { s.normal = percent(40), s.bad = percent(49); }), "Cusum.bad");
}

TEST_CASE(
    "a Cusum is up for a failure, one down for a success, not below 0, and says why it trips") {
  CircuitBreaker circuit{Config{}, of_one_to_ten, ManualClock{}};
  settle(circuit, Verdict::success, 3);
  settle(circuit, Verdict::failure, 8);
  settle(circuit, Verdict::success, 5);
  settle(circuit, Verdict::ignored, 5);
  CHECK(circuit.numbers() == Numbers{{8 * 24 - 5}});
  settle(circuit, Verdict::success, 1000);
  CHECK(circuit.numbers() == Numbers{});
  settle(circuit, Verdict::failure, 8);
  settle(circuit, Verdict::success, 1);
  CHECK(circuit.state() == State::closed);

  settle(circuit, Verdict::failure, 1);

  CHECK(circuit.state() == State::closed);  // 215
  settle(circuit, Verdict::failure, 1);
  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers == Numbers{{239}});
  CHECK(circuit.why().limits == Limits{{216, 24}});
  CHECK(describe(circuit.why()) ==
        "closed -> open: more failures than normal: the score is 239 (limit 216, a failure adds "
        "24); calls are refused for 30000 ms");
}

TEST_CASE("the score of a Cusum is on the metrics page") {
  CircuitBreaker circuit{Config{}, of_one_to_ten};
  settle(circuit, Verdict::failure, 2);

  CHECK(PrometheusPage{}
            .add("a", circuit)
            .text()
            .find(R"(policy_numbers{name="a",rule="cusum",number="score"} 48)") !=
        std::string::npos);
}

TEST_CASE("a Cusum is a part of any_of and all_of") {
  CircuitBreaker either{Config{}, any_of(ConsecutiveFailures{20}, of_one_to_ten)};
  CircuitBreaker both{Config{}, all_of(ConsecutiveFailures{5}, of_one_to_ten)};
  settle(either, Verdict::failure, 8);
  settle(both, Verdict::failure, 8);
  CHECK(either.state() == State::closed);
  CHECK(both.state() == State::closed);

  settle(either, Verdict::failure, 1);
  settle(both, Verdict::failure, 1);

  CHECK(either.state() == State::open);
  CHECK(either.why().words->rule == std::string_view{"cusum"});
  CHECK(both.state() == State::open);
}

TEST_CASE("what a Cusum has counted is kept while a failure adds the same") {
  CusumSettings more_often = once_a_year;
  more_often.false_opening_every = days{1};
  CusumSettings coarser = once_a_year;
  coarser.bad = 20_percent;
  CircuitBreaker circuit{Config{}, of_one_to_ten};
  settle(circuit, Verdict::failure, 2);

  CHECK(circuit.reconfigure(Config{}, Cusum{more_often}).kept_evidence);
  CHECK(circuit.numbers() == Numbers{{48}});
  CHECK_FALSE(circuit.reconfigure(Config{}, Cusum{coarser}).kept_evidence);
  CHECK(circuit.numbers() == Numbers{});
}

TEST_CASE("the forecast of a Cusum gives back what was stated") {
  constexpr Forecast promise =
      forecast(of_one_to_ten, Config{}, {.normal = 1_percent, .calls_per_second = 1000});

  STATIC_REQUIRE(promise.exact);
  STATIC_REQUIRE(promise.at_least >= 365.0 * 24 * 60 * 60);
  STATIC_REQUIRE(promise.at_least < 365.0 * 24 * 60 * 60 * 1.02);
  CHECK(promise.at_10.calls == Approx(143.3).epsilon(0.001));
  CHECK(promise.dead.calls == Approx(9));
  CHECK(promise.writes_per_call == Approx(0.25));
}

TEST_CASE("a circuit with a Cusum is as large as the default one, and can be a constant") {
  STATIC_REQUIRE(sizeof(in_constant_memory) == sizeof(CircuitBreaker<>));
  CHECK(in_constant_memory.policy() == Cusum{once_a_year});
}
