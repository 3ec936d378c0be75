// What one line of a log says, and what may be wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "text.hpp"

namespace backtest {

/// What a line says about one call. The views point into the line, or into its format.
struct Record {
  LogTime time{0, false};
  Ticks took = 0;                  ///< 0 where it is not told, see knows_took.
  bool knows_took = false;         ///< False: the call counts, how long it took is not known.
  bool is_aborted = false;         ///< The caller went away.
  int status = -1;                 ///< -1: not told. 0: there was no answer.
  std::optional<Verdict> outcome;  ///< Where the log says it itself.
  std::string_view key;            ///< What names the endpoint; empty: not told.
  std::string_view caller;         ///< What names the caller; empty: not told.
  std::string_view took_text;      ///< The duration as it is written.
  Ticks end = -1;                  ///< When the call ended, where the log has that besides; or -1.
  unsigned meets = 0;              ///< A bit for each condition (`--where`) that holds.
};

/// Why a line can't be read.
enum class Fault : std::uint8_t {
  none,
  no_call,  ///< Neither a duration nor a status: another kind of line, and no fault of it.
  other_format,
  no_time,
  bad_time,
  bad_duration,
  no_unit,
  no_outcome,
  bad_status,
  bad_outcome,
  out_of_range,
  too_long,
};

/// **Returns** it in words: "not a time".
const char* to_string(Fault fault);

}  // namespace backtest
