// What the fields of a log mean: which is the time, which the duration and in what unit, and so on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record.hpp"

namespace backtest {

/// By what calls are told apart into endpoints.
struct KeyBy {
  enum class Kind : std::uint8_t { nothing, upstream, host, path_prefix, column };
  Kind kind = Kind::nothing;
  int segments = 1;         ///< path_prefix: how many segments of the path.
  std::string column = {};  ///< column: the field's name.
};

/// What a field of a log means to us.
enum class Role : std::uint8_t {
  time,
  end,  ///< Where `time` is when the call began: when it ended.
  duration,
  status,
  outcome,
  flags,        ///< Envoy's response flags.
  termination,  ///< HAProxy's state at disconnection.
  key,
  caller,
  condition,
};

/// What the user says about a log's fields.
struct Fields {
  KeyBy by;
  std::string caller = {};  ///< The field that names the caller; empty: none does.
  /// Whether `time` is when the call began or when it ended. Not given: as is usual in the format.
  std::optional<bool> time_is_begin = {};
  /// What a duration without a unit counts. Not given: as is usual in the format, or as the field's
  /// name says ("duration_ms").
  std::optional<Ticks> duration_unit = {};
  /// Names that the user gives: "duration" → "took_ms". An entry takes the place of the usual names.
  struct Name {
    Role role;
    std::string name;
  };
  std::vector<Name> names = {};
  /// Only lines where the field called `name` says `value` are calls.
  struct Condition {
    std::string name;
    std::string value;
  };
  std::vector<Condition> where = {};
};

/// A field of a log: the log's name for it, and the usual name of what it means ("duration_ms"),
/// where the format knows that. They are often the same.
struct FieldName {
  std::string_view own;
  std::string_view usual;
};

/// The fields of one log.
struct Layout {
  std::vector<unsigned> roles;  ///< Of the log's fields, in their order: a bit for each role.
  bool time_is_begin = false;
  Ticks duration_unit = 0;        ///< 0: not known.
  std::string duration = {};      ///< What the log calls it.
  std::string unit_is_from = {};  ///< How the unit is known: "as its name says".
  bool status_is_grpc = false;    ///< A status from 0 to 16 is gRPC's.
  KeyBy by = {};
  struct Condition {
    std::size_t field;
    std::string value;
    unsigned bit;  ///< In Record::meets.
  };
  std::vector<Condition> where = {};
  unsigned all_conditions = 0;          ///< A bit for each that the user gave.
  std::vector<std::string> names = {};  ///< Of the fields, for messages.

  [[nodiscard]] bool has(Role role) const;
};

constexpr unsigned bit_of(Role role) { return 1U << static_cast<unsigned>(role); }

/// **Returns** what `fields` mean. Where several have a usual name, the best of the usual names wins.
Layout layout_of(const std::vector<FieldName>& fields, const Fields& settings);

/// **Returns** what such a layout lacks: "no time", or "" if it has all that is needed.
const char* lacks(const Layout& layout);

/// Take what `text`, the field number `field`, says into `record`, and the bits of its roles into
/// `seen`. **Returns** what is wrong with it.
Fault take(std::size_t field, std::string_view text, const Layout& layout, Record& record,
           unsigned& seen);

/// The line has been read. **Returns** what is wrong with the whole of it.
Fault complete(unsigned seen, const Layout& layout, Record& record);

}  // namespace backtest
