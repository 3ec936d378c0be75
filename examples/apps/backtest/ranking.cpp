// Which candidate did best, see ranking.hpp.
#include "ranking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "text.hpp"

namespace backtest {

namespace {

std::string times(std::uint64_t count) {
  return count == 1 ? "once" : fmt::format("{} times", count);
}

std::string what_it_did(const Candidate& candidate, const Trial& trial,
                        const Assessment& assessment) {
  if (trial.openings == 0) return fmt::format("'{}' would never have opened", candidate.in_words());
  std::string text =
      fmt::format("'{}' would have opened {}", candidate.in_words(), times(trial.openings));
  if (const std::uint64_t outages = assessment.caught + assessment.missed; outages > 0)
    text += fmt::format(", caught {} of {}", assessment.caught, counted(outages, "outage"));
  if (assessment.caught > 0)
    text +=
        fmt::format(" (on average {} after the first failure)", in_words(assessment.mean_delay));
  return text + fmt::format(", and refused {} that failed{} and {} that succeeded",
                            counted(trial.saved, "call"),
                            trial.saved_slow > 0 ? " or were slow" : "", grouped(trial.lost));
}

/// **Returns** the times in which at least one circuit was open.
std::vector<Opening> united(const std::vector<Opening>& openings) {
  std::vector<Opening> apart;
  for (const Opening& opening : openings) {
    if (apart.empty() || opening.from > apart.back().until) {
      apart.push_back(opening);
    } else {
      apart.back().until = std::max(apart.back().until, opening.until);
    }
  }
  return apart;
}

}  // namespace

Assessment assess(const Trial& trial, const std::vector<Outage>& outages, double lost_costs) {
  Assessment assessment;
  Ticks delays = 0;
  const std::vector<Opening> open = united(trial.kept);
  auto opening = open.begin();
  for (const Outage& outage : outages) {
    while (opening != open.end() && opening->until < outage.from) ++opening;
    if (opening == open.end() || opening->from > outage.until) {
      ++assessment.missed;
      continue;
    }
    const Ticks delay = std::max(opening->from - outage.from, Ticks{0});
    ++assessment.caught;
    delays = saturated_sum(delays, delay);
    assessment.longest_delay = std::max(assessment.longest_delay, delay);
  }
  if (assessment.caught > 0) assessment.mean_delay = delays / static_cast<Ticks>(assessment.caught);

  auto outage = outages.begin();
  for (const Opening& trip : trial.kept) {
    while (outage != outages.end() && outage->until < trip.from) ++outage;
    // A rule on calls that hang opens before the first of them has ended.
    if (outage == outages.end() || std::min(outage->from, outage->began) > trip.from)
      ++assessment.false_openings;
  }
  assessment.score =
      static_cast<double>(trial.saved) - lost_costs * static_cast<double>(trial.lost);
  return assessment;
}

std::vector<std::size_t> ranked(const std::vector<Trial>& trials,
                                const std::vector<Assessment>& assessments) {
  std::vector<std::size_t> order(trials.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    return std::tuple{-assessments[i].score, trials[i].lost, trials[i].openings, i};
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  return order;
}

Recommendation recommend(const std::vector<Candidate>& candidates, const std::vector<Trial>& trials,
                         const std::vector<Assessment>& assessments, std::size_t outages,
                         double lost_costs) {
  const std::vector<std::size_t> order = ranked(trials, assessments);
  const std::size_t best = order.front();
  if (assessments[best].score > 0) {
    std::string reasons = what_it_did(candidates[best], trials[best], assessments[best]) + ".";
    if (order.size() > 1) {
      const std::size_t next = order[1];
      reasons += fmt::format(
          " No other has a better balance, a lost call weighing as much as {} saved: {}.",
          lost_costs, "next, " + what_it_did(candidates[next], trials[next], assessments[next]));
    } else {
      reasons += " It is the only one that was tried.";
    }
    return {best, true, reasons, candidates[best].in_cpp()};
  }
  const auto quiet = std::find_if(trials.begin(), trials.end(),
                                  [](const Trial& trial) { return trial.openings == 0; });
  const std::size_t chosen =
      quiet == trials.end() ? best : static_cast<std::size_t>(quiet - trials.begin());
  const auto quiet_ones = std::count_if(trials.begin(), trials.end(),
                                        [](const Trial& trial) { return trial.openings == 0; });
  std::string reasons = fmt::format(
      "No candidate would have done more good than harm in this log ({}), and {} of {} "
      "would "
      "never have opened.",
      counted(outages, "outage"), quiet_ones, trials.size());
  reasons += quiet == trials.end()
                 ? fmt::format(
                       " '{}' would have done the least harm; look for others, or for a log "
                       "with an outage.",
                       candidates[chosen].in_words())
                 : fmt::format(
                       " '{}' is the first of these in the list; which of them would catch an "
                       "outage this log can't tell.",
                       candidates[chosen].in_words());
  return {chosen, false, reasons, candidates[chosen].in_cpp()};
}

}  // namespace backtest
