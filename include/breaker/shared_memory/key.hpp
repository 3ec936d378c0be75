// SharedKey: a key written once, word by word, by any number of processes, of which any may die.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A key as it stands in memory: its bytes, one byte 255, zeros up to the end of a word. It has neither 0
/// nor 255, which no text in UTF-8 has: so no word is 0, and none is the last of one key and in the middle of
/// another.
class KeyWords {
 public:
  static constexpr std::size_t most = 8;                // words
  static constexpr std::size_t longest = 8 * most - 1;  // bytes of a key
  static constexpr unsigned char end = 255;

  /// **Returns** how many words a key has.
  static constexpr std::size_t count(std::string_view key) noexcept { return key.size() / 8 + 1; }

  /// **Returns** whether it may be a key.
  static constexpr bool may_be(std::string_view key) noexcept {
    if (key.size() > longest) return false;
    for (const char letter : key) {
      if (letter == '\0' || static_cast<unsigned char>(letter) == end) return false;
    }
    return true;
  }

  /// **Returns** word number `i` of a key.
  static std::uint64_t word(std::string_view key, std::size_t i) noexcept {
    std::uint64_t word = 0;
    const std::size_t left = key.size() - 8 * i;
    if (left >= 8) {
      std::memcpy(&word, key.data() + 8 * i, 8);
    } else if (std::endian::native == std::endian::little && key.size() >= 8) {
      // All of the last eight bytes, less those of the word before. At once: it is what look-ups wait for.
      std::memcpy(&word, key.data() + key.size() - 8, 8);
      word = left == 0 ? end : word >> (64 - 8 * left) | std::uint64_t{end} << 8 * left;
    } else {
      unsigned char bytes[8] = {};
      for (std::size_t letter = 0; letter < left; ++letter)
        bytes[letter] = static_cast<unsigned char>(key[8 * i + letter]);
      bytes[left] = end;
      std::memcpy(&word, bytes, 8);
    }
    return word;
  }
};

/// Where a key stands. Each word is 0 until somebody writes it, and never changes after that.
class alignas(cache_line) SharedKey {
 public:
  /// How a key compares with what stands here.
  enum class Match : std::uint8_t {
    same,   // it stands here
    other,  // another one does, or is about to
    open,   // nothing stands here that is not of it, and it is not whole
  };

  /// **Requires** a key of at most 63 bytes.
  [[nodiscard]] Match compare(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < KeyWords::count(key); ++i) {
      // Relaxed: a word says all that there is to know. What belongs to the key was made before any
      // process knew of this memory.
      const std::uint64_t there = words_[i].load(relaxed);
      if (there != KeyWords::word(key, i)) return there == 0 ? Match::open : Match::other;
    }
    return Match::same;
  }

  /// Write what is missing of `key`. **Returns** whether it stands here now; else another one has taken
  /// the place. **Requires** that it may be a key.
  bool complete(std::string_view key) noexcept {
    for (std::size_t i = 0; i < KeyWords::count(key); ++i) {
      const std::uint64_t word = KeyWords::word(key, i);
      std::uint64_t there = 0;
      if (!words_[i].compare_exchange_strong(there, word, relaxed, relaxed) && there != word)
        return false;
    }
    return true;
  }

  /// **Returns** the key, valid as long as this memory; null if none is whole.
  [[nodiscard]] std::string_view text() const noexcept {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(words_);
    for (std::size_t i = 0; i < KeyWords::most && words_[i].load(relaxed) != 0; ++i) {
      for (std::size_t size = 8 * i; size < 8 * i + 8; ++size) {
        if (bytes[size] == KeyWords::end) return {reinterpret_cast<const char*>(bytes), size};
      }
    }
    return {};
  }

 private:
  Atomic<std::uint64_t> words_[KeyWords::most]{};  // each guards itself
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
