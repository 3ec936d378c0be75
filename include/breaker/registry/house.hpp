// House: the part of a registry that is the same whatever its circuits are: the keys, the places that are
// free, and how often what happened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/atomic.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/owner.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/registry/key_table.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/open_limit.hpp"
#include "breaker/registry/tails.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Finding is lock-free; whatever writes takes the lock first.
class House {
 public:
  House(std::size_t capacity, std::uint64_t seed) : capacity_{capacity}, table_{capacity, seed} {}
  House(const House&) = delete;
  House& operator=(const House&) = delete;
  ~House() = default;

  // ---- by any thread

  [[nodiscard]] const KeyTable& table() const noexcept { return table_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(relaxed); }
  [[nodiscard]] std::uint64_t made() const noexcept { return made_.load(relaxed); }
  [[nodiscard]] std::uint64_t overflowed() const noexcept { return overflowed_.load(relaxed); }
  [[nodiscard]] std::uint64_t evicted() const noexcept { return evicted_.load(relaxed); }
  [[nodiscard]] std::uint64_t late() const noexcept { return late_.load(relaxed); }

  void note_late() noexcept { late_.fetch_add(1, relaxed); }

  [[nodiscard]] OpenLimit& limit() noexcept { return limit_; }
  [[nodiscard]] const OpenLimit& limit() const noexcept { return limit_; }
  /// Trip the circuit in a place, see Limited::trip().
  Tripped trip(PlaceLabel& label, StayId id, const Found* found) const noexcept {
    return trip_(tripper_, label, id, found);
  }

  /// What trips a circuit in a place: set while the registry is made.
  using Trip = Tripped (*)(const void* tripper, PlaceLabel&, StayId, const Found*);
  void set_tripper(const void* tripper, Trip by) noexcept {
    tripper_ = tripper;
    trip_ = by;
  }

  // ---- with the lock

  [[nodiscard]] Mutex& mutex() noexcept { return mutex_; }

  void note_overflow() noexcept { overflowed_.store(overflowed_.load(relaxed) + 1, relaxed); }
  void note_evicted() noexcept { evicted_.store(evicted_.load(relaxed) + 1, relaxed); }

  /// **Returns** the place that has been free for longest, or null.
  PlaceLabel* take_free() noexcept {
    PlaceLabel* const oldest = oldest_;
    if (oldest == nullptr) return nullptr;
    oldest_ = oldest == newest_ ? nullptr : oldest->next();
    return oldest;
  }
  /// Take back a place that is nobody's, and that no key leads to.
  void give_back(PlaceLabel& label) noexcept {
    tails_.take_back(label.take_tail());
    if (oldest_ == nullptr) {
      oldest_ = &label;
    } else {
      newest_->set_next(&label);
    }
    newest_ = &label;
  }

  /// **Returns** a tail for a key, null if it needs none. **Throws** std::bad_alloc, and has then changed
  /// nothing.
  Tail* lend_tail(const LabelWords& key, std::uint64_t hash) {
    if (key.tail_size() == 0) return nullptr;
    Tail* const tail = tails_.lend(key.tail_size());
    tail->hash = hash;
    return tail;
  }

  void give_back_tail(Tail* tail) noexcept { tails_.take_back(tail); }

  /// **Returns** the stamp of an owner. None had it before.
  Stamp next_stamp() noexcept {
    last_stamp_ += 2;
    return last_stamp_;
  }

  /// Give a label that no search finds a key and an owner, for good. **Throws** std::bad_alloc, and has then
  /// changed nothing.
  void name(PlaceLabel& label, std::string_view text) {
    const LabelWords key{text};
    label.write(key, lend_tail(key, 0));
    label.hand_to(next_stamp());
  }

  /// Let `label` be found under its key.
  void add(PlaceLabel& label, std::uint64_t hash) noexcept {
    table_.insert(label, hash);
    size_.store(size_.load(relaxed) + 1, relaxed);
    made_.store(made_.load(relaxed) + 1, relaxed);
  }
  /// Let it not be found any more. **Requires** that it is nobody's.
  void remove(PlaceLabel& label) noexcept {
    table_.erase(label);
    size_.store(size_.load(relaxed) - 1, relaxed);
  }

 private:
  using Count = Atomic<std::uint64_t>;  // each guards nothing

  const std::size_t capacity_;
  const void* tripper_ = nullptr;
  Trip trip_ = nullptr;
  OpenLimit limit_;
  KeyTable table_;  // written under mutex_, read without
  // What is written stands on other lines than what every look-up reads.
  alignas(2 * cache_line) Mutex mutex_;
  PlaceLabel* oldest_ = nullptr;  // of the free places; as all that is no atomic, guarded by mutex_
  PlaceLabel* newest_ = nullptr;
  Tails tails_;
  Stamp last_stamp_ = 2;
  Atomic<std::size_t> size_{0};
  Count made_{0};
  Count overflowed_{0};
  Count evicted_{0};
  Count late_{0};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
