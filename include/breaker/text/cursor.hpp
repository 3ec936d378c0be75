// Cursor: reads words, numbers and signs from a text, from left to right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A number as it is written: `digits` / 10^`decimals`.
struct Decimal {
  std::int64_t digits = 0;
  int decimals = 0;

  /// **Returns** it in parts of 10^-`places`; what is too large saturates. **Requires** no more
  /// decimals than that.
  [[nodiscard]] constexpr std::int64_t in(int places) const noexcept {
    constexpr std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
    std::int64_t value = digits;
    for (int i = decimals; i < places; ++i) value = value > most / 10 ? most : value * 10;
    return value;
  }
};

/// Where a text is read. Blanks before what is read are skipped: those of ASCII, and the spaces of
/// Unicode that stand between a number and its unit. Letters count in either case.
class Cursor {
 public:
  constexpr explicit Cursor(std::string_view text) noexcept : text_{text} { skip_blanks(); }

  /// **Returns** where the next thing begins.
  [[nodiscard]] constexpr std::size_t at() const noexcept { return at_; }
  constexpr void go_back_to(std::size_t at) noexcept { at_ = at; }
  [[nodiscard]] constexpr bool is_at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] constexpr bool is_at_digit() const noexcept { return is_digit(letter(at_)); }

  /// Take `words` if they come next, blanks between them or not where the text has one. **Returns**
  /// whether they did.
  constexpr bool take(std::string_view words) noexcept {
    std::size_t at = at_;
    for (const char wanted : words) {
      if (wanted == ' ') {
        at = after_blanks(at);
      } else {
        if (lower(letter(at)) != wanted) return false;
        ++at;
      }
    }
    if (is_letter(words.back()) && is_letter(letter(at))) return false;
    at_ = at;
    skip_blanks();
    return true;
  }

  /// Take a number, if one comes next that has at most `decimals` decimals, and 18 digits.
  /// **Returns** whether it did. Its digits may be grouped, by ' or _.
  constexpr bool take(Decimal& number, int decimals) noexcept {
    Decimal found;
    std::size_t at = at_;
    int digits = 0;
    if (!take_digits(at, found.digits, digits)) return false;
    if (letter(at) == '.' && is_digit(letter(at + 1))) {
      ++at;
      if (!take_digits(at, found.digits, found.decimals)) return false;
    }
    if (found.decimals > decimals) return false;
    number = found;
    at_ = at;
    skip_blanks();
    return true;
  }

  /// **Returns** the letters up to a blank, a comma or a semicolon, and takes them.
  constexpr std::string_view take_name() noexcept {
    std::size_t end = at_;
    while (end != text_.size() && text_[end] != ',' && text_[end] != ';' && blank_at(end) == 0)
      ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    at_ = end;
    skip_blanks();
    return name;
  }

 private:
  static constexpr bool is_digit(char letter) noexcept { return letter >= '0' && letter <= '9'; }
  static constexpr bool is_letter(char letter) noexcept {
    const char low = lower(letter);
    return (low >= 'a' && low <= 'z') || letter == '_';
  }
  static constexpr char lower(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }

  [[nodiscard]] constexpr char letter(std::size_t at) const noexcept {
    return at < text_.size() ? text_[at] : '\0';
  }

  /// Add the digits at `at` to a number, at least one, and count them. Single signs may group them.
  constexpr bool take_digits(std::size_t& at, std::int64_t& number, int& count) const noexcept {
    constexpr std::int64_t most = 99'999'999'999'999'999;  // another digit fits
    if (!is_digit(letter(at))) return false;
    for (;; ++at, ++count) {
      if ((letter(at) == '\'' || letter(at) == '_') && is_digit(letter(at + 1))) ++at;
      if (!is_digit(letter(at))) return true;
      if (number > most) return false;
      number = number * 10 + (letter(at) - '0');
    }
  }

  /// **Returns** how many bytes the blank at `at` has; 0: there is none.
  [[nodiscard]] constexpr std::size_t blank_at(std::size_t at) const noexcept {
    const char first = letter(at);
    if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
    if (text_.substr(at, 2) == "\xc2\xa0") return 2;      // no-break space
    if (text_.substr(at, 3) == "\xe2\x80\x89") return 3;  // thin space
    if (text_.substr(at, 3) == "\xe2\x80\xaf") return 3;  // narrow no-break space
    return 0;
  }
  [[nodiscard]] constexpr std::size_t after_blanks(std::size_t at) const noexcept {
    while (blank_at(at) > 0) at += blank_at(at);
    return at;
  }
  constexpr void skip_blanks() noexcept { at_ = after_blanks(at_); }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
