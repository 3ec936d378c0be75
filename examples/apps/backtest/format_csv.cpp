// CSV: one call a line, with or without a line that names the columns.
#include <array>
#include <stdexcept>
#include <vector>

#include "format.hpp"

namespace backtest {

namespace {

constexpr std::size_t most_columns = 64;

/// The fields of a line.
class Columns {
 public:
  /// **Returns** false if a quote is not closed, or there are more than most_columns.
  bool split(std::string_view line, char separator) {
    count_ = 0;
    for (;;) {
      if (count_ == most_columns) return false;
      std::size_t end = 0;
      if (line.starts_with('"')) {
        if (!unquote(line, end)) return false;
      } else {
        end = std::min(line.find(separator), line.size());
        fields_[count_++] = trimmed(line.substr(0, end));
      }
      if (end == line.size()) return true;
      if (line[end] != separator) return false;
      line.remove_prefix(end + 1);
    }
  }

  [[nodiscard]] std::size_t size() const { return count_; }
  std::string_view operator[](std::size_t i) const { return fields_[i]; }

 private:
  /// A field in quotes; a quote inside is doubled. `end` becomes where the field ends.
  bool unquote(std::string_view line, std::size_t& end) {
    std::string& text = unquoted_[count_];
    text.clear();
    for (std::size_t at = 1; at < line.size(); ++at) {
      if (line[at] != '"') {
        text += line[at];
      } else if (at + 1 < line.size() && line[at + 1] == '"') {
        text += line[++at];
      } else {
        end = at + 1;
        fields_[count_++] = text;
        return true;
      }
    }
    return false;
  }

  std::array<std::string_view, most_columns> fields_;
  std::array<std::string, most_columns> unquoted_;
  std::size_t count_ = 0;
};

char separator_in(std::string_view line) {
  for (const char separator : {',', ';', '\t'})
    if (line.find(separator) != std::string_view::npos) return separator;
  return ',';
}

class CsvFormat : public Format {
 public:
  CsvFormat(std::string_view first_line, const Fields& fields)
      : separator_{separator_in(first_line)} {
    if (!columns_.split(first_line, separator_))
      throw std::invalid_argument{"the first line is no line of CSV"};
    has_header_ = !parse_time(columns_[0]);
    std::vector<std::string_view> names{"time", "duration", "", ""};
    if (has_header_) {
      names.clear();
      for (std::size_t i = 0; i < columns_.size(); ++i) names.push_back(columns_[i]);
    } else if (columns_.size() > 2) {
      names[2] = parse_count(columns_[2]).value_or(0) >= 100 ? "status" : "outcome";
      names[3] = usual_name(fields.by);
    }
    layout_ = layout_of(names, fields);
    unsigned seen = 0;
    for (const Role role : layout_.roles) seen |= bit_of(role);
    if (const Fault fault = missing(seen); fault != Fault::none) {
      throw std::invalid_argument{"the columns have " + std::string{to_string(fault)} +
                                  " (name it: --field duration=NAME)"};
    }
  }

  Fault parse(std::string_view line, Record& record) override {
    if (!columns_.split(line, separator_)) return Fault::other_format;
    record = {};
    unsigned seen = 0;
    const std::size_t count = std::min(columns_.size(), layout_.roles.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Role role = layout_.roles[i];
      if (role == Role::unused) continue;
      seen |= bit_of(role);
      if (const Fault fault = take(role, columns_[i], layout_, record); fault != Fault::none)
        return fault;
    }
    return missing(seen);
  }

  [[nodiscard]] std::string name() const override { return "CSV"; }
  [[nodiscard]] bool time_is_begin() const override { return layout_.time_is_begin; }
  [[nodiscard]] bool has_header() const override { return has_header_; }

 private:
  static std::string_view usual_name(const KeyBy& by) {
    switch (by.kind) {
      case KeyBy::Kind::upstream: return "upstream";
      case KeyBy::Kind::host: return "host";
      case KeyBy::Kind::path_prefix: return "path";
      case KeyBy::Kind::column: return by.column;
      case KeyBy::Kind::nothing: break;
    }
    return "";
  }

  char separator_;
  bool has_header_ = false;
  Columns columns_;
  Layout layout_;
};

}  // namespace

std::unique_ptr<Format> make_csv_format(std::string_view first_line, const Fields& fields) {
  return std::make_unique<CsvFormat>(first_line, fields);
}

}  // namespace backtest
