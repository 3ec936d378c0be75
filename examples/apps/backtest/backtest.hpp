// The backtest: logs in, results out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "candidate.hpp"
#include "judge.hpp"
#include "order.hpp"
#include "outages.hpp"
#include "promise.hpp"
#include "ranking.hpp"
#include "simulation.hpp"
#include "source.hpp"
#include "timeline.hpp"
#include "traffic.hpp"
#include "wanted.hpp"

namespace backtest {

struct Settings {
  std::string format = "auto";
  Fields fields = {};
  Judge judge = {};
  Order::Settings order = {};
  OutageRule outage = {};
  std::vector<Candidate> candidates = {};
  /// A healthy circuit may open once in such a time: candidates that promise it are tried before the others, in a
  /// second reading of the logs.
  std::optional<Ticks> false_opening_every = {};
  std::size_t callers =
      1;  ///< How many callers the calls are dealt to in turn, unless Fields::caller names them.
  std::size_t most_endpoints = 64;  ///< Calls of further ones are counted, and left out.
  double lost_costs = 1;            ///< How many saved calls make up for one lost call.
  double most_unreadable = 1;  ///< In percent: with more unreadable or misplaced lines, give up.
  /// Go on even if more calls failed among the unreadable lines than among the readable ones.
  bool allow_unequal = false;
  bool allow_truncated = false;     ///< Make do with a compressed file that ends in the middle.
  std::optional<Ticks> from = {};   ///< Lines before this time are left out …
  std::optional<Ticks> until = {};  ///< … and those from this time on.
};

/// What was read.
struct Input {
  std::vector<std::string> paths;
  std::vector<std::string> empty;  ///< Of these: the files without a line.
  std::string format;              ///< One, or several with commas.
  std::string duration;  ///< The field of the duration, and what it counts, in a sentence.
  bool whole_seconds = false;
  bool time_is_begin = false;
  Tally tally;
  std::uint64_t filtered = 0;              ///< Left out: outside Settings::from, until or where.
  std::uint64_t unknown_durations = 0;     ///< Calls that count, but took nobody knows how long.
  std::uint64_t at_further_endpoints = 0;  ///< Left out: above Settings::most_endpoints.
  bool was_interrupted = false;            ///< By Ctrl-C: not read to the end.
  Order::Counts order;
};

/// What happened at one endpoint.
struct Endpoint {
  std::string name;  ///< Empty: all calls.
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  std::uint64_t ignored = 0;
  struct Caller {
    std::string name;  ///< Empty: a number stands for it.
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
  };
  std::vector<Caller> callers;  ///< Each has a circuit of its own.
  Ticks first = 0;              ///< When its first call began …
  Ticks last = 0;               ///< … and its last event was.
  Timeline timeline;
  std::vector<Outage> outages;
  std::uint64_t outage_count = 0;
  std::vector<Trial> trials;            ///< By candidate.
  std::vector<Assessment> assessments;  ///< By candidate.
  Normal normal;                        ///< Outside the outages.
  std::vector<Promise> promises;        ///< By candidate.
  std::vector<std::size_t> ranking;     ///< Numbers of candidates, the best first.
  Recommendation recommendation;
};

struct Result {
  Settings settings;
  Input input;
  std::vector<Endpoint> endpoints;  ///< The one with the most calls first.
  std::optional<WantedRate> wanted =
      {};  ///< Of all calls, if it was asked for; its candidates are the first.
};

/// Called now and then: bytes and lines so far, and the share of the logs that was read, or -1 if
/// that is not known.
using Progress = std::function<void(std::uint64_t bytes, std::uint64_t lines, double share)>;

/// Read the logs, "-" being the standard input, and try the candidates on them.
/// **Throws** InputError, OrderError or std::invalid_argument with a sentence for the user.
Result run(const std::vector<std::string>& paths, const Settings& settings,
           const Progress& progress = {});

}  // namespace backtest
