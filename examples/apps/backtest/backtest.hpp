// The backtest: logs in, results out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "candidate.hpp"
#include "judge.hpp"
#include "order.hpp"
#include "outages.hpp"
#include "ranking.hpp"
#include "record.hpp"
#include "simulation.hpp"
#include "timeline.hpp"

namespace backtest {

struct Settings {
  std::string format = "auto";
  Fields fields = {};
  Judge judge = {};
  Order::Settings order = {};
  OutageRule outage = {};
  std::vector<Candidate> candidates = {};
  std::size_t most_endpoints = 64;  ///< Calls of further ones are counted, and left out.
  double lost_costs = 1;            ///< So many saved calls make up for one lost call.
  double most_unreadable = 1;    ///< In percent: with more unreadable or misplaced lines, give up.
  bool allow_truncated = false;  ///< Make do with a compressed file that ends in the middle.
};

/// A line that could not be read.
struct BadLine {
  std::string path;
  std::uint64_t number;
  Fault fault;
  std::string text;  ///< Its beginning.
};

/// What was read.
struct Input {
  static constexpr std::size_t most_bad_lines = 5;

  std::vector<std::string> paths;
  std::string format;
  bool whole_seconds = false;
  bool time_is_begin = false;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;  ///< Decompressed.
  std::uint64_t unreadable = 0;
  std::vector<BadLine> bad_lines;          ///< The first of them.
  std::uint64_t at_further_endpoints = 0;  ///< Left out: above Settings::most_endpoints.
  Order::Counts order;
  std::string truncated;  ///< Why a file was not read to its end; empty: it was.
};

/// What happened at one endpoint.
struct Endpoint {
  std::string name;  ///< Empty: all calls.
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  std::uint64_t ignored = 0;
  Ticks first = 0;  ///< When its first call began …
  Ticks last = 0;   ///< … and its last event was.
  Timeline timeline;
  std::vector<Outage> outages;
  std::uint64_t outage_count = 0;
  std::vector<Trial> trials;            ///< By candidate.
  std::vector<Assessment> assessments;  ///< By candidate.
  std::vector<std::size_t> ranking;     ///< Numbers of candidates, the best first.
  Recommendation recommendation;
};

struct Result {
  Settings settings;
  Input input;
  std::vector<Endpoint> endpoints;  ///< The one with the most calls first.
};

/// Called now and then: bytes and lines so far, and the share of the logs that was read, or -1 if
/// that is not known.
using Progress = std::function<void(std::uint64_t bytes, std::uint64_t lines, double share)>;

/// Read the logs in this order, "-" being the standard input, and try the candidates on them.
/// **Throws** InputError, OrderError or std::invalid_argument with a sentence for the user.
Result run(const std::vector<std::string>& paths, const Settings& settings,
           const Progress& progress = {});

}  // namespace backtest
