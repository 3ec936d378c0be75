// Slices: what a time window counts in. One word each, {tag, counts}.
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// How calls are counted in a ring of `count` slices. `counts_both`: marked and unmarked ones in one word.
template <int count, bool counts_both>
struct SliceWords {
  static constexpr std::uint64_t n = count;
  using Slice = Atomic<std::uint64_t>;  // guards itself

  // Both: [19:0] unmarked  [39:20] marked  [63:40] tag.  Else: [39:0] of one kind.
  using TagBits = Bits<40, 63>;
  using Unmarked = std::conditional_t<counts_both, Bits<0, 19>, Bits<0, 39>>;
  using Marked = std::conditional_t<counts_both, Bits<20, 39>, Bits<0, 39>>;
  using Total = Bits<0, 39>;  // what is below the tag where it counts one thing
  static constexpr std::uint64_t one_marked = Marked::put(1);

  // For how many slices more a sum bounds what is in the window.
  static constexpr std::uint64_t foresight = n / 8;

  struct Sum {
    std::uint64_t unmarked = 0;
    std::uint64_t marked = 0;
    std::uint64_t lasting = 0;  // of the unmarked ones: those that stay in it for as long
  };

  /// Biased by a multiple of the ring's size, so that the ring runs on through time 0.
  static std::uint64_t place_of(Ticks tick) noexcept {
    return (static_cast<std::uint64_t>(tick) + (std::uint64_t{1} << 63) / n * n) % n;
  }

  /// Generations stand four spans apart, so that a reader whose clock is behind by less than three
  /// can't take another stay's slice for its own.
  static std::uint64_t tag_of(Ticks tick, const Stay& stay) noexcept {
    return (static_cast<std::uint64_t>(tick) + 4 * n * stay.generation()) & TagBits::max;
  }

  /// **Returns** the tag of `slice` if it is ahead of `tag` by less than a span, else `tag`.
  static std::uint64_t later_of(std::uint64_t tag, std::uint64_t slice) noexcept {
    const bool is_ahead = slice != 0 && ((TagBits::get(slice) - tag) & TagBits::max) < n;
    return is_ahead ? TagBits::get(slice) : tag;  // 0: never written
  }

  /// Count `one` in `slice`, which becomes that of `tag`. Inlined is what happens nearly always:
  /// one comparison, off the way from the load to the exchange.
  [[gnu::always_inline]] static bool add(Slice& slice, std::uint64_t tag, std::uint64_t one,
                                         const Stay& stay) noexcept {
    // Acquire: pairs with the exchanges, see Stay::is_over.
    std::uint64_t current = slice.load(acquire);
    // Sequentially consistent: pairs with the loads in TimeWindow::newest_of.
    if (has_room(current - TagBits::put(tag), one) &&
        slice.compare_exchange_weak(current, current + one, seq_cst, acquire)) [[likely]]
      return true;
    return add_slowly(slice, current, tag, one, stay);
  }

  [[gnu::noinline]] static bool add_slowly(Slice& slice, std::uint64_t current, std::uint64_t tag,
                                           std::uint64_t one, Stay stay) noexcept {
    for (;;) {
      std::uint64_t next = TagBits::put(tag) | one;
      if (const std::uint64_t ahead = (TagBits::get(current) - tag) & TagBits::max; ahead == 0) {
        next = plus(current, one);
      } else {
        if (stay.is_over()) return false;
        // A slice that is ahead by a span or less belongs to a thread that overtook us: our call is
        // out of its window. Further ahead, the clock was set back, or the slice is an old one.
        if (ahead <= n && current != 0) return true;
      }
      if (slice.compare_exchange_weak(current, next, seq_cst, acquire)) return true;
    }
  }

  /// **Returns** whether `counted`, a slice less the tag that is asked for, has that tag and room
  /// for `one` more.
  static bool has_room(std::uint64_t counted, std::uint64_t one) noexcept {
    if constexpr (!counts_both) {
      return counted < Unmarked::max;
    } else if (one == one_marked) {
      return counted < Marked::mask;
    } else {
      return TagBits::get(counted) == 0 && Unmarked::get(counted) != Unmarked::max;
    }
  }

  static std::uint64_t plus(std::uint64_t slice, std::uint64_t one) noexcept {
    const bool full = one == one_marked ? Marked::get(slice) == Marked::max
                                        : Unmarked::get(slice) == Unmarked::max;
    if (!full) [[likely]]
      return slice + one;
    if constexpr (!counts_both) return slice;
    return (slice & TagBits::mask) | Marked::put(Marked::get(slice) / 2) |
           Unmarked::put(Unmarked::get(slice) / 2);
  }

  static Sum sum_of(const Slice (&ring)[n], std::uint64_t tag) noexcept {
    Sum sum;
    for (const Slice& slice : ring) {
      // Acquire: who trips because of a failure finds what its answer asked for.
      const std::uint64_t current = slice.load(acquire);
      const std::uint64_t age = (tag - TagBits::get(current)) & TagBits::max;
      if (age >= n) continue;
      sum.unmarked += Unmarked::get(current);
      sum.marked += Marked::get(current);
      if (age < n - foresight) sum.lasting += Unmarked::get(current);
    }
    return sum;
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
