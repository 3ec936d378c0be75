// Outages caught and missed, and which candidate is the best.
#include "ranking.hpp"

#include <vector>

#include "candidates.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

Outage outage(Ticks from, Ticks until) { return {from * second, until * second, 100, 100}; }

Trial trial(std::vector<Opening> openings, std::uint64_t saved = 0, std::uint64_t lost = 0) {
  Trial trial;
  for (Opening& opening : openings) {
    opening.from *= second;
    opening.until *= second;
  }
  trial.openings = openings.size();
  trial.kept = std::move(openings);
  trial.saved = saved;
  trial.lost = lost;
  return trial;
}

std::vector<Assessment> assess_all(const std::vector<Trial>& trials,
                                   const std::vector<Outage>& outages) {
  std::vector<Assessment> assessments;
  for (const Trial& each : trials) assessments.push_back(assess(each, outages, 1));
  return assessments;
}

}  // namespace

TEST_CASE("an outage is caught if the circuit was open in it, else missed") {
  const std::vector<Outage> outages{outage(10, 20), outage(50, 60), outage(90, 99)};

  const Assessment seen = assess(trial({{12, 42}, {95, 125}}), outages, 1);

  CHECK(seen.caught == 2);
  CHECK(seen.missed == 1);
  CHECK(seen.false_openings == 0);
  CHECK(seen.mean_delay == 3'500'000'000);
  CHECK(seen.longest_delay == 5 * second);
}

TEST_CASE("an opening outside every outage is false") {
  const Assessment seen = assess(trial({{1, 5}, {15, 45}, {70, 80}}), {outage(10, 20)}, 1);

  CHECK(seen.false_openings == 2);
  CHECK(seen.caught == 1);
}

TEST_CASE("an opening while the first failure of an outage hangs is not false") {
  Outage hangs = outage(40, 90);
  hangs.began = 10 * second;

  CHECK(assess(trial({{12, 42}}), {hangs}, 1).false_openings == 0);
  CHECK(assess(trial({{12, 42}}), {hangs}, 1).caught == 1);
  CHECK(assess(trial({{9, 42}}), {hangs}, 1).false_openings == 1);
}

TEST_CASE("a circuit that is already open when an outage begins catches it at once") {
  const Assessment seen = assess(trial({{5, 40}}), {outage(10, 20), outage(30, 38)}, 1);

  CHECK(seen.caught == 2);
  CHECK(seen.longest_delay == 0);
  CHECK(seen.false_openings == 1);
}

TEST_CASE("several openings in one outage count it once, by the first of them") {
  const Assessment seen = assess(trial({{12, 14}, {16, 18}}), {outage(10, 20)}, 1);

  CHECK(seen.caught == 1);
  CHECK(seen.mean_delay == 2 * second);
}

TEST_CASE("the best saves the most calls, less what it loses at its price") {
  const std::vector<Trial> trials{trial({}, 100, 50), trial({}, 80, 10), trial({}, 100, 20)};
  std::vector<Assessment> assessments = assess_all(trials, {});
  CHECK(ranked(trials, assessments) == std::vector<std::size_t>{2, 1, 0});

  for (std::size_t i = 0; i < trials.size(); ++i) assessments[i] = assess(trials[i], {}, 3);
  CHECK(ranked(trials, assessments) == std::vector<std::size_t>{1, 2, 0});
}

TEST_CASE("of equals, the one that loses less, opens less, or is listed first is better") {
  const std::vector<Trial> trials{trial({{1, 2}}, 30, 20), trial({{1, 2}, {3, 4}}, 20, 10),
                                  trial({{1, 2}}, 20, 10), trial({{1, 2}}, 20, 10)};

  CHECK(ranked(trials, assess_all(trials, {})) == std::vector<std::size_t>{2, 3, 1, 0});
}

TEST_CASE("where every opening does harm, the first that stays closed is recommended") {
  const std::vector<Candidate> candidates{
      checked_candidate("consecutive 1"), checked_candidate("consecutive 2"),
      checked_candidate("consecutive 3"), checked_candidate("consecutive 4")};
  const std::vector<Trial> trials{trial({{1, 2}}, 1, 9), trial({}), trial({}),
                                  trial({{1, 2}}, 1, 5)};

  const Recommendation recommendation = recommend(candidates, trials, assess_all(trials, {}), 0, 1);

  CHECK(recommendation.candidate == 1);
  CHECK(recommendation.reasons.find("2 of 4 would never have opened") != std::string::npos);
}

TEST_CASE("a recommendation says what it would have done, and has the line to paste") {
  const std::vector<Candidate> candidates{checked_candidate("consecutive 5")};
  const std::vector<Trial> trials{trial({{12, 42}}, 100, 20)};

  const Recommendation recommendation =
      recommend(candidates, trials, assess_all(trials, {outage(10, 20)}), 1, 1);

  CHECK(recommendation.reasons.find("refused 100 calls that failed and 20 that succeeded") !=
        std::string::npos);
  CHECK(recommendation.cpp ==
        "breaker::CircuitBreaker circuit{breaker::Config{.open_for = std::chrono::seconds{30}}, "
        "breaker::ConsecutiveFailures{5}};");
}
