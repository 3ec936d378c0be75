// logfmt: key=value, in any order.
#include <deque>
#include <stdexcept>
#include <vector>

#include "format.hpp"

namespace backtest {

namespace {

/// Takes a line apart, from the left to the right.
class Pairs {
 public:
  explicit Pairs(std::string_view line) : rest_{trimmed(line)} {}

  /// Take the next pair; a word without = is a key without a value. What `value` refers to is valid
  /// until there are more pairs with a backslash than before. **Returns** false at the line's end, or
  /// where a quote is not closed: see is_broken().
  bool next(std::string_view& key, std::string_view& value) {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find_first_of(" ="), rest_.size());
    key = rest_.substr(0, end);
    value = {};
    rest_.remove_prefix(end);
    if (rest_.starts_with('=')) {
      rest_.remove_prefix(1);
      if (!rest_.starts_with('"')) {
        value = rest_.substr(0, rest_.find(' '));
        rest_.remove_prefix(value.size());
      } else if (!take_quoted(value)) {
        is_broken_ = true;
        return false;
      }
    }
    rest_ = trimmed(rest_);
    return true;
  }

  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  bool take_quoted(std::string_view& value) {
    std::size_t end = 1;
    bool has_escape = false;
    while (end < rest_.size() && rest_[end] != '"') {
      has_escape |= rest_[end] == '\\';
      end += rest_[end] == '\\' ? 2 : 1;
    }
    if (end >= rest_.size()) return false;
    value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (has_escape) value = unescaped(value);
    return true;
  }

  std::string_view unescaped(std::string_view text) {
    std::string& plain = unescaped_.emplace_back();
    for (std::size_t i = 0; i < text.size(); ++i) plain += text[i] == '\\' ? text[++i] : text[i];
    return plain;
  }

  std::string_view rest_;
  bool is_broken_ = false;
  std::deque<std::string> unescaped_;
};

class LogfmtFormat : public Format {
 public:
  LogfmtFormat(std::string name, const Mapping& mapping, const Lines& sample, const Fields& fields)
      : Format{std::move(name)} {
    for (const std::string_view line : sample) {
      Pairs pairs{line};
      std::string_view key;
      std::string_view value;
      while (pairs.next(key, value))
        if (!key.empty() && number_of(key) == names_.size()) names_.emplace_back(key);
    }
    if (!mapping.fits(names_)) throw std::invalid_argument{"these are other keys"};
    set_layout(mapping.applied_to(names_), fields);
  }

  Fault parse(std::string_view line, Record& record) override {
    record = {};
    pairs_ = Pairs{line};
    unsigned seen = 0;
    Fault fault = Fault::none;
    std::string_view key;
    std::string_view value;
    expected_ = 0;
    while (pairs_.next(key, value)) {
      const std::size_t field = number_of(key);
      if (field == names_.size() || layout_.roles[field] == 0) continue;
      const Fault now = take(field, value, layout_, record, seen);
      if (fault == Fault::none) fault = now;
    }
    if (pairs_.is_broken()) return Fault::other_format;
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

 private:
  /// **Returns** the number of the field called `key`, or names_.size().
  std::size_t number_of(std::string_view key) {
    for (std::size_t tried = 0; tried < names_.size(); ++tried) {
      const std::size_t at = (expected_ + tried) % names_.size();
      if (names_[at] != key) continue;
      expected_ = at + 1;
      return at;
    }
    return names_.size();
  }

  std::vector<std::string> names_;
  std::size_t expected_ = 0;  // keys come in the same order nearly always
  Pairs pairs_{""};           // of the line that was read last
};

}  // namespace

std::unique_ptr<Format> make_logfmt_format(std::string name, const Mapping& mapping,
                                           const Lines& sample, const Fields& fields) {
  return std::make_unique<LogfmtFormat>(std::move(name), mapping, sample, fields);
}

}  // namespace backtest
