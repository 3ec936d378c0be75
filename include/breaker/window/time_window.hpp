// TimeWindow: how many of the calls of the last while were marked. Exact to one slice, lock-free.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The calls recorded in the last `span`, each marked (failed, or slow) or not, in a ring of
/// `Slices` slices. The window covers (span − one slice, span]: the slice that is being filled and
/// the ones before it.
///
/// A slice is one word {tag, counts}. The tag is the slice's number in time plus some spans for
/// each generation, so that a new stay finds every older slice expired, and nothing is ever wiped;
/// rotating a slice and counting in it are one compare-exchange. With `Stripes` above 1, unmarked
/// calls (successes, in a healthy service nearly all) are counted in stripes, one for each thread
/// as far as they go; marked calls share one ring, because only they are evaluated.
///
/// **Thread safety** every member may be called by any thread at any time; all are lock-free.
/// **Complexity** record: O(1); tally: O(Slices · Stripes), gated by `reaches` so that it is paid
/// only when the answer can be yes. **Limits** a slice counts to 2^20 − 1 with one stripe (then
/// both its counts are halved, the share stays) and to 2^40 − 1 with more. A slice in whose place
/// nothing was recorded since counts once more exactly 2^24 slices later, or a multiple of that;
/// each generation in between stands for four spans of them. A clock that is set back loses at most
/// one span; set back by three spans or more after a new stay began, it may find calls of the stay
/// before. A thread that stalls for two spans between reading the clock and writing may cost one
/// slice its count.
/// Stays that are exactly k·2^22 / Slices generations apart within a span share their tags.
template <int Slices, int Stripes>
class TimeWindow {
  static_assert(Slices >= 2 && Slices <= 1024, "within<Slices>() needs 2 to 1024 slices");
  static_assert(Stripes >= 1 && Stripes <= 1024,
                "within<Slices, Stripes>() needs 1 to 1024 stripes");

 public:
  /// When the clock must be read, for `now`.
  static constexpr ClockUse clock_use = ClockUse::on_settle;
  /// Whether unmarked calls must be recorded, too.
  static constexpr bool needs_every_call =
      false;  // a policy that wants marks alone may leave out the rest

  /// Empty, over the span of `within`.
  constexpr explicit TimeWindow(Within<Slices, Stripes> within) noexcept
      : slice_{within.span() / Slices} {}

  /// Count in slices of this length from now on, and forget those of another: their numbers could come up
  /// again. To be followed by a new stay, if one is closed: it sees no other length.
  void adopt(Within<Slices, Stripes> within) noexcept {
    const Ticks slice = within.span() / Slices;
    if (slice == slice_.load(detail::relaxed)) return;
    slice_.store(slice, detail::relaxed);
    for (Slice& one : ring_) one.store(0, detail::relaxed);
    if constexpr (Stripes > 1) {
      stripes_.gate.store(0, detail::relaxed);
      for (Stripe& stripe : stripes_.of)
        for (Slice& one : stripe.ring) one.store(0, detail::relaxed);
    }
  }

  /// Record one call of `stay`, in the slice of `now`. **Returns** false if the stay was over when
  /// its slice had to be begun: nothing was recorded. (In a slice that it had begun before, a call of
  /// an ended stay is still counted, and seen by nobody.)
  [[gnu::always_inline]] bool record(bool marked, Ticks now, const Stay& stay) noexcept {
    const Ticks tick = tick_of(now);
    const std::uint64_t place = place_of(tick);
    if constexpr (Stripes == 1) {
      return add(ring_[place], tag_of(tick, stay), marked ? one_marked : 1, stay);
    } else {
      if (marked) return add(ring_[place], tag_of(tick, stay), one_marked, stay);
      return add(stripes_.of[detail::thread_number() % Stripes].ring[place], tag_of(tick, stay), 1,
                 stay);
    }
  }

  /// **Returns** what the window holds for `stay` at `now`. Each slice is read at an instant of its
  /// own.
  [[nodiscard]] Tally tally(Ticks now, const Stay& stay) const noexcept {
    const std::uint64_t tag = newest_tag(tag_of(floor_tick(now), stay));
    return tally_of(sum_of(ring_, tag), tag);
  }

