// What a candidate promises for the traffic of a log, beside what it did there.
#pragma once

#include <breaker/text/forecast.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "candidate.hpp"
#include "ranking.hpp"
#include "traffic.hpp"

namespace backtest {

struct Promise {
  enum class News : std::uint8_t {
    none,  ///< The log is too short to tell: less than three false openings were to be expected, and none came.
    kept,  ///< As often as was to be expected, or less often.
    broken,  ///< More often: by chance once in a hundred logs, at most.
  };

  /// In the busiest minute. None: the rules look at slow calls, a window holds too many calls to compute it
  /// soon, or there were no normal calls.
  std::optional<breaker::Forecast> busy = {};
  std::optional<breaker::Forecast> quiet = {};  ///< In the quietest one.
  double expected = 0;    ///< False openings, in all normal time of the log, of all callers.
  std::uint64_t did = 0;  ///< Openings in no outage.
  News news = News::none;
};

/// **Returns** whether `did` false openings are news where `expected` are, on average.
Promise::News news_of(double expected, std::uint64_t did);

/// **Returns** what each candidate promises where calls are as in `normal`, and whether it kept that. `callers`: how
/// many share the calls, each with a circuit of its own. `did`: by candidate.
std::vector<Promise> promises_of(const std::vector<Candidate>& candidates, const Normal& normal,
                                 std::size_t callers, const std::vector<Assessment>& did);

/// **Returns** the traffic in a line.
std::string in_words(const Normal& normal);

/// **Returns** "15 min", "never" (in a thousand years), or "-" where nothing is promised.
std::string promised_in_words(const Promise& promise);

/// **Returns** what is to be said of a candidate whose promise and deed part, or that does not see a dead backend; empty
/// if there is nothing.
std::string warning(const Candidate& candidate, const Promise& promise, const Normal& normal);

}  // namespace backtest
