// SharedTable: from a key to its circuit, in memory that processes share and may die in at any instruction.
#pragma once

#include <cstddef>
#include <cstdint>

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

/// Open addressing over slots that each have a circuit already. Keys are written once and never erased, so
/// every process that goes along the slots of a key meets the same: it stands in the first that is not of
/// another key. Who claims a slot has drawn a right to one; who dies before has lost one place, at most.
template <class Slot>
class SharedTable {
 public:
  SharedTable(SharedHead& head, Slot* slots) noexcept
      : head_{&head}, slots_{slots}, hash_{head.label.hash_seed} {}

  /// **Returns** the slot of `key`, or null.
  [[nodiscard]] Slot* find(const KeyWords& key) const noexcept {
    Slot* slot = nullptr;
    return go_along(key, slot) == Match::same ? slot : nullptr;
  }

  /// The same, written now if it is nowhere; null if there is no room.
  [[nodiscard]] Slot* find_or_make(const KeyWords& key) const noexcept {
    for (;;) {
      Slot* slot = nullptr;
      const Match match = go_along(key, slot);
      if (match == Match::same) return slot;
      if (match == Match::other) return nullptr;
      // Each time round, this process or another has written a word.
      if (!slot->key().is_taken()) {
        if (!draw_right()) return nullptr;
        if (!slot->key().claim(key)) give_back_right();
      }
      if (slot->key().complete(key)) return slot;
    }
  }

 private:
  using Match = SharedKey::Match;

  /// Go to the first slot that is not of another key. **Returns** how it compares; `other`: there is none.
  Match go_along(const KeyWords& key, Slot*& slot) const noexcept {
    const std::uint32_t count = head_->label.slots;
    const std::uint64_t hash = hash_of(key);
    std::uint32_t i = detail::first_slot(hash, count);
    const std::uint32_t step = 1 + detail::first_slot(hash << 32, count - 1);
    for (std::uint32_t tried = 0; tried < count; ++tried) {
      slot = &slots_[i];
      if (const Match match = slot->key().compare(key); match != Match::other) return match;
      i = i < count - step ? i + step : i - (count - step);
    }
    return Match::other;
  }

  [[nodiscard]] std::uint64_t hash_of(const KeyWords& key) const noexcept {
    return hash_(key.bytes());
  }

  bool draw_right() const noexcept {
    std::uint32_t made = head_->made.load(relaxed);
    while (made < head_->label.capacity) {
      if (head_->made.compare_exchange_weak(made, made + 1, relaxed, relaxed)) return true;
    }
    return false;
  }
  void give_back_right() const noexcept { head_->made.fetch_sub(1, relaxed); }

  SharedHead* head_;
  Slot* slots_;
  KeyHash hash_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
