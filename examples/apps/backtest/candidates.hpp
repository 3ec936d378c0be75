// Which candidates are tried: those somebody wrote down, or the usual ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "candidate.hpp"

namespace backtest {

/// A candidate whose settings the library takes.
/// **Throws** std::invalid_argument with a sentence that says what is wrong.
Candidate checked_candidate(std::string_view text);

/// A file of candidates, one a line; # begins a comment.
/// **Throws** std::invalid_argument, with the number of the line.
std::vector<Candidate> read_candidates(const std::string& path);

/// What is tried if nobody says what: of each kind the most sensitive first.
std::vector<Candidate> usual_candidates();

}  // namespace backtest
