// The wire format of protobuf, as far as it is read here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// The fields of a protobuf message, one after the other, as its wire format has them. (By hand, so that
/// nothing has to be generated.)
class ProtoFields {
 public:
  explicit constexpr ProtoFields(std::string_view bytes) noexcept : rest_{bytes} {}

  /// Go to the next field. **Returns** false at the end, or where the bytes are none of protobuf.
  constexpr bool next() noexcept {
    std::uint64_t tag = 0;
    if (rest_.empty() || !take_number(tag)) return false;
    number_ = tag >> 3U;
    switch (tag & 7U) {
      case 0: return take_number(value_);
      case 1: return take_bytes(8);
      case 2: {
        std::uint64_t size = 0;
        return take_number(size) && take_bytes(size);
      }
      case 5: return take_bytes(4);
      default: return false;
    }
  }

  [[nodiscard]] constexpr std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] constexpr std::string_view bytes() const noexcept { return bytes_; }

 private:
  constexpr bool take_number(std::uint64_t& number) noexcept {
    number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      number |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  constexpr bool take_bytes(std::uint64_t size) noexcept {
    if (size > rest_.size()) return false;
    bytes_ = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(bytes_.size());
    return true;
  }

  std::string_view rest_;
  std::uint64_t number_ = 0;
  std::uint64_t value_ = 0;  // of a number
  std::string_view bytes_;   // of anything else
};

/// **Returns** the bytes of field `number` of a message, the last if there are several; empty if none.
constexpr std::string_view proto_bytes(std::string_view message, std::uint64_t number) noexcept {
  std::string_view found;
  for (ProtoFields fields{message}; fields.next();)
    if (fields.number() == number) found = fields.bytes();
  return found;
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
