// KeyPieces: a key as a caller gives it, in one piece or in several.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Looks at the pieces, and puts them together when the key is asked for.
class KeyPieces {
 public:
  explicit KeyPieces(std::string_view key) noexcept : one_{key} {}
  explicit KeyPieces(std::initializer_list<std::string_view> pieces) noexcept : pieces_(pieces) {}

  /// **Returns** what `f` makes of the key. Allocates if pieces are longer than 128 bytes together.
  template <class F>
  auto with_text(const F& f) const {
    if (pieces_.size() == 0) return f(one_);
    std::size_t size = 0;
    for (const std::string_view piece : pieces_) size += piece.size();
    char text[128];
    if (size > sizeof text) {
      std::string joined;
      joined.reserve(size);
      for (const std::string_view piece : pieces_) joined += piece;
      return f(std::string_view{joined});
    }
    char* end = text;
    for (const std::string_view piece : pieces_) end += piece.copy(end, piece.size());
    return f(std::string_view{text, size});
  }

 private:
  std::string_view one_;
  std::initializer_list<std::string_view> pieces_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
