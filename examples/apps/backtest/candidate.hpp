// A candidate: the settings of one circuit, as a person writes them: a sentence of the library.
//
//   5 failures in a row
//   5 failures in 10 s                              also: of the last 100 calls
//   50 % in 10 s, at least 20
//   slower than 200 ms: 50 % of the last 100 calls; open 5 s doubling to 5 min; 3 probes
//   5 calls over 2 s                                five that have been out for longer at a time: no sentence says so
//
// The guide of the library has the grammar. What is not said has the library's default. Read is also how
// candidates were written before: "consecutive 5", "rate>=50% in 10s, min 20", "slow>200ms rate>=50% in 10s".
#pragma once

#include <array>
#include <breaker/text/settings.hpp>
#include <string>
#include <string_view>

namespace backtest {

struct Candidate {
  breaker::Settings settings;

  /// **Returns** the settings of the circuit, but what trips it.
  [[nodiscard]] const breaker::Config& config() const { return settings.config; }

  /// **Returns** it as it is written, in one form: parse_candidate() of it gives the same candidate.
  [[nodiscard]] std::string in_words() const;

  /// **Returns** the declaration to paste into a program that includes <breaker/breaker.hpp>.
  [[nodiscard]] std::string in_cpp() const;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// How many calls an overdue candidate watches: each is compiled, and the smallest that holds twice its
/// count is taken.
inline constexpr std::array watched_places{16, 64, 256, 1024};

/// **Returns** how many calls `rule` watches at a time. **Requires** that it is overdue.
int places_for(const breaker::Rule& rule);

/// Read the text alone: whether the library takes the numbers is seen when a circuit is made.
/// **Throws** std::invalid_argument with the text, a caret, and what would be right there.
Candidate parse_candidate(std::string_view text);

}  // namespace backtest
