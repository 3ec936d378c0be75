// Name: what a circuit is called, so that its refusals say whose they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The name of a circuit, one of its parts, see named(). Needs 56 bytes of it.
class Name {
 public:
  /// The longest name, in bytes. A longer one is cut after the last character of UTF-8 that fits.
  static constexpr std::size_t longest = 55;

  /// As named().
  constexpr explicit Name(std::string_view text) noexcept {
    std::size_t size = text.size() < longest ? text.size() : longest;
    // Not in the middle of a character of UTF-8.
    while (size > 0 && size < text.size() &&
           (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
      --size;
    for (const char letter : text.substr(0, size))
      text_[size_++] = static_cast<unsigned char>(letter) < ' ' || letter == 0x7f ? '?' : letter;
  }

  /// **Returns** the name. Valid as long as this object.
  [[nodiscard]] constexpr std::string_view circuit_name() const noexcept { return {text_, size_}; }

  friend constexpr bool operator==(const Name&, const Name&) noexcept = default;

 private:
  char text_[longest] = {};
  std::uint8_t size_ = 0;
};

/// **Returns** the part that gives a circuit its name: `CircuitBreaker{config, named("payments")}`. The text is
/// copied; control characters become question marks, as it may stand in a log.
[[nodiscard]] constexpr Name named(std::string_view text) noexcept { return Name{text}; }

/// A circuit has no name. Costs nothing.
struct Unnamed {
  /// **Returns** nothing.
  [[nodiscard]] static constexpr std::string_view circuit_name() noexcept { return {}; }
};

/// What gives a circuit its name: a member `circuit_name()`. For names that stand elsewhere, where 56 bytes
/// are too many. **Requires** that the text lives as long as the circuit.
template <class T>
concept CircuitName =
    noexcept(std::declval<const T&>().circuit_name()) &&
    std::is_same_v<decltype(std::declval<const T&>().circuit_name()), std::string_view>;

BREAKER_ABI_END
}  // namespace breaker
