// The command line.
#pragma once

#include <string>
#include <vector>

#include "backtest.hpp"

namespace backtest {

struct Options {
  std::vector<std::string> logs;
  Settings settings;
  std::string html;  ///< Empty: none.
  std::string json;  ///< Empty: none; "-": to the standard output, in place of the text.
  bool all = false;  ///< Show every candidate.
};

/// Thrown when there is nothing left to do: help was asked for, or the command line is wrong and
/// the user has been told.
struct Exit {
  int code;
};

/// **Throws** Exit; std::invalid_argument with a sentence for the user.
Options parse_options(int argc, const char* const* argv);

}  // namespace backtest
