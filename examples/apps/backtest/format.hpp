// The formats of logs: each reads a line into a Record.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "layout.hpp"

namespace backtest {

class Format {
 public:
  virtual ~Format() = default;

  /// Read a line. What `record` refers to is valid until the next call, or until the line is gone.
  /// (LineReader::padding bytes behind the line may be read.)
  /// **Returns** what is wrong with the line. Then `record` has what could be read of it.
  virtual Fault parse(std::string_view line, Record& record) = 0;

  /// **Returns** whether there is a further call in the same line; it is in `record` then.
  virtual bool next(Record& /*record*/) { return false; }

  /// **Returns** its name, for people.
  [[nodiscard]] virtual std::string name() const { return name_; }

  /// **Returns** whether the log's first line names the fields, and is no call.
  [[nodiscard]] virtual bool has_header() const { return false; }

  [[nodiscard]] virtual const Layout& layout() const { return layout_; }

  /// Say what durations without a unit count. `from`: how that is known.
  void set_unit(Ticks unit, std::string from) {
    layout_.duration_unit = unit;
    layout_.unit_is_from = std::move(from);
  }

 protected:
  explicit Format(std::string name) : name_{std::move(name)} {}

  /// Give the fields their meaning. **Throws** std::invalid_argument if something is missing.
  void set_layout(const std::vector<FieldName>& names, const Fields& fields);

  std::string name_;
  Layout layout_;
};

/// How a log's own names for fields map to usual ones: "begin=StartUTC duration_ns=Duration level".
/// A name with ? behind it may be missing; one without = must be there and means nothing.
class Mapping {
 public:
  explicit Mapping(std::string_view text);

  /// **Returns** whether `names` has all names that must be there.
  [[nodiscard]] bool fits(const std::vector<std::string>& names) const;

  /// **Returns** `names`, each with its usual name: the mapped one. An empty mapping changes nothing.
  [[nodiscard]] std::vector<FieldName> applied_to(const std::vector<std::string>& names) const;

 private:
  struct Entry {
    std::string_view own;
    std::string_view usual;
    bool may_be_missing;
  };
  std::vector<Entry> entries_;
};

using Lines = std::vector<std::string_view>;

/// nginx's `log_format`: `$name` stands for a field, anything else for itself. A line has to fit
/// from its beginning to its end, unless the log format ends with `$*`, which is any rest.
/// **Throws** std::invalid_argument if time, duration or status is missing in it.
std::unique_ptr<Format> make_template_format(std::string name, std::string_view log_format,
                                             const Fields& fields);

/// One JSON object a line; a key inside others has a name with dots, "httpRequest.latency". `sample`
/// tells which keys there are.
/// **Throws** std::invalid_argument if these lines have not what is needed.
std::unique_ptr<Format> make_json_format(std::string name, const Mapping& mapping,
                                         const Lines& sample, const Fields& fields);

/// `key=value`, values with blanks in quotes, in any order.
/// **Throws** std::invalid_argument if these lines have not what is needed.
std::unique_ptr<Format> make_logfmt_format(std::string name, const Mapping& mapping,
                                           const Lines& sample, const Fields& fields);

/// Comma, semicolon or tab, quotes as in RFC 4180. The first line names the fields, or is already a
/// call: then they are time, duration, outcome or status, and the key.
/// **Throws** std::invalid_argument if these fields are not what is needed.
std::unique_ptr<Format> make_csv_format(std::string name, const Lines& sample,
                                        const Fields& fields);

/// W3C's extended log format: a line `#Fields:` names the fields, blanks or tabs part them.
/// **Throws** std::invalid_argument if these fields are not what is needed.
std::unique_ptr<Format> make_w3c_format(std::string name, const Mapping& mapping,
                                        const Lines& sample, const Fields& fields);

/// Spans of OpenTelemetry, as its collector writes them: OTLP in JSON, many spans a line.
std::unique_ptr<Format> make_spans_format(std::string name, const Fields& fields);

/// A format, and what the beginning of the log tells besides.
struct FoundFormat {
  std::unique_ptr<Format> format;
  bool whole_seconds;  ///< No time in the sample has a fraction of a second.
};

/// **Returns** the format called `name` (see formats.hpp, or a log_format with a $ in it), or for
/// "auto" the one that reads most of the lines in `sample`, the log's beginning.
/// **Throws** std::invalid_argument with a sentence that says what to do.
FoundFormat find_format(const std::string& name, std::string_view sample, const Fields& fields);

}  // namespace backtest
