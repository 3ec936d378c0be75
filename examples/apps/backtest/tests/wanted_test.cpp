// Settings for a wanted rate of false openings keep it, and are the most sensitive that do.
#include "wanted.hpp"

#include <breaker/breaker.hpp>
#include <breaker/text/forecast.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "backtest.hpp"
#include "candidates.hpp"
#include "report.hpp"
#include "simulation.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

constexpr Ticks hour = 3600 * second;
constexpr Assumed one_by_one{.calls_per_second = 100, .share = 0.02, .after_failure = 0.02};
constexpr Assumed in_clumps{.calls_per_second = 100, .share = 0.02, .after_failure = 0.5};

const breaker::Config short_wait{.open_for = std::chrono::milliseconds{1}};

breaker::Rule rule_of(const Wanted& wanted) { return wanted.candidate.settings.rules.rule[0]; }

/// Calls that are as assumed.
std::vector<Event> calls(const Assumed& assumed, int seconds) {
  const double after_success = assumed.share * (1 - assumed.after_failure) / (1 - assumed.share);
  std::mt19937 random{3};
  std::uniform_real_distribution<double> draw;
  bool failed = false;
  const int count = static_cast<int>(assumed.calls_per_second) * seconds;
  const Ticks gap = static_cast<Ticks>(1e9 / assumed.calls_per_second);
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) {
    failed = draw(random) < (failed ? assumed.after_failure : after_success);
    const Verdict verdict = failed ? Verdict::failure : Verdict::success;
    const Ticks at = 1000 * second + i * gap;
    events.push_back({.time = at, .took = 0, .slot = 0, .is_begin = true, .verdict = verdict});
    events.push_back({.time = at, .took = 0, .slot = 0, .is_begin = false, .verdict = verdict});
  }
  return events;
}

double openings(const Candidate& candidate, const std::vector<Event>& events) {
  const auto simulation = make_simulation(candidate);
  simulation->replay(events);
  return static_cast<double>(simulation->trial().openings);
}

}  // namespace

TEST_CASE("each kind is tuned to a wanted rate") {
  const std::vector<Wanted> found = wanted_candidates(hour, in_clumps, short_wait);

  REQUIRE(found.size() == 5);
  CHECK(found[0].candidate.in_words().find("failures in a row; open 1 ms") != std::string::npos);
  CHECK(rule_of(found[1]).last_calls == 100);
  CHECK(rule_of(found[2]).last_calls == 1000);
  CHECK(rule_of(found[3]).within == 10 * second);
  CHECK(rule_of(found[4]).chosen_for.after_failure == breaker::percent(50));
  for (const Wanted& each : found) CHECK(each.every >= 3600);
}

TEST_CASE("where each call fails by itself, the promise is the library's bound") {
  const std::vector<Wanted> found = wanted_candidates(hour, one_by_one, short_wait);

  for (const std::size_t i : {0U, 1U, 2U}) {
    const breaker::Forecast promise =
        forecast(found[i].candidate.settings.rules, short_wait,
                 {.normal = breaker::percent(2), .calls_per_second = 100});
    CHECK(std::abs(promise.at_least / found[i].every - 1) < 1e-6);
    breaker::TripRules one_less = found[i].candidate.settings.rules;
    --one_less.rule[0].limit;
    CHECK(forecast(one_less, short_wait, promise.traffic).at_least < 3600);
  }
}

TEST_CASE("what is promised is kept where failures come in clumps, and a row is exact") {
  constexpr int seconds = 6'000;
  const std::vector<Event> events = calls(in_clumps, seconds);
  for (const Wanted& each : wanted_candidates(60 * second, in_clumps, short_wait)) {
    const double did = openings(each.candidate, events);
    const double most = seconds / each.every;
    INFO(each.candidate.in_words() << ": " << did << " of " << most);
    CHECK(did <= most + 3 * std::sqrt(most));
    CHECK(did >= most / 100);  // no bound is as slack as that
    if (rule_of(each).kind == breaker::Rule::Kind::row)
      CHECK(std::abs(did - most) < 4 * std::sqrt(most));
  }
}

TEST_CASE("clumps ask for a longer row") {
  const auto row = [](const Assumed& assumed) {
    return rule_of(wanted_candidates(60 * second, assumed, {}).front()).limit;
  };
  CHECK(row(in_clumps) > row(one_by_one));
}

TEST_CASE("a window with too few calls promises nothing") {
  const Assumed rare{.calls_per_second = 0.01, .share = 0.9, .after_failure = 0.9};
  for (const Wanted& each : wanted_candidates(100'000 * hour, rare, {}))
    CHECK(rule_of(each).within == 0);
}

TEST_CASE("what is assumed is the upper end of what the log shows") {
  Normal normal;
  normal.calls = 1000;
  normal.failures = 19;
  normal.share_at_most = 0.0295;
  normal.after_failure = 0.5;
  normal.busiest = 1234.5;
  const Assumed few = assumed_of(normal, 1);
  normal.failures = 20;
  const Assumed enough = assumed_of(normal, 10);

  CHECK(std::abs(few.share - 0.03) < 1e-9);
  CHECK(std::abs(few.calls_per_second - 1240) < 1e-9);
  CHECK(few.after_failure == few.share);  // nobody knows
  CHECK(std::abs(enough.after_failure - 0.5) < 1e-9);
  CHECK(std::abs(enough.calls_per_second - 124) < 1e-9);
}

TEST_CASE("the choice is the best in rank that did not open more often than promised") {
  Normal normal;
  normal.time = 100 * second;
  WantedRate rate{hour, one_by_one, wanted_candidates(hour, one_by_one, {})};
  std::vector<Assessment> did(rate.candidates.size() + 1);
  did[2].false_openings = 4;
  hold_against(rate, normal, did, 1, {5, 2, 3, 0, 1, 4});

  CHECK(rate.candidates[2].news == Promise::News::broken);
  CHECK(rate.has_broken());
  REQUIRE(rate.choice);
  CHECK(*rate.choice == 3);
}

TEST_CASE("a run tries what it was asked to look for, and tells where promise and log part") {
  Settings settings;
  settings.candidates = {checked_candidate("5 failures in a row; open 1 s")};
  settings.false_opening_every = 365 * 24 * hour;

  const Result result = run({std::string{BACKTEST_DATA} + "/payments.log.gz"}, settings);
  const std::string text = text_report(result, 0);

  REQUIRE(result.wanted);
  REQUIRE(result.wanted->candidates.size() == 5);
  CHECK(result.settings.candidates.size() == 6);
  CHECK(result.settings.candidates[0] == result.wanted->candidates[0].candidate);
  CHECK(result.settings.candidates[0].config().open_for == std::chrono::seconds{1});
  CHECK(text.find("No more than one false opening in 365 d, at 376 calls/s, 3 % failed, 16 % after "
                  "a failure:\n") != std::string::npos);
  CHECK(text.find("\n! 12 failures in a row; open 1 s ") != std::string::npos);
  CHECK(text.find("None of them kept it in this log") != std::string::npos);
  CHECK(json_report(result, -1).find("\"news\":\"broken\"") != std::string::npos);
}
