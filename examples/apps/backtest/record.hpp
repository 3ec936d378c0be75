// What one line of a log says, and what may be wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text.hpp"

namespace backtest {

/// What a line says about one call. The views point into the line.
struct Record {
  LogTime time{0, false};
  Ticks took = 0;
  int status = -1;                 ///< -1: not told. 0: there was no answer.
  std::optional<Verdict> outcome;  ///< Where the log says it itself.
  bool is_aborted = false;         ///< The caller went away (status 499, or Envoy's flag DC).
  std::string_view key;            ///< What names the endpoint; empty: not told.
};

/// Why a line can't be read.
enum class Fault : std::uint8_t {
  none,
  other_format,
  no_time,
  bad_time,
  no_duration,
  bad_duration,
  no_outcome,
  bad_status,
  bad_outcome,
  too_long,
};

/// **Returns** it in words: "no duration".
const char* to_string(Fault fault);

/// By what calls are told apart into endpoints.
struct KeyBy {
  enum class Kind : std::uint8_t { nothing, upstream, host, path_prefix, column };
  Kind kind = Kind::nothing;
  int segments = 1;         ///< path_prefix: so many segments of the path.
  std::string column = {};  ///< column: the field's name.
};

/// What a field of a log means to us.
enum class Role : std::uint8_t {
  unused,
  time,
  duration,
  status,
  outcome,
  flags,  ///< Envoy's response flags.
  key,
};

/// How to understand a log's fields.
struct Fields {
  KeyBy by;
  /// Whether `time` is when the call began or when it ended. Not given: as is usual in the format.
  std::optional<bool> time_is_begin = {};
  /// What a duration without a unit counts. Not given: as is usual in the format, or as the field's
  /// name says ("duration_ms").
  std::optional<Ticks> duration_unit = {};
  /// Names of your own: "duration" → "took_ms". An entry takes the place of the usual names.
  struct Name {
    Role role;
    std::string name;
  };
  std::vector<Name> names = {};
};

/// The fields of one log.
struct Layout {
  std::vector<Role> roles;  ///< Of the log's fields, in their order.
  bool time_is_begin = false;
  Ticks duration_unit = second;
  KeyBy by;
};

/// **Returns** what `fields`, a log's own names, mean. Where several have a usual name, the best of
/// the usual names wins.
Layout layout_of(const std::vector<std::string_view>& fields, const Fields& settings);

/// Take what `text` says in the role `role` into `record`. **Returns** what is wrong with it.
Fault take(Role role, std::string_view text, const Layout& layout, Record& record);

/// **Returns** what is missing in a record of which `seen` (a bit for each role) was taken.
Fault missing(unsigned seen);

constexpr unsigned bit_of(Role role) { return 1U << static_cast<unsigned>(role); }

}  // namespace backtest
