// Settings for a wanted rate of false openings: of each kind the most sensitive ones that promise it.
#pragma once

#include <breaker/config.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "call.hpp"
#include "candidate.hpp"
#include "promise.hpp"
#include "ranking.hpp"
#include "traffic.hpp"

namespace backtest {

/// A candidate that was chosen by its promise.
struct Wanted {
  Candidate candidate;
  /// Seconds from one false opening of a circuit to the next, on average; it is not less while calls are as assumed.
  double every;
  Promise::News news = Promise::News::none;  ///< Whether the log agrees.
};

/// What is assumed of normal calls.
struct Assumed {
  double calls_per_second;  ///< Of each caller, in the busiest minute.
  double share;             ///< Of calls that fail: the upper end of the interval in which it lies.
  double after_failure;     ///< Of calls right after one that failed.
};

/// **Returns** what is assumed of each of `callers`. **Requires** normal calls.
Assumed assumed_of(const Normal& normal, std::size_t callers);

/// **Returns** settings that open a healthy circuit once in `every`, or less often: a row, a count of the last 100 calls
/// and of 1000, one in 10 s, a Cusum. All of them by a proven bound, where the chance to fail depends on how the call before
/// ended, and on nothing else. What can't promise it, as a window with too few calls, is left out. `config`: the
/// circuit's other settings.
std::vector<Wanted> wanted_candidates(Ticks every, const Assumed& assumed,
                                      const breaker::Config& config);

/// Settings for a wanted rate, as far as the log knows.
struct WantedRate {
  Ticks every;
  Assumed assumed;
  std::vector<Wanted> candidates;
  /// Which of them to take: the best in rank of those that did not open more often in the log.
  std::optional<std::size_t> choice = {};

  /// **Returns** whether some opened more often.
  [[nodiscard]] bool has_broken() const;
};

/// Compares what `rate` promises with what its candidates did: they are the first of `ranking` and `did`.
void hold_against(WantedRate& rate, const Normal& normal, const std::vector<Assessment>& did,
                  std::size_t callers, const std::vector<std::size_t>& ranking);

/// **Returns** the assumption in words.
std::string in_words(const Assumed& assumed);

}  // namespace backtest
