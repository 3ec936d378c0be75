// Access logs in text: fields between fixed texts, as a log_format says.
#include <cstring>
#include <stdexcept>
#include <vector>

#include "format.hpp"

namespace backtest {

namespace {

/// A field, and the fixed text that ends it; an empty text: it goes on to the line's end.
struct Piece {
  std::string name;
  std::string end;
  bool is_list = false;  ///< Several values, parted by ", " or " : ".
  bool is_word = false;  ///< Without a blank in it, though a blank alone does not end it.
  bool is_time = false;  ///< Numbers, which an address with a port is not.
};

constexpr std::string_view any_rest = "*";

bool is_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Whether the blank at `at` is between two values of a list.
bool is_inside_list(std::string_view text, std::size_t at) {
  if (at > 0 && (text[at - 1] == ',' || (text[at - 1] == ':' && at > 1 && text[at - 2] == ' ')))
    return true;
  return text.substr(at).starts_with(" : ");
}

/// Whether `what`, which is short, stands at `at`.
bool stands_at(const char* at, const char* end, std::string_view what) {
  if (static_cast<std::size_t>(end - at) < what.size()) return false;
  for (std::size_t i = 1; i < what.size(); ++i)
    if (at[i] != what[i]) return false;
  return at[0] == what[0];
}

/// **Returns** where `piece` ends in `text`; a quote behind a backslash is no end. npos: nowhere.
std::size_t find_end(std::string_view text, const Piece& piece) {
  const char* const end = text.data() + text.size();
  const char first = piece.end[0];
  for (const char* from = text.data();;) {
    const void* found = std::memchr(from, first, static_cast<std::size_t>(end - from));
    if (found == nullptr) return std::string_view::npos;
    const char* const place = static_cast<const char*>(found);
    const auto at = static_cast<std::size_t>(place - text.data());
    const bool is_escaped = first == '"' && at > 0 && place[-1] == '\\';
    const bool goes_on = piece.is_list && first == ' ' && is_inside_list(text, at);
    if (!is_escaped && !goes_on && stands_at(place, end, piece.end)) return at;
    from = place + 1;
  }
}

/// Whether a line's last field is one, not several.
bool is_one_field(std::string_view text, const Piece& piece) {
  for (std::size_t at = text.find(' '); at != std::string_view::npos; at = text.find(' ', at + 1))
    if (!piece.is_list || !is_inside_list(text, at)) return false;
  return true;
}

/// Whether `text` are numbers: "0.023", "-", "0.000, 0.022 : 0.001".
bool are_numbers(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_colon = text[i] == ':' && i > 0 && text[i - 1] == ' ';
    if (!is_colon && std::string_view{"0123456789., -"}.find(text[i]) == std::string_view::npos)
      return false;
  }
  return true;
}

class TemplateFormat : public Format {
 public:
  TemplateFormat(std::string name, std::string_view log_format, const Fields& fields)
      : Format{std::move(name)} {
    std::size_t at = text_until_dollar(log_format, 0, begin_);
    while (at < log_format.size()) {
      std::size_t end = at + 1;
      while (end < log_format.size() && is_name(log_format[end])) ++end;
      if (log_format.substr(at + 1) == any_rest) ++end;
      Piece piece{std::string{log_format.substr(at + 1, end - at - 1)}, {}};
      piece.is_list = piece.name.starts_with("upstream_");
      at = text_until_dollar(log_format, end, piece.end);
      piece.is_word = piece.end.starts_with(" -");
      piece.is_time = piece.is_list && piece.name.ends_with("_time");
      pieces_.push_back(std::move(piece));
    }
    require_parted();
    std::vector<FieldName> names;
    for (const Piece& piece : pieces_) names.push_back({piece.name, piece.name});
    set_layout(names, fields);
  }

  Fault parse(std::string_view line, Record& record) override {
    record = {};
    if (!line.starts_with(begin_)) return Fault::other_format;
    line.remove_prefix(begin_.size());
    Fault fault = Fault::none;
    unsigned seen = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      std::string_view value = line;
      if (!piece.end.empty()) {
        const std::size_t end = find_end(line, piece);
        if (end == std::string_view::npos) return Fault::other_format;
        value = line.substr(0, end);
        if (piece.is_word && value.find(' ') != std::string_view::npos) return Fault::other_format;
        line.remove_prefix(end + piece.end.size());
      } else {
        if (piece.name != any_rest && !is_one_field(line, piece)) return Fault::other_format;
        line = {};
      }
      if (piece.is_time && !are_numbers(value)) return Fault::other_format;
      if (layout_.roles[i] == 0) continue;
      // Few formats pad their fields.
      if (value.starts_with(' ') || value.ends_with(' ')) value = trimmed(value);
      const Fault now = layout_.roles[i] == bit_of(Role::time)
                            ? take_time(i, value, record, seen)
                            : take(i, value, layout_, record, seen);
      if (fault == Fault::none) fault = now;
    }
    if (!line.empty()) return Fault::other_format;
    return fault != Fault::none ? fault : complete(seen, layout_, record);
  }

 private:
  /// As take(). Many lines of a busy log have the same time.
  Fault take_time(std::size_t field, std::string_view text, Record& record, unsigned& seen) {
    if (text == time_text_) {
      record.time = time_;
      seen |= bit_of(Role::time);
      return Fault::none;
    }
    const Fault fault = take(field, text, layout_, record, seen);
    if (fault == Fault::none) {
      time_text_ = text;
      time_ = record.time;
    }
    return fault;
  }

  static std::size_t text_until_dollar(std::string_view format, std::size_t from,
                                       std::string& text) {
    const std::size_t dollar = std::min(format.find('$', from), format.size());
    text = format.substr(from, dollar - from);
    return dollar;
  }

  void require_parted() const {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].name.empty())
        throw std::invalid_argument{"the log format has a $ without a name"};
      if (i + 1 < pieces_.size() && pieces_[i].end.empty())
        throw std::invalid_argument{"the log format has nothing between $" + pieces_[i].name +
                                    " and $" + pieces_[i + 1].name};
    }
  }

  std::string begin_;  // what stands before the first field
  std::vector<Piece> pieces_;
  std::string time_text_;  // the latest time …
  LogTime time_{};         // … and what it says
};

}  // namespace

std::unique_ptr<Format> make_template_format(std::string name, std::string_view log_format,
                                             const Fields& fields) {
  return std::make_unique<TemplateFormat>(std::move(name), log_format, fields);
}

}  // namespace backtest
