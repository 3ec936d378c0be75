// Tails: memory for what does not fit into a label, lent and given back by size.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The middle of a long key. A reader may be inside one that has been handed on, to a key that may be
/// shorter: a tail is a tail for as long as the registry lives, and says its own length.
class Tail {
 public:
  explicit Tail(std::size_t words) : words_{words}, at_{new Word[words]{}} {}
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  ~Tail() { delete[] at_; }

  [[nodiscard]] std::size_t words() const noexcept { return words_; }

  /// **Returns** whether it begins with the words of `text`; false also if it is too short for that.
  [[nodiscard]] bool is(std::string_view text) const noexcept {
    if (text.size() > 8 * words_) return false;
    bool is_same = true;
    for (std::size_t i = 0; 8 * i < text.size() && is_same; ++i)
      is_same = word(i) == word_of(text, i);
    return is_same;
  }
  /// Copy its first `size` bytes `to`, or as many as it has.
  void copy(char* to, std::size_t size) const noexcept {
    if (size > 8 * words_) size = 8 * words_;
    for (std::size_t i = 0; 8 * i < size; ++i) {
      const std::uint64_t shown = word(i);
      std::memcpy(to + 8 * i, &shown, size - 8 * i < 8 ? size - 8 * i : 8);
    }
  }
  /// **Requires** room. Release: a thread that reads a new word finds that the label has changed.
  void write(std::string_view text) noexcept {
    for (std::size_t i = 0; 8 * i < text.size(); ++i) at_[i].store(word_of(text, i), release);
  }

  std::uint64_t hash = 0;  // of the whole key; guarded by who lends
  Tail* next = nullptr;    // while it is not lent; guarded by who lends

 private:
  using Word = Atomic<std::uint64_t>;  // guarded by the label's stamp

  /// Acquire: pairs with the release in write().
  [[nodiscard]] std::uint64_t word(std::size_t i) const noexcept { return at_[i].load(acquire); }

  static std::uint64_t word_of(std::string_view text, std::size_t i) noexcept {
    const std::string_view rest = text.substr(8 * i, 8);
    std::uint64_t word = 0;
    std::memcpy(&word, rest.data(), rest.size());
    return word;
  }

  const std::size_t words_;
  Word* const at_;
};

/// Lends tails, and takes them back. Not thread-safe: whoever owns it guards it.
class Tails {
 public:
  Tails() = default;
  Tails(const Tails&) = delete;
  Tails& operator=(const Tails&) = delete;
  /// **Requires** that all that were lent are back.
  ~Tails() {
    for (Tail* const first : free_) {
      for (Tail* tail = first; tail != nullptr;) delete std::exchange(tail, tail->next);
    }
  }

  /// **Returns** a tail with room for `bytes`, above 0. **Throws** std::bad_alloc, and has then changed
  /// nothing.
  Tail* lend(std::size_t bytes) {
    const int size_class = class_of((bytes + 7) / 8);
    Tail*& first = free_[size_class];
    if (first == nullptr) return new Tail{std::size_t{1} << size_class};
    return std::exchange(first, first->next);
  }
  void take_back(Tail* tail) noexcept {
    if (tail == nullptr) return;
    Tail*& first = free_[class_of(tail->words())];
    tail->next = std::exchange(first, tail);
  }

 private:
  static int class_of(std::size_t words) noexcept {
    return static_cast<int>(std::bit_width(words - 1));
  }

  Tail* free_[8 * sizeof(std::size_t)] = {};  // by the power of two that its words are
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
