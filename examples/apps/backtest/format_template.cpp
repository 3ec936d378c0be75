// Access logs of nginx, Apache and Envoy: fields between fixed texts, as a log_format says.
#include <cstring>
#include <stdexcept>
#include <vector>

#include "format.hpp"

namespace backtest {

namespace {

/// A field, and the fixed text that ends it.
struct Piece {
  std::string name;
  std::string end;
};

bool is_name(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// **Returns** where `end` begins in `text`; a quote behind a backslash is none. npos: nowhere.
std::size_t find_end(std::string_view text, std::string_view end) {
  std::size_t from = 0;
  for (;;) {
    const void* found =
        from < text.size() ? std::memchr(text.data() + from, end[0], text.size() - from) : nullptr;
    if (found == nullptr) return std::string_view::npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    const bool is_escaped = end[0] == '"' && at > 0 && text[at - 1] == '\\';
    if (!is_escaped && text.substr(at).starts_with(end)) return at;
    from = at + 1;
  }
}

class TemplateFormat : public Format {
 public:
  TemplateFormat(std::string name, std::string_view log_format, const Fields& fields)
      : name_{std::move(name)} {
    std::size_t at = text_until_dollar(log_format, 0, begin_);
    while (at < log_format.size()) {
      std::size_t end = at + 1;
      while (end < log_format.size() && is_name(log_format[end])) ++end;
      Piece piece{std::string{log_format.substr(at + 1, end - at - 1)}, {}};
      at = text_until_dollar(log_format, end, piece.end);
      pieces_.push_back(std::move(piece));
    }
    std::vector<std::string_view> names;
    for (const Piece& piece : pieces_) names.push_back(piece.name);
    layout_ = layout_of(names, fields);
    require_roles(names);
  }

  Fault parse(std::string_view line, Record& record) override {
    if (!line.starts_with(begin_)) return Fault::other_format;
    line.remove_prefix(begin_.size());
    record = {};
    unsigned seen = 0;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      const bool is_last = i + 1 == pieces_.size();
      std::string_view value = line;
      std::size_t end = piece.end.empty() ? std::string_view::npos : find_end(line, piece.end);
      if (is_last && end == std::string_view::npos) end = line.find(' ');
      if (end == std::string_view::npos) {
        if (!is_last && missing(seen | bit_of(layout_.roles[i])) != Fault::none)
          return Fault::other_format;
        line = {};
      } else {
        value = line.substr(0, end);
        line.remove_prefix(std::min(line.size(), end + piece.end.size()));
      }
      if (const Fault fault = take_piece(i, value, record, seen); fault != Fault::none)
        return fault;
      if (line.empty() && end == std::string_view::npos) break;
    }
    return missing(seen);
  }

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] bool time_is_begin() const override { return layout_.time_is_begin; }

 private:
  static std::size_t text_until_dollar(std::string_view format, std::size_t from,
                                       std::string& text) {
    const std::size_t dollar = std::min(format.find('$', from), format.size());
    text = format.substr(from, dollar - from);
    return dollar;
  }

  Fault take_piece(std::size_t i, std::string_view value, Record& record, unsigned& seen) const {
    const Role role = layout_.roles[i];
    if (role == Role::unused) return Fault::none;
    seen |= bit_of(role);
    return take(role, value, layout_, record);
  }

  void require_roles(const std::vector<std::string_view>& names) const {
    unsigned seen = 0;
    for (const Role role : layout_.roles) seen |= bit_of(role);
    if (const Fault fault = missing(seen); fault != Fault::none) {
      throw std::invalid_argument{"the log format has " + std::string{to_string(fault)} +
                                  " (name the field: --field duration=NAME)"};
    }
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
      if (pieces_[i].end.empty())
        throw std::invalid_argument{"the log format has nothing between $" + pieces_[i].name +
                                    " and $" + pieces_[i + 1].name};
    }
    for (const std::string_view name : names)
      if (name.empty()) throw std::invalid_argument{"the log format has a $ without a name"};
  }

  std::string name_;
  std::string begin_;  // what stands before the first field
  std::vector<Piece> pieces_;
  Layout layout_;
};

}  // namespace

std::unique_ptr<Format> make_template_format(std::string name, const std::string& log_format,
                                             const Fields& fields) {
  return std::make_unique<TemplateFormat>(std::move(name), log_format, fields);
}

}  // namespace backtest
