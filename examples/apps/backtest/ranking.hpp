// Which candidate did best, by a rule that is stated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "candidate.hpp"
#include "outages.hpp"
#include "simulation.hpp"

namespace backtest {

/// How one candidate stands against the outages.
struct Assessment {
  std::uint64_t caught = 0;  ///< Outages during which a circuit was open.
  std::uint64_t missed = 0;
  std::uint64_t false_openings = 0;  ///< Openings at a time that is in no outage.
  Ticks mean_delay = 0;  ///< From an outage's first failure to the opening, over those caught.
  Ticks longest_delay = 0;
  double score = 0;  ///< Saved calls less `lost_costs` for each lost one.
};

/// **Returns** how `trial` stands against `outages`, both in the order of time.
Assessment assess(const Trial& trial, const std::vector<Outage>& outages, double lost_costs);

/// **Returns** the numbers of the candidates, the best first: by score, then fewer lost calls, then
/// fewer openings, then as they were listed.
std::vector<std::size_t> ranked(const std::vector<Trial>& trials,
                                const std::vector<Assessment>& assessments);

/// What to take, and why.
struct Recommendation {
  std::size_t candidate;
  bool helps;           ///< It would have done more good than harm.
  std::string reasons;  ///< Two sentences.
  std::string cpp;      ///< The line to paste.
};

/// The best in rank; if none does more good than harm, the first that never opened without an outage
/// (or, if each did, the best in rank all the same).
Recommendation recommend(const std::vector<Candidate>& candidates, const std::vector<Trial>& trials,
                         const std::vector<Assessment>& assessments, std::size_t outages,
                         double lost_costs);

}  // namespace backtest
