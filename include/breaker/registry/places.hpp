// Places: where the circuits of a registry stand. One that stands there stays until the registry ends;
// only whose it is changes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/registry/label.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A circuit, and before it in memory the label that says whose it is.
template <class Circuit>
class CircuitPlace {
  static constexpr std::size_t alignment = alignof(Circuit) > alignof(PlaceLabel)
                                               ? alignof(Circuit)
                                               : alignof(PlaceLabel);

 public:
  /// **Throws** what `make(PlaceLabel&)` throws, which returns the circuit.
  template <class Make>
  CircuitPlace(House& house, const Make& make) : label_{house}, circuit_(make(label_)) {}

  [[nodiscard]] PlaceLabel& label() noexcept { return label_; }

  static Circuit& circuit_of(PlaceLabel& label) noexcept {
    // NOLINTNEXTLINE(bugprone-casting-through-void): it stands behind its label
    return *static_cast<Circuit*>(static_cast<void*>(&label + 1));
  }

 private:
  // Nothing may come between label and circuit.
  template <std::size_t size>
  struct Padding {
    std::byte bytes[size];
  };
  template <std::size_t size>
    requires(size == 0)
  struct Padding<size> {};

  alignas(alignment) BREAKER_NO_UNIQUE_ADDRESS
      Padding<(alignment - sizeof(PlaceLabel) % alignment) % alignment> padding_;
  PlaceLabel label_;
  Circuit circuit_;
};

/// Rows of places. A place is made without the lock of the house, as user code runs in it; all else
/// that writes has the lock.
template <class Circuit>
class Places {
 public:
  using Place = detail::CircuitPlace<Circuit>;

  /// `usual`: how many are to be had at a time, 64 at most.
  explicit Places(std::size_t usual) noexcept : per_row_{usual < 64 ? usual : 64} {}
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  ~Places() {
    for (Row* row = first_.load(relaxed); row != nullptr;) {
      for_each_in(*row, [](Place& place) { place.~Place(); });
      delete std::exchange(row, row->next.load(relaxed));
    }
  }

  struct Row;
  /// Room for a place that is not there yet.
  struct Room {
    Row* row;
    int number;
    [[nodiscard]] void* memory() const noexcept { return row->rooms + number; }
  };

  /// **Throws** std::bad_alloc, and has then changed nothing.
  Room take_room() {
    for (Row* row = holes_ > 0 ? first_.load(relaxed) : last_; row != nullptr;
         row = row->next.load(relaxed)) {
      const int free = std::countr_one(row->taken);
      if (static_cast<std::size_t>(free) == per_row_) continue;
      if (row != last_) --holes_;
      row->taken |= std::uint64_t{1} << free;
      return {row, free};
    }
    auto* const row = new Row{per_row_};
    row->taken = 1;
    // Release (unshown: plain memory): pairs with the acquire in for_each().
    (last_ != nullptr ? last_->next : first_).store(row, release);
    last_ = row;
    return {last_, 0};
  }
  /// Nothing was made there.
  void give_back(Room room) noexcept {
    if (room.row != last_) ++holes_;
    room.row->taken &= ~(std::uint64_t{1} << room.number);
  }
  /// A place stands there now, and does not move.
  void publish(Room room) noexcept {
    // Release (unshown: plain memory): pairs with the acquire in for_each_in().
    room.row->made.store(room.row->made.load(relaxed) | std::uint64_t{1} << room.number, release);
  }

  /// Call `visit(PlaceLabel&)` for each place, whoever has it. By any thread, without a lock.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (Row* row = next(first_); row != nullptr; row = next(row->next))
      for_each_in(*row, [&](Place& place) { visit(place.label()); });
  }

  /// **Returns** whether `label` is that of a place; `number`: which, for at(). **Complexity** O(places / 64), as of at().
  bool has(const PlaceLabel& label, std::uint64_t& number) const noexcept {
    number = 0;
    for (Row* row = next(first_); row != nullptr; row = next(row->next), number += per_row_) {
      const std::size_t bytes =
          reinterpret_cast<std::uintptr_t>(&label) - reinterpret_cast<std::uintptr_t>(row->rooms);
      if (bytes >= per_row_ * sizeof(Place)) continue;
      number += bytes / sizeof(Place);
      return true;
    }
    return false;
  }
  /// **Requires** the number of a place.
  [[nodiscard]] PlaceLabel& at(std::uint64_t number) const noexcept {
    Row* row = next(first_);
    for (; number >= per_row_; number -= per_row_) row = next(row->next);
    return row->rooms[number].label();
  }

  /// **Returns** how long the longest key is, for which room may be wanted.
  [[nodiscard]] std::size_t longest_key() const noexcept {
    std::size_t longest = 0;
    for_each([&](const PlaceLabel& label) {
      longest = label.size() > longest ? label.size() : longest;
    });
    return longest;
  }

  /// Goes round the places, and goes on where it stopped. With the lock.
  class Hand {
   public:
    /// **Returns** the next place, null if there is none.
    PlaceLabel* next(const Places& places) noexcept {
      for (int rows = 0; rows < 3;) {
        if (row_ == nullptr) {
          row_ = places.first_.load(relaxed);
          number_ = 0;
          ++rows;
          if (row_ == nullptr) return nullptr;
        }
        const std::uint64_t ahead = number_ < 64 ? row_->made.load(relaxed) >> number_ : 0;
        if (ahead != 0) {
          number_ += std::countr_zero(ahead);
          return &row_->rooms[number_++].label();
        }
        row_ = row_->next.load(relaxed);
        number_ = 0;
      }
      return nullptr;
    }

   private:
    Row* row_ = nullptr;
    int number_ = 0;
  };

  struct Row {
    explicit Row(std::size_t size)
        : rooms{static_cast<Place*>(
              ::operator new(size * sizeof(Place), std::align_val_t{alignof(Place)}))} {}
    Row(const Row&) = delete;
    Row& operator=(const Row&) = delete;
    ~Row() { ::operator delete(rooms, std::align_val_t{alignof(Place)}); }

    Atomic<Row*> next{nullptr};     // publishes the row
    Atomic<std::uint64_t> made{0};  // publishes the places whose bits are set
    std::uint64_t taken = 0;        // rooms in which a place stands, or will
    Place* const rooms;
  };

 private:
  // Acquire (unshown: plain memory): pairs with the release in take_room().
  static Row* next(const Atomic<Row*>& row) noexcept { return row.load(acquire); }

  template <class Visit>
  static void for_each_in(const Row& row, const Visit& visit) {
    // Acquire (unshown: plain memory): pairs with the release in publish().
    std::uint64_t made = row.made.load(acquire);
    for (; made != 0; made &= made - 1) visit(row.rooms[std::countr_zero(made)]);
  }

  const std::size_t per_row_;
  Atomic<Row*> first_{nullptr};  // publishes the row
  Row* last_ = nullptr;
  std::size_t holes_ = 0;  // rooms given back in other rows than the last
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
