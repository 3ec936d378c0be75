// KeyTable: from a key to what was made for it; read without a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/slabs.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What the table knows of one value. The key's bytes follow it in memory.
template <class Value>
class Entry {
 public:
  Entry(std::string_view key, std::uint64_t hash, Value& value) noexcept
      : value_{&value}, key_size_{key.size()}, tag_{tag_of(hash)} {
    if (!key.empty()) std::memcpy(bytes(), key.data(), key.size());  // it may be null
  }

  static std::size_t bytes_for(std::string_view key) noexcept { return sizeof(Entry) + key.size(); }

  [[nodiscard]] Value& value() const noexcept { return *value_; }
  [[nodiscard]] std::string_view key() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), key_size_};
  }
  [[nodiscard]] bool is_for(std::string_view key, std::uint64_t hash) const noexcept {
    return tag_ == tag_of(hash) && this->key() == key;
  }
  [[nodiscard]] bool is_erased() const noexcept { return is_erased_.load(relaxed); }
  [[nodiscard]] const Entry* next() const noexcept { return next_.load(acquire); }

 private:
  template <class>
  friend class KeyTable;

  static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash);  // the bits that did not choose the slot
  }
  char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

  Value* const value_;
  const std::size_t key_size_;
  // The entry made after this one, which it publishes to whoever walks the list.
  Atomic<Entry*> next_{nullptr};
  const std::uint32_t tag_;  // most of what is not the key differs here, before its bytes are read
  Atomic<bool> is_erased_{false};  // guards nothing: the value stays
};

/// **Returns** the slot at which the search for a key begins, of `slot_count`, at most 2^32.
constexpr std::uint32_t first_slot(std::uint64_t hash, std::size_t slot_count) noexcept {
  return static_cast<std::uint32_t>((hash >> 32) * slot_count >> 32);
}

/// Open addressing, linear probing, at most half full. An entry is never moved, changed or freed, so
/// a reader needs neither lock nor count. Erasing marks the entry; its slot, not its memory, is
/// used again. Those who write see to it that they do so one at a time.
template <class Value>
class KeyTable {
 public:
  using Entry = detail::Entry<Value>;

  /// **Requires** a capacity of 1 to 2^31.
  explicit KeyTable(std::size_t capacity)
      : slot_count_{2 * capacity}, slots_{std::make_unique<Slot[]>(slot_count_)} {}

  /// **Returns** the entry of `key` that is not erased, or null.
  [[nodiscard]] Entry* find(std::string_view key, std::uint64_t hash) const noexcept {
    for (std::size_t i = first_slot(hash, slot_count_);; i = after(i)) {
      Entry* const entry = slots_[i].load(acquire);  // pairs with the release in insert
      if (entry == nullptr) return nullptr;
      if (entry->is_for(key, hash) && !entry->is_erased()) return entry;
    }
  }

  /// Add `value` under `key`. **Requires** that it is not there, that no more than `capacity` are
  /// ever added, and that nobody else writes. **Throws** std::bad_alloc, and has then added nothing.
  void insert(std::string_view key, std::uint64_t hash, Value& value) {
    Entry* const entry = ::new (arena_.take(Entry::bytes_for(key))) Entry{key, hash, value};
    std::size_t i = first_slot(hash, slot_count_);
    for (Entry* there; (there = slots_[i].load(relaxed)) != nullptr && !there->is_erased();) {
      i = after(i);
    }
    slots_[i].store(entry, release);
    (newest_ != nullptr ? newest_->next_ : oldest_).store(entry, release);
    newest_ = entry;
  }

  /// **Requires** that nobody else writes.
  void erase(Entry& entry) noexcept { entry.is_erased_.store(true, relaxed); }

  /// **Returns** the entry that was made first, erased or not; `next()` leads to the others in the
  /// order in which they were made.
  [[nodiscard]] const Entry* oldest() const noexcept { return oldest_.load(acquire); }

 private:
  using Slot = Atomic<Entry*>;  // publishes the entry

  [[nodiscard]] std::size_t after(std::size_t slot) const noexcept {
    return slot + 1 == slot_count_ ? 0 : slot + 1;
  }

  const std::size_t slot_count_;
  const std::unique_ptr<Slot[]> slots_;
  // What is written stands on other lines than what every look-up reads.
  alignas(2 * cache_line) Atomic<Entry*> oldest_{nullptr};  // publishes the entry
  Entry* newest_ = nullptr;
  Arena arena_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
