// A line's columns: parted by a character, perhaps in quotes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "text.hpp"

namespace backtest {

class Columns {
 public:
  static constexpr std::size_t most = 128;

  /// **Returns** false if a quote is not closed, or there are more than `most`.
  bool split(std::string_view line, char separator) {
    count_ = 0;
    for (;;) {
      if (count_ == most) return false;
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
  /// Valid until the next split(), or until the line is gone.
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

  std::array<std::string_view, most> fields_;
  std::array<std::string, most> unquoted_;
  std::size_t count_ = 0;
};

}  // namespace backtest
