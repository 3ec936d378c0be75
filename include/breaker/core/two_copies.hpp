// TwoCopies: a plain value that is read without a lock while another thread replaces it.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Numbers the settings of a circuit: the low bit says which copy counts. If the number has changed
/// while a reader copied, the reader copies again. Only one thread may write at a time.
using SettingsVersion = Atomic<std::uint16_t>;

/// **Returns** the `Word` that lies at `first` in memory; what is behind the end counts as 0.
template <class Word, std::size_t size>
constexpr Word word_at(const std::array<unsigned char, size>& bytes, std::size_t first) noexcept {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word) && first + i < size; ++i) {
    const std::size_t place = std::endian::native == std::endian::little ? i : sizeof(Word) - 1 - i;
    word |= static_cast<Word>(Word{bytes[first + i]} << (8 * place));
  }
  return word;
}

/// A row of words, each twice.
template <class Word, std::size_t length>
class TwoRows {
 public:
  template <std::size_t size>
  constexpr TwoRows(const std::array<unsigned char, size>& bytes, std::size_t first) noexcept
      : TwoRows{bytes, first, std::make_index_sequence<length>{}} {}

  [[nodiscard]] Word read(std::size_t i, std::size_t copy) const noexcept {
    // Acquire: pairs with the release in write(). A thread that reads a word of a later version sees that the
    // version has changed.
    return words_[i][copy].load(acquire);
  }
  /// Copy `size` bytes `to`.
  [[gnu::always_inline]] void copy_to(unsigned char* to, std::size_t copy,
                                      std::size_t size) const noexcept {
    copy_each(to, copy, size, std::make_index_sequence<length>{});
  }
  void write(std::size_t i, std::size_t copy, Word word) noexcept {
    words_[i][copy].store(word, release);
  }

 private:
  template <std::size_t size, std::size_t... i>
  constexpr TwoRows(const std::array<unsigned char, size>& bytes, std::size_t first,
                    std::index_sequence<i...> /*all*/) noexcept
      : words_{{detail::word_at<Word>(bytes, first + sizeof(Word) * i),
                detail::word_at<Word>(bytes, first + sizeof(Word) * i)}...} {}

  template <std::size_t... i>
  [[gnu::always_inline]] void copy_each(unsigned char* to, std::size_t copy, std::size_t size,
                                        std::index_sequence<i...> /*all*/) const noexcept {
    const auto copy_one = [&](std::size_t at, Word word) {
      std::memcpy(to + at, &word, at + sizeof(Word) > size ? size - at : sizeof(Word));
    };
    (copy_one(sizeof(Word) * i, read(i, copy)), ...);
  }

  Atomic<Word> words_[length][2];  // guarded by the version
};
template <class Word>
class TwoRows<Word, 0> {
 public:
  template <std::size_t size>
  constexpr TwoRows(const std::array<unsigned char, size>& /*bytes*/,
                    std::size_t /*first*/) noexcept {}
  static void copy_to(unsigned char* /*to*/, std::size_t /*copy*/, std::size_t /*size*/) noexcept {}
};

/// Two copies of a trivially copyable value, word by word. Who replaces it writes the copy that
/// does not count, then the version.
template <class T>
class TwoCopies {
  static_assert(std::is_trivially_copyable_v<T>);

  // Words of 8 bytes, then one of 4 if no more than that is left.
  static constexpr std::size_t rest = sizeof(T) % 8 > 4 ? 0 : sizeof(T) % 8;
  static constexpr std::size_t length = (sizeof(T) - rest + 7) / 8;
  static constexpr bool is_one_word = length + (rest > 0 ? 1 : 0) == 1;
  using Bytes = std::array<unsigned char, sizeof(T)>;

 public:
  constexpr explicit TwoCopies(const T& value) noexcept : TwoCopies{bytes_of(value)} {}

  /// **Returns** the value of one version.
  [[nodiscard, gnu::always_inline]] T read(const SettingsVersion& version) const noexcept {
    std::uint16_t read_version = 0;
    return read(version, read_version);
  }
  /// The same; `before`: which version.
  [[nodiscard, gnu::always_inline]] T read(const SettingsVersion& version,
                                           std::uint16_t& before) const noexcept {
    for (;;) {
      before = version.load(acquire);  // pairs with the release in Machine
      Bytes bytes;
      words_.copy_to(bytes.data(), before % 2, sizeof(T));
      last_.copy_to(bytes.data() + 8 * length, before % 2, rest);
      if (is_one_word || version.load(relaxed) == before) [[likely]]
        return std::bit_cast<T>(bytes);
    }
  }

  /// **Returns** its first word, of one version.
  [[nodiscard]] std::uint64_t read_first(const SettingsVersion& version) const noexcept {
    return words_.read(0, version.load(acquire) % 2);
  }

  /// Write the copy that counts from the next version on. **Requires** that no other thread writes.
  void prepare(const T& value, const SettingsVersion& version) noexcept {
    const std::size_t next = (version.load(relaxed) + 1U) % 2;
    const Bytes bytes = bytes_of(value);
    if constexpr (length > 0) {
      for (std::size_t i = 0; i < length; ++i)
        words_.write(i, next, detail::word_at<std::uint64_t>(bytes, 8 * i));
    }
    if constexpr (rest > 0) last_.write(0, next, detail::word_at<std::uint32_t>(bytes, 8 * length));
  }

 private:
  static constexpr Bytes bytes_of([[maybe_unused]] const T& value) noexcept {
    if constexpr (std::is_empty_v<T>) {
      return {};  // its one byte is padding, which a constant expression must not read
    } else {
      return std::bit_cast<Bytes>(value);
    }
  }

  constexpr explicit TwoCopies(const Bytes& bytes) noexcept
      : words_{bytes, 0}, last_{bytes, 8 * length} {}

  BREAKER_NO_UNIQUE_ADDRESS TwoRows<std::uint64_t, length> words_;
  BREAKER_NO_UNIQUE_ADDRESS TwoRows<std::uint32_t, rest == 0 ? 0 : 1> last_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
