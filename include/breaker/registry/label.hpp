// PlaceLabel: which key a place is for, read without a lock while the place goes from one key to the next.
//
// A stamp says who owns the place. No owner of any place ever had the same. A thread that reads the label reads
// the stamp, the key, and the stamp again: if it is the same, the key is that owner's. The key's words
// are written while the stamp is nobody's, and released one by one: who acquires a new word finds the
// stamp changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/tails.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Whose a place is: an even number. With its lowest bit set the place is marked: nobody asked for its
/// circuit since.
using Stamp = std::uint64_t;
inline constexpr Stamp nobody = 1;
inline constexpr Stamp mark_bit = 1;
inline constexpr Stamp no_owner = ~mark_bit;  // no place ever has it

/// A key as labels keep it: its first and its last 16 bytes, which meet if it is shorter. What is
/// between them stands in a tail.
struct LabelWords {
  static constexpr std::size_t half = 16;
  static constexpr std::size_t most = 2 * half;

  explicit LabelWords(std::string_view key) noexcept : text{key} {
    const std::size_t size = key.size();
    if (size >= half) {
      std::memcpy(at, key.data(), half);
      std::memcpy(at + 2, key.data() + size - half, half);
    } else if (size >= 8) {
      std::memcpy(at, key.data(), 8);
      std::memcpy(at + 2, key.data() + size - 8, 8);
    } else if (size > 0) {
      std::memcpy(at, key.data(), size);
    }
  }

  [[nodiscard]] std::size_t tail_size() const noexcept {
    return text.size() > most ? text.size() - most : 0;
  }
  [[nodiscard]] std::string_view tail() const noexcept { return text.substr(half, tail_size()); }

  std::string_view text;
  std::uint64_t at[4] = {};
};

class House;

/// Lies before its circuit in memory, in a cache line of its own.
class alignas(cache_line) PlaceLabel {
 public:
  explicit PlaceLabel(House& house) noexcept : house_{house} {}
  PlaceLabel(const PlaceLabel&) = delete;
  PlaceLabel& operator=(const PlaceLabel&) = delete;

  /// **Returns** the label of the circuit at `circuit`, which stands in a place.
  static PlaceLabel& of(const void* circuit) noexcept {
    return *(static_cast<PlaceLabel*>(const_cast<void*>(circuit)) - 1);
  }

  // ---- by any thread

  /// **Returns** the stamp, marked or not. Acquire: the key's words are read after it.
  [[nodiscard]] Stamp stamp() const noexcept { return stamp_.load(acquire); }

  /// **Returns** whether the stamp is `seen`, unmarked. Relaxed: what was read before is an acquire load,
  /// of a word that is written after the stamp has changed.
  [[nodiscard]] bool is_still(Stamp seen) const noexcept { return stamp_.load(relaxed) == seen; }
  /// The same, marked or not.
  [[nodiscard]] bool has_owner(Stamp seen) const noexcept {
    return ((stamp_.load(relaxed) ^ seen) & ~mark_bit) == 0;
  }

  /// Take the mark away: somebody asks for the circuit. **Returns** whether `owner` still has the place.
  bool unmark(Stamp owner) noexcept {
    Stamp seen = owner | mark_bit;
    // Relaxed: it says nothing but that.
    return stamp_.compare_exchange_strong(seen, owner, relaxed, relaxed) || seen == owner;
  }

  /// **Returns** whether the key is this one. To be believed if the stamp is the same afterwards.
  [[nodiscard]] bool is_for(const LabelWords& key) const noexcept {
    if (size() != key.text.size()) return false;
    // Acquire (unshown: many old loads): see the head of this file.
    const auto differs = [&](int i) { return head_[i].load(acquire) ^ key.at[i]; };
    if ((differs(0) | differs(1) | differs(2) | differs(3)) != 0) return false;
    return key.tail_size() == 0 || has_tail(key.tail());
  }

  [[nodiscard]] std::size_t size() const noexcept {
    // Acquire (unshown: many old loads): see the head of this file.
    return size_.load(acquire);
  }

