// W3C's extended log format, as IIS and CloudFront write it.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "columns.hpp"
#include "format.hpp"

namespace backtest {

namespace {

constexpr std::string_view header = "#Fields:";

class W3cFormat : public Format {
 public:
  W3cFormat(std::string name, const Mapping& mapping, const Lines& sample, const Fields& fields)
      : Format{std::move(name)}, mapping_{mapping}, fields_{fields} {
    const auto line = std::find_if(sample.begin(), sample.end(),
                                   [](std::string_view each) { return each.starts_with(header); });
    if (line == sample.end()) throw std::invalid_argument{"there is no line #Fields:"};
    learn(*line);
  }

  Fault parse(std::string_view line, Record& record) override {
    record = {};
    if (line.starts_with('#')) return line.starts_with(header) ? learn_again(line) : Fault::no_call;
    const char separator = line.find('\t') == std::string_view::npos ? ' ' : '\t';
    if (!columns_.split(line, separator) || columns_.size() != names_.size())
      return Fault::other_format;
    unsigned seen = 0;
    Fault fault = Fault::none;
    if (date_ != none) {
      moment_.assign(columns_[date_]).append(" ").append(columns_[time_]);
      fault = take(names_.size(), moment_, layout_, record, seen);
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (layout_.roles[i] == 0) continue;
      const Fault now = take(i, columns_[i], layout_, record, seen);
      if (fault == Fault::none) fault = now;
    }
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;

  void learn(std::string_view line) {
    names_.clear();
    date_ = time_ = none;
    line.remove_prefix(header.size());
    while (!trimmed(line).empty()) {
      line = trimmed(line);
      const std::string_view name = line.substr(0, line.find_first_of(" \t"));
      line.remove_prefix(name.size());
      if (name == "date") date_ = names_.size();
      if (name == "time") time_ = names_.size();
      names_.emplace_back(name);
    }
    if (!mapping_.fits(names_)) throw std::invalid_argument{"these are other fields"};
    std::vector<FieldName> fields = mapping_.applied_to(names_);
    if (date_ == none || time_ == none) throw std::invalid_argument{"there is no date and time"};
    // The two are one field more, behind the others.
    fields[date_].usual = fields[time_].usual = {};
    fields.push_back({"date-time", "time"});
    const Ticks unit = layout_.duration_unit;
    const std::string from = layout_.unit_is_from;
    set_layout(fields, fields_);
    if (layout_.duration_unit == 0) set_unit(unit, from);
  }

  /// The server began the log anew, perhaps with other fields.
  Fault learn_again(std::string_view line) {
    try {
      learn(line);
      return Fault::no_call;
    } catch (const std::invalid_argument&) {
      return Fault::other_format;
    }
  }

  const Mapping mapping_;
  const Fields fields_;
  std::vector<std::string> names_;
  std::size_t date_ = none;
  std::size_t time_ = none;
  Columns columns_;
  std::string moment_;
};

}  // namespace

std::unique_ptr<Format> make_w3c_format(std::string name, const Mapping& mapping,
                                        const Lines& sample, const Fields& fields) {
  return std::make_unique<W3cFormat>(std::move(name), mapping, sample, fields);
}

}  // namespace backtest
