// Which candidates are tried, see candidates.hpp.
#include "candidates.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "simulation.hpp"
#include "text.hpp"

namespace backtest {

Candidate checked_candidate(std::string_view text) {
  const Candidate candidate = parse_candidate(text);
  try {
    make_simulation(candidate);  // the library knows its own ranges
  } catch (const breaker::ConfigError& error) {
    throw std::invalid_argument{"candidate '" + std::string{trimmed(text)} + "': " + error.what()};
  }
  return candidate;
}

std::vector<Candidate> read_candidates(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::invalid_argument{path + ": " + std::strerror(errno)};
  std::vector<Candidate> candidates;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string_view text = trimmed(std::string_view{line}.substr(0, line.find('#')));
    if (text.empty()) continue;
    try {
      candidates.push_back(checked_candidate(text));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument{fmt::format("{}:{}: {}", path, number, error.what())};
    }
  }
  if (candidates.empty()) throw std::invalid_argument{path + ": there is no candidate in it"};
  return candidates;
}

std::vector<Candidate> usual_candidates() {
  std::vector<Candidate> candidates;
  const auto add = [&](const std::string& text) { candidates.push_back(checked_candidate(text)); };
  for (const int row : {3, 5, 10}) add(fmt::format("{} failures in a row", row));
  add("5 failures in 10 s");
  for (const char* window : {"in 10 s", "in 60 s", "of the last 100 calls"})
    for (const int share : {10, 20, 30, 40, 50, 60}) add(fmt::format("{} % {}", share, window));
  for (const char* window : {"in 10 s", "of the last 100 calls"})
    add(fmt::format("slower than 1 s: 50 % {}", window));
  // How long to wait is half of the question: a short outage and a long wait lose many calls.
  for (const char* rule : {"5 failures in a row", "50 % in 10 s", "50 % of the last 100 calls"})
    for (const char* wait : {"5 s", "1 s"}) add(fmt::format("{}; open {}", rule, wait));
  return candidates;
}

}  // namespace backtest
