// How a label's value is written on a page of Prometheus.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** how many bytes the UTF-8 character at `at` takes, 0 if there is none.
inline std::size_t character_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool is_overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool is_beyond = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return is_overlong || is_beyond ? 0 : size;
}

/// A scraper refuses the whole page for one label that is not UTF-8.
inline void append_escaped(std::string& to, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = character_at(text, i);
    if (text[i] == '\n') {
      to += "\\n";
    } else if (text[i] == '\\' || text[i] == '"') {
      (to += '\\') += text[i];
    } else if (size > 0) {
      to += text.substr(i, size);
    } else {
      const auto byte = static_cast<unsigned char>(text[i]);
      ((to += "\\\\x") += hex[byte >> 4]) += hex[byte & 15];
    }
    i += size > 0 ? size : 1;
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
