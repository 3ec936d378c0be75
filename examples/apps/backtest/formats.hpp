// The table of the formats that are known by name, each with lines as the servers write them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace backtest {

/// A sample of a log; its last line is a call.
struct Sample {
  std::string_view log;
  /// What the call is: begin or end (b, e), time, duration, status or outcome, upstream, and the path
  /// to its first segment; - for what is not told.
  std::string_view says;
};

struct KnownFormat {
  enum class Shape : std::uint8_t { text, json, logfmt, csv, w3c, spans };
  /// How numbers have to look so that the format is found without being named. For `text`, several
  /// formats differ in nothing else.
  enum class Found : std::uint8_t {
    always,
    if_fractions,  ///< Half of the durations have a fraction.
    if_large,      ///< They are whole, and half of them 10,000 or more.
    never,         ///< Only by its name.
  };

  std::string_view name;   ///< For --format. Several entries may have the same one.
  std::string_view title;  ///< For people.
  Shape shape;
  /// text: the log_format. json, w3c: the mapping of names (see Mapping). Else empty.
  std::string_view fields;
  std::vector<Sample> samples;
  Found found = Found::always;
};

/// **Returns** all of them. What stands before wins where two read the same lines.
std::span<const KnownFormat> known_formats();

}  // namespace backtest