  /// Copy the key's first `room` bytes `to`. To be believed if the stamp is the same afterwards.
  /// **Returns** how many.
  std::size_t copy_key(char* to, std::size_t room) const noexcept {
    const std::size_t size = this->size();
    char head[LabelWords::most];
    for (int i = 0; i < 4; ++i) {
      const std::uint64_t word = head_[i].load(acquire);
      std::memcpy(head + std::ptrdiff_t{8} * i, &word, 8);
    }
    const std::size_t step = size >= LabelWords::half ? LabelWords::half : size >= 8 ? 8 : size;
    const std::size_t end = size < room ? size : room;
    const auto put = [&](std::size_t at, const char* from, std::size_t bytes) {
      if (at < end) std::memcpy(to + at, from, bytes < end - at ? bytes : end - at);
    };
    put(0, head, step);
    if (size >= 8) put(size - step, head + LabelWords::half, step);
    if (size > LabelWords::most && end > LabelWords::half) {
      const std::size_t middle = size - LabelWords::most;
      const std::size_t shown = end - LabelWords::half;
      if (const Tail* const tail = this->tail())
        tail->copy(to + LabelWords::half, middle < shown ? middle : shown);
    }
    return end;
  }

  /// The same, all of it. **Throws** std::bad_alloc.
  void copy_key(std::string& to) const {
    to.resize(size());
    copy_key(to.data(), to.size());
  }

  /// **Returns** whether a stay was a former owner's: a thread that has found that it is over has acquired that the
  /// stamp changed.
  [[nodiscard]] bool is_of_former(Generation stay) const noexcept {
    return stamp() == nobody || detail::is_before(stay, born_.load(relaxed));
  }

  [[nodiscard]] House& house() const noexcept { return house_; }

  // ---- by who holds the lock of the house

  /// The place is nobody's from here on. Relaxed: the circuit's next word releases it.
  void vacate() noexcept { stamp_.store(nobody, relaxed); }
  /// The same, if it is still marked as that owner's.
  bool vacate_if_marked(Stamp owner) noexcept {
    Stamp seen = owner | mark_bit;
    return stamp_.compare_exchange_strong(seen, nobody, relaxed, relaxed);
  }
  /// **Returns** whether it is marked now, and was not.
  bool set_mark(Stamp owner) noexcept {
    return stamp_.compare_exchange_strong(owner, owner | mark_bit, relaxed, relaxed);
  }

  /// Write the key of the next owner. **Requires** that the place is nobody's. `tail`: with room for
  /// what does not fit into the label, else null.
  void write(const LabelWords& key, Tail* tail) noexcept {
    // Release (unshown: many old loads), as of all that follows: see the head of this file.
    size_.store(static_cast<std::uint32_t>(key.text.size()), release);
    for (int i = 0; i < 4; ++i) head_[i].store(key.at[i], release);
    if (tail != nullptr) tail->write(key.tail());
    set_tail(tail);
  }
  /// **Returns** the tail, which is not the label's any more.
  Tail* take_tail() noexcept {
    Tail* const tail = tail_.load(relaxed);
    set_tail(nullptr);
    return tail;
  }
  [[nodiscard]] Tail* tail() const noexcept {
    // Acquire: pairs with the release in set_tail().
    return tail_.load(acquire);
  }

  void set_born(Generation generation) noexcept { born_.store(generation, relaxed); }

  /// The place has an owner. Release: pairs with stamp().
  void hand_to(Stamp owner) noexcept { stamp_.store(owner, release); }

  /// While the place is nobody's: the next one that is. @{
  void set_next(PlaceLabel* next) noexcept {
    head_[0].store(reinterpret_cast<std::uintptr_t>(next), release);
  }
  [[nodiscard]] PlaceLabel* next() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the words of a key are numbers
    return reinterpret_cast<PlaceLabel*>(head_[0].load(relaxed) & UINTPTR_MAX);
  }
  /// @}

 private:
  void set_tail(Tail* tail) noexcept {
    // Release: it may be new.
    tail_.store(tail, release);
  }

  [[nodiscard]] bool has_tail(std::string_view text) const noexcept {
    const Tail* const tail = this->tail();
    return tail != nullptr && tail->is(text);
  }

  Atomic<Stamp> stamp_{nobody};      // guards what follows
  Atomic<Tail*> tail_{nullptr};      // what is between, of a long key
  House& house_;                     // what has the place
  Atomic<std::uint32_t> size_{0};    // of the key
  Atomic<Generation> born_{0};       // the stay that the owner began with; guards itself
  Atomic<std::uint64_t> head_[4]{};  // the key, see LabelWords
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