  /// **Returns** how many marked calls the window holds for `stay` at `now`. **Complexity**
  /// O(Slices).
  [[nodiscard]] std::uint32_t marked(Ticks now, const Stay& stay) const noexcept {
    return saturated(sum_of(ring_, newest_tag(tag_of(floor_tick(now), stay))).marked);
  }

  /// **Returns** whether `share` of at least `min_calls` calls are marked; `seen` is what was
  /// found.
  ///
  /// Of two marked calls that race, the one that is evaluated later sees both: they are added, then
  /// summed, in one sequentially consistent order. Unmarked calls of a slice only grow while it is
  /// the current one, so the last sum of this slice bounds them from below: where even that bound
  /// keeps the share out of reach, no stripe is read.
  [[nodiscard]] bool reaches(Ratio share, std::uint32_t min_calls, Ticks now, const Stay& stay,
                             Tally& seen) const noexcept {
    const std::uint64_t tag = newest_tag(tag_of(floor_tick(now), stay));
    const Sum ring = sum_of(ring_, tag);
    if constexpr (Stripes > 1) {
      const std::uint64_t gate = stripes_.gate.load(detail::relaxed);
      if (TagBits::get(gate) == tag) {
        seen = {saturated(ring.marked + Unmarked::get(gate)), saturated(ring.marked)};
        if (!share.reached_by(seen.marked, seen.calls)) return false;
      }
    }
    seen = tally_of(ring, tag);
    if constexpr (Stripes > 1) {
      stripes_.gate.store(TagBits::put(tag) | Unmarked::put(seen.calls - seen.marked),
                          detail::relaxed);
    }
    return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
  }

 private:
  using Slice = detail::Atomic<std::uint64_t>;

  // One stripe is kept small; where there are more, a power of two spares the division.
  static constexpr std::uint64_t places =
      Stripes == 1 ? Slices : std::bit_ceil(static_cast<unsigned>(Slices));

  // One stripe: [19:0] unmarked  [39:20] marked  [63:40] tag.  More: [39:0] unmarked, or marked in
  // the ring.
  using TagBits = detail::Bits<40, 63>;
  using Unmarked = std::conditional_t<Stripes == 1, detail::Bits<0, 19>, detail::Bits<0, 39>>;
  using Marked = std::conditional_t<Stripes == 1, detail::Bits<20, 39>, detail::Bits<0, 39>>;
  static constexpr std::uint64_t one_marked = Marked::put(1);

  struct Sum {
    std::uint64_t unmarked = 0;
    std::uint64_t marked = 0;
  };

  struct alignas(2 * detail::cache_line) Stripe {  // two: the neighbouring line is fetched along
    Slice ring[places]{};
  };
  struct ManyStripes {
    // {tag, unmarked calls when last summed}; a stale one only costs a sum.
    mutable Slice gate{0};
    Stripe of[static_cast<std::size_t>(Stripes)]{};
  };
  struct NoStripes {};

  [[nodiscard]] Ticks floor_tick(Ticks now) const noexcept {
    return detail::floor_divide(now, slice_.load(detail::relaxed));
  }

  /// As floor_tick, but without the division while the slice stays the same: the hint is known
  /// before the clock is.
  Ticks tick_of(Ticks now) noexcept {
    const Ticks hint = hint_.load(detail::relaxed);
    const Ticks slice = slice_.load(detail::relaxed);
    const auto into = static_cast<std::uint64_t>(now) -
                      static_cast<std::uint64_t>(hint) * static_cast<std::uint64_t>(slice);
    if (into < static_cast<std::uint64_t>(slice)) [[likely]]
      return hint;
    const Ticks tick = detail::floor_divide(now, slice);
    hint_.store(tick, detail::relaxed);
    return tick;
  }

  /// Biased by a multiple of the ring's size, so that the ring runs on through time 0.
  static std::uint64_t place_of(Ticks tick) noexcept {
    return (static_cast<std::uint64_t>(tick) + (std::uint64_t{1} << 63) / places * places) % places;
  }

