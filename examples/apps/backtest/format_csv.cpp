// CSV: one call a line, with or without a line that names the columns.
#include <stdexcept>
#include <vector>

#include "columns.hpp"
#include "format.hpp"

namespace backtest {

namespace {

char separator_in(std::string_view line) {
  for (const char separator : {',', ';', '\t'})
    if (line.find(separator) != std::string_view::npos) return separator;
  return ',';
}

class CsvFormat : public Format {
 public:
  CsvFormat(std::string name, std::string_view first_line, const Fields& fields)
      : Format{std::move(name)}, separator_{separator_in(first_line)} {
    if (first_line.starts_with('{') || !columns_.split(first_line, separator_))
      throw std::invalid_argument{"the first line is no line of CSV"};
    has_header_ = !parse_time(columns_[0]);
    count_ = columns_.size();
    std::vector<FieldName> names;
    for (std::size_t i = 0; has_header_ && i < count_; ++i)
      names.push_back({columns_[i], columns_[i]});
    if (!has_header_) names = usual_columns(fields);
    set_layout(names, fields);
  }

  Fault parse(std::string_view line, Record& record) override {
    record = {};
    if (!columns_.split(line, separator_) || columns_.size() != count_) return Fault::other_format;
    unsigned seen = 0;
    Fault fault = Fault::none;
    for (std::size_t i = 0; i < layout_.roles.size(); ++i) {
      if (layout_.roles[i] == 0) continue;
      const Fault now = take(i, columns_[i], layout_, record, seen);
      if (fault == Fault::none) fault = now;
    }
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

  [[nodiscard]] bool has_header() const override { return has_header_; }

 private:
  /// What the columns of a log without a header are, by their number and the first line.
  [[nodiscard]] std::vector<FieldName> usual_columns(const Fields& fields) const {
    std::vector<FieldName> names;
    const auto add = [&](std::string_view name) {
      if (names.size() < count_) names.push_back({name, name});
    };
    add("time");
    add("duration");
    if (count_ > 2) add(parse_count(columns_[2]).value_or(0) >= 100 ? "status" : "outcome");
    add(usual_name(fields.by));
    while (names.size() < count_) names.push_back({});
    return names;
  }

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
  std::size_t count_ = 0;  // of columns
  Columns columns_;
};

}  // namespace

std::unique_ptr<Format> make_csv_format(std::string name, const Lines& sample,
                                        const Fields& fields) {
  return std::make_unique<CsvFormat>(std::move(name), sample[0], fields);
}

}  // namespace backtest
