// SharedTable: from a key to its circuit, in memory that processes share and may die in at any instruction.
#pragma once

#include <cstdint>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/shared_memory/head.hpp"
#include "breaker/shared_memory/key.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** how many slots a table of this capacity has: a quarter more, so that keys that are not there
/// are soon known to be none; a prime, so that each key may go along all of them.
constexpr std::uint32_t shared_slots(std::uint32_t capacity) noexcept {
  const auto is_prime = [](std::uint32_t number) {
    for (std::uint32_t i = 3; i <= number / i; i += 2) {
      if (number % i == 0) return false;
    }
    return number % 2 != 0;
  };
  std::uint32_t slots = capacity + capacity / 4 + 2;
  while (!is_prime(slots)) ++slots;
  return slots;
}

/// Open addressing. A slot has a tag, the hash of its key, or 0, and, apart from the tags, a place for the
/// key, and a circuit that is there already. Both are written once and never erased, so every process that
/// goes along the slots of a key meets the same: it stands in the first that is not of another key. Whoever
/// writes a tag counts it after that, so that nobody takes a table for full before all keys that fill it can
/// be found. Keys that are made at the same moment, or by who dies before it counts, may be a few more.
template <class Slot>
class SharedTable {
 public:
  using Tag = Atomic<std::uint64_t>;  // guards itself

  SharedTable(SharedHead& head, Tag* tags, Slot* slots) noexcept
      : head_{&head},
        tags_{tags},
        slots_{slots},
        count_{head.label.slots},
        hash_{head.label.hash_seed} {}

  /// **Returns** the slot of `key`, or null. **Requires** a key of at most 63 bytes.
  [[nodiscard]] Slot* find(std::string_view key) const noexcept {
    const Place place = go_along(key, hash_of(key));
    return place.match == Match::same ? &slots_[place.i] : nullptr;
  }

  /// The same, written now if it is nowhere; null if there is no room. **Requires** that it may be a key.
  [[nodiscard]] Slot* make(std::string_view key) const noexcept {
    const std::uint64_t hash = hash_of(key);
    for (;;) {
      const Place place = go_along(key, hash);
      if (place.match == Match::same) return &slots_[place.i];
      if (place.match == Match::other) return nullptr;
      // Each time round, this process or another has written a tag or a word.
      std::uint64_t tag = tags_[place.i].load(relaxed);
      if (tag == 0 && is_full()) {
        tag = tags_[place.i].load(relaxed);  // the last place may have become this key's
        if (tag == 0) return nullptr;
      }
      if (tag == 0 && tags_[place.i].compare_exchange_strong(tag, hash, relaxed, relaxed)) {
        tag = hash;
        head_->made.fetch_add(1, release);  // pairs with the acquire in is_full()
      }
      // Since it was found, the slot may have become another key's.
      if (tag == hash && slots_[place.i].key().complete(key)) return &slots_[place.i];
    }
  }

 private:
  using Match = SharedKey::Match;
  struct Place {
    std::uint32_t i;
    Match match;
  };

  /// **Returns** the first slot that is not of another key; `other`: there is none.
  [[nodiscard]] Place go_along(std::string_view key, std::uint64_t hash) const noexcept {
    std::uint32_t i = detail::first_slot(hash, count_);
    for (std::uint32_t tried = 0; tried < count_; ++tried) {
      const std::uint64_t tag = tags_[i].load(relaxed);
      if (tag == hash) {
        const Match match = slots_[i].key().compare(key);
        if (match != Match::other) [[likely]]
          return {i, match};
      } else if (tag == 0) {
        return {i, Match::open};
      }
      const std::uint32_t step = 1 + detail::first_slot(hash << 32, count_ - 1);
      i = i < count_ - step ? i + step : i - (count_ - step);
    }
    return {0, Match::other};
  }

  [[nodiscard]] std::uint64_t hash_of(std::string_view key) const noexcept {
    const std::uint64_t hash = hash_(key);
    return hash != 0 ? hash : 1;
  }

  [[nodiscard]] bool is_full() const noexcept {
    // Pairs with the release in make(): the tags that are counted are seen.
    return head_->made.load(acquire) >= head_->label.capacity;
  }

  SharedHead* head_;
  Tag* tags_;
  Slot* slots_;
  std::uint32_t count_;
  KeyHash hash_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