  /// Generations stand four spans apart, so that a reader whose clock is behind by less than three
  /// can't take another stay's slice for its own.
  static std::uint64_t tag_of(Ticks tick, const Stay& stay) noexcept {
    return (static_cast<std::uint64_t>(tick) + std::uint64_t{4} * Slices * stay.generation()) &
           TagBits::max;
  }

  /// **Returns** the tag of the newest slice of the ring, from `tag` up to a span ahead. A thread
  /// that comes late judges by the newest slice: else, of two marked calls that race on both sides
  /// of a slice's end, the one that counts last could fail to see the other.
  std::uint64_t newest_tag(std::uint64_t tag) const noexcept {
    std::uint64_t newest = 0;  // ahead of `tag`
    for (const Slice& slice : ring_) {
      const std::uint64_t current = slice.load(detail::seq_cst);
      const std::uint64_t ahead = (TagBits::get(current) - tag) & TagBits::max;
      if (current != 0 && ahead < Slices && ahead > newest) newest = ahead;  // 0: never written
    }
    return (tag + newest) & TagBits::max;
  }

  /// Count `one` in `slice`, which becomes that of `tag`. Inlined is what happens nearly always:
  /// one comparison, off the way from the load to the exchange.
  [[gnu::always_inline]] bool add(Slice& slice, std::uint64_t tag, std::uint64_t one,
                                  const Stay& stay) noexcept {
    // Acquire: pairs with the exchanges, see Stay::is_over.
    std::uint64_t current = slice.load(detail::acquire);
    // Sequentially consistent: pairs with the loads in newest_tag.
    if (has_room(current - TagBits::put(tag), one) &&
        slice.compare_exchange_weak(current, current + one, detail::seq_cst, detail::acquire))
        [[likely]]
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
        if (ahead <= places && current != 0) return true;
      }
      if (slice.compare_exchange_weak(current, next, detail::seq_cst, detail::acquire)) return true;
    }
  }

  /// **Returns** whether `counted`, a slice less the tag that is asked for, has that tag and room
  /// for `one` more.
  static bool has_room(std::uint64_t counted, std::uint64_t one) noexcept {
    if constexpr (Stripes > 1) {
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
    if constexpr (Stripes > 1) return slice;
    return (slice & TagBits::mask) | Marked::put(Marked::get(slice) / 2) |
           Unmarked::put(Unmarked::get(slice) / 2);
  }

  Sum sum_of(const Slice (&ring)[places], std::uint64_t tag) const noexcept {
    Sum sum;
    for (const Slice& slice : ring) {
      // Acquire: who trips because of a failure finds what its answer asked for.
      const std::uint64_t current = slice.load(detail::acquire);
      if (((tag - TagBits::get(current)) & TagBits::max) >= Slices) continue;
      sum.unmarked += Unmarked::get(current);
      sum.marked += Marked::get(current);
    }
    return sum;
  }

  [[nodiscard]] Tally tally_of(const Sum& ring, std::uint64_t tag) const noexcept {
    std::uint64_t unmarked = ring.unmarked;
    if constexpr (Stripes > 1) {
      unmarked = 0;
      for (const Stripe& stripe : stripes_.of) unmarked += sum_of(stripe.ring, tag).unmarked;
    }
    return {saturated(unmarked + ring.marked), saturated(ring.marked)};
  }

  static std::uint32_t saturated(std::uint64_t count) noexcept {
    return count < UINT32_MAX ? static_cast<std::uint32_t>(count) : UINT32_MAX;
  }

  detail::Atomic<Ticks> slice_;    // how long a slice is; guards nothing
  detail::Atomic<Ticks> hint_{0};  // the number of a recent slice; guards nothing
  // With stripes, a success must not share a line with what failures write.
  alignas(Stripes == 1 ? alignof(Slice) : detail::cache_line) Slice ring_[places]{};
  BREAKER_NO_UNIQUE_ADDRESS std::conditional_t<Stripes == 1, NoStripes, ManyStripes> stripes_{};
};

namespace detail {
template <int Slices, int Stripes>
inline constexpr bool is_marked_shareable<TimeWindow<Slices, Stripes>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
