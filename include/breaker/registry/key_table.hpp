// KeyTable: from a key to the label of its place; read without a lock, while keys come and go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/key_hash.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/tails.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the slot at which the search for a key begins, of `slot_count`, at most 2^32.
constexpr std::uint32_t first_slot(std::uint64_t hash, std::size_t slot_count) noexcept {
  return static_cast<std::uint32_t>((hash >> 32) * slot_count >> 32);
}

/// A label, and whose it was when it was found. No label: nothing was found.
struct FoundLabel {
  PlaceLabel* label = nullptr;
  Stamp owner = nobody;
};

/// Open addressing, linear probing, at most half full. Labels are never freed, so a reader needs
/// neither lock nor count. Erasing closes the gap, so that a search ends at an empty slot however many
/// keys came and went. Those who write see to it that they do so one at a time.
class KeyTable {
 public:
  /// **Requires** a capacity of 1 to 2^31.
  KeyTable(std::size_t capacity, std::uint64_t seed)
      : hash_{seed}, slot_count_{2 * capacity}, slots_{new Slot[slot_count_]{}} {}
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;
  ~KeyTable() { delete[] slots_; }

  [[nodiscard]] std::uint64_t hash(std::string_view key) const noexcept { return hash_(key); }

  /// **Returns** the label of `key`; its mark, if it had one, is gone: somebody asked for it. Writes
  /// nothing else.
  [[nodiscard]] FoundLabel find(const LabelWords& key, std::uint64_t hash) const noexcept {
    for (;;) {
      const std::uint64_t moves = moves_.load(acquire);  // pairs with the release in put()
      const FoundLabel found = search(key, hash);
      if (found.label != nullptr) [[likely]] {
        if ((found.owner & mark_bit) == 0) [[likely]]
          return found;
        if (found.label->unmark(found.owner & ~mark_bit))
          return {found.label, found.owner & ~mark_bit};
        continue;  // it was swept meanwhile
      }
      // A key that was moved may have been missed. Between two equal counts one slot at most was
      // written, and with it or without, the table is whole: who found an emptied slot, by an acquire
      // load, finds the moves before it counted.
      if (moves_.load(relaxed) == moves) return {};
    }
  }

  /// Add a label. **Requires** that its key is not there, and that there is room.
  void insert(PlaceLabel& label, std::uint64_t hash) noexcept {
    std::size_t i = first_slot(hash, slot_count_);
    while (slots_[i].load(relaxed) != nullptr) i = after(i);
    slots_[i].store(&label, release);  // pairs with the acquire in search()
  }

  /// Take a label out. **Requires** that it is there, with its key.
  void erase(const PlaceLabel& label) noexcept {
    std::size_t gap = home_of(label);
    while (slots_[gap].load(relaxed) != &label) gap = after(gap);
    for (std::size_t i = after(gap);; i = after(i)) {
      PlaceLabel* const follower = slots_[i].load(relaxed);
      if (follower == nullptr) break;
      // It moves into the gap, unless that lies before its home. First it stands in both.
      if (distance(home_of(*follower), i) < distance(gap, i)) continue;
      put(gap, follower);
      gap = i;
    }
    put(gap, nullptr);
  }

 private:
  using Slot = Atomic<PlaceLabel*>;  // publishes the label

  [[nodiscard]] FoundLabel search(const LabelWords& key, std::uint64_t hash) const noexcept {
    for (std::size_t i = first_slot(hash, slot_count_);; i = after(i)) {
      PlaceLabel* const label =
          slots_[i].load(acquire);  // pairs with the releases in insert() and put()
      if (label == nullptr) return {};
      const Stamp stamp = label->stamp();
      if (label->is_for(key) && stamp != nobody && label->has_owner(stamp)) return {label, stamp};
    }
  }

  void put(std::size_t slot, PlaceLabel* label) noexcept {
    slots_[slot].store(label, release);  // pairs with the acquire in search()
    moves_.store(moves_.load(relaxed) + 1, release);
  }

  [[nodiscard]] std::size_t home_of(const PlaceLabel& label) const noexcept {
    if (const Tail* const tail = label.tail()) return first_slot(tail->hash, slot_count_);
    char key[LabelWords::most];
    return first_slot(hash_({key, label.copy_key(key, sizeof key)}), slot_count_);
  }

  [[nodiscard]] std::size_t after(std::size_t slot) const noexcept {
    return slot + 1 == slot_count_ ? 0 : slot + 1;
  }
  /// **Returns** how many steps it is from one slot to another.
  [[nodiscard]] std::size_t distance(std::size_t from, std::size_t to) const noexcept {
    return to >= from ? to - from : to + slot_count_ - from;
  }

  const KeyHash hash_;
  const std::size_t slot_count_;
  Slot* const slots_;
  // What is written stands on other lines than what every look-up reads.
  alignas(2 * cache_line) Atomic<std::uint64_t> moves_{0};  // counts slots written by erase()
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
