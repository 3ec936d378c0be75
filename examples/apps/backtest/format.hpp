// The formats of logs: each reads a line into a Record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "record.hpp"

namespace backtest {

class Format {
 public:
  virtual ~Format() = default;

  /// Read a line. What `record` refers to is valid until the next call, or until the line is gone.
  /// (LineReader::padding bytes behind the line may be read.)
  /// **Returns** what is wrong with the line; `record` means nothing then.
  virtual Fault parse(std::string_view line, Record& record) = 0;

  /// **Returns** its name, for people.
  [[nodiscard]] virtual std::string name() const = 0;

  /// **Returns** whether a line's time is when the call began; otherwise when it ended.
  [[nodiscard]] virtual bool time_is_begin() const = 0;

  /// **Returns** whether the log's first line names the fields, and is no call.
  [[nodiscard]] virtual bool has_header() const { return false; }
};

/// nginx's `log_format`: `$name` stands for a field, anything else for itself. A line may end
/// behind the fields that are needed, and may go on behind the last one.
/// **Throws** std::invalid_argument if time, duration or status is missing in it.
std::unique_ptr<Format> make_template_format(std::string name, const std::string& log_format,
                                             const Fields& fields);

/// One JSON object a line, as nginx writes them with `escape=json`. Keys by the usual names of nginx
/// and Envoy, or those given.
std::unique_ptr<Format> make_json_format(const Fields& fields);

/// Comma, semicolon or tab, quotes as in RFC 4180. `first_line` names the fields, or is already a
/// call: then they are time, duration, outcome or status, and the key.
/// **Throws** std::invalid_argument if time, duration, or both status and outcome are missing.
std::unique_ptr<Format> make_csv_format(std::string_view first_line, const Fields& fields);

/// A format, and what the beginning of the log tells besides.
struct FoundFormat {
  std::unique_ptr<Format> format;
  bool whole_seconds;  ///< No time in the sample has a fraction of a second.
};

/// **Returns** the format called `name` (nginx, apache, envoy, json, csv, or a log_format with a $
/// in it), or for "auto" the one that reads most of the lines in `sample`, the log's beginning.
/// **Throws** std::invalid_argument with a sentence that says what to do.
FoundFormat find_format(const std::string& name, std::string_view sample, const Fields& fields);

}  // namespace backtest
