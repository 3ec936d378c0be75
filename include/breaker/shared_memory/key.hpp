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

/// A key as it stands in memory: its bytes, one byte 255, zeros up to the end of a word. The last word is
/// known by its last byte, 0 or 255, which no other word may have: so no word is 0, and none is the last
/// of one key and in the middle of another. Text in UTF-8 has neither byte.
class KeyWords {
 public:
  static constexpr std::size_t most = 8;                // words
  static constexpr std::size_t longest = 8 * most - 1;  // bytes of a key
  static constexpr unsigned char end = 255;

  explicit KeyWords(std::string_view key) noexcept {
    if (key.size() > longest) return;
    auto* const bytes = reinterpret_cast<unsigned char*>(words_);
    if (!key.empty()) std::memcpy(bytes, key.data(), key.size());  // it may be null
    bytes[key.size()] = end;
    count_ = key.size() / 8 + 1;
    for (std::size_t i = 0; i + 1 < count_; ++i) {
      if (is_last(words_[i])) count_ = 0;
    }
  }

  /// **Returns** how many words it has; 0: it can't be a key.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// **Returns** all of its words, as they lie in memory.
  [[nodiscard]] std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(words_), 8 * count_};
  }
  [[nodiscard]] std::uint64_t operator[](std::size_t i) const noexcept { return words_[i]; }

  /// **Returns** whether it is the last word of a key, or none.
  static bool is_last(std::uint64_t word) noexcept {
    const std::uint64_t last = std::endian::native == std::endian::little ? word >> 56 : word & end;
    return last == 0 || last == end;
  }

 private:
  std::uint64_t words_[most] = {};
  std::size_t count_ = 0;
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

  [[nodiscard]] Match compare(const KeyWords& key) const noexcept {
    for (std::size_t i = 0; i < key.count(); ++i) {
      // Relaxed: a word says all that there is to know. What belongs to the key was made before any
      // process knew of this memory.
      const std::uint64_t word = words_[i].load(relaxed);
      if (word != key[i]) return word == 0 ? Match::open : Match::other;
    }
    return Match::same;
  }

  /// Write the first word of `key`, if nothing stands here. **Returns** whether it did.
  bool claim(const KeyWords& key) noexcept {
    std::uint64_t nothing = 0;
    return words_[0].compare_exchange_strong(nothing, key[0], relaxed, relaxed);
  }

  /// Write what is missing of `key`. **Returns** whether it stands here now; else another one has taken
  /// the place. **Requires** that something stands here.
  bool complete(const KeyWords& key) noexcept {
    for (std::size_t i = 0; i < key.count(); ++i) {
      std::uint64_t there = words_[i].load(relaxed);
      if (there == 0 && words_[i].compare_exchange_strong(there, key[i], relaxed, relaxed))
        continue;
      if (there != key[i]) return false;
    }
    return true;
  }

  /// **Returns** whether anything stands here, if only the beginning of a key.
  [[nodiscard]] bool is_taken() const noexcept { return words_[0].load(relaxed) != 0; }

  /// **Returns** the key, valid as long as this memory; null if none is whole.
  [[nodiscard]] std::string_view text() const noexcept {
    for (std::size_t i = 0; i < KeyWords::most; ++i) {
      const std::uint64_t word = words_[i].load(relaxed);
      if (word == 0) return {};
      if (!KeyWords::is_last(word)) continue;
      const auto* const bytes = reinterpret_cast<const char*>(words_);
      std::size_t size = 8 * i + 7;
      while (static_cast<unsigned char>(bytes[size]) != KeyWords::end) {
        if (size == 8 * i) return {};  // somebody wrote over it
        --size;
      }
      return {bytes, size};
    }
    return {};
  }

 private:
  Atomic<std::uint64_t> words_[KeyWords::most]{};  // each guards itself
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
