// TimeWindow: how many of the calls of the last while were marked. Exact to one slice, lock-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/slices.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/time_stripes.hpp"
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
/// **Complexity** record: O(1); tally: O(Slices · Stripes), which a marked call pays once in
/// `Slices` / 8 slices, and once a slice or more often while the limit is near. **Limits** a slice
/// counts to 2^20 − 1 with one stripe (then both its counts are halved, the share stays) and to
/// 2^40 − 1 with more. A slice in whose place nothing was recorded since counts once more exactly
/// 2^24 slices later, or a multiple of that, and what was summed then may hide a trip for
/// `Slices` / 8 slices; each generation in between stands for four spans of them. A clock that is set
/// back loses at most one span; set back by three spans or more after a new stay began, it may find
/// calls of the stay before. A thread that stalls for two spans between reading the clock and writing
/// may cost one slice its count.
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
    if constexpr (has_bounds) {
      for (Slice* one : {&bounds_.marks, &bounds_.before, &bounds_.unmarked, &bounds_.lasting})
        one->store(0, detail::relaxed);
    }
    if constexpr (Stripes > 1) {
      stripes_.wipe();
    }
  }

  /// Count so that processes which share the memory of this lose no count. **Requires** that nobody has
  /// counted.
  void share() noexcept {
    if constexpr (Stripes > 1) stripes_.share();
  }

  /// **Returns** where refused calls are counted.
  [[nodiscard]] const auto& refusals() const noexcept
    requires(Stripes > 1)
  {
    return stripes_;
  }

  /// Record one call of `stay`, in the slice of `now`. **Returns** false if the stay was over when
  /// its slice had to be begun: nothing was recorded. (In a slice that it had begun before, a call of
  /// an ended stay is still counted, and seen by nobody.)
  [[gnu::always_inline]] bool record(bool marked, Ticks now, const Stay& stay) noexcept {
    if constexpr (Stripes > 1) {
      if (!marked) return stripes_.record(now, slice_.load(detail::relaxed), stay);
    }
    const Ticks tick = tick_of(now);
    const std::uint64_t tag = Words::tag_of(tick, stay);
    if (!Words::add(ring_[Words::place_of(tick)], tag, marked ? Words::one_marked : 1, stay))
      return false;
    if constexpr (has_bounds) {
      if (marked) note_mark(tag, stay);
    }
    return true;
  }

  /// **Returns** what the window holds for `stay` at `now`. Each slice is read at an instant of its
  /// own.
  [[nodiscard]] Tally tally(Ticks now, const Stay& stay) const noexcept {
    return tally_of(sum_all(newest_of(Words::tag_of(floor_tick(now), stay)).tag));
  }

  /// **Returns** how many marked calls the window holds for `stay` at `now`. **Complexity**
  /// O(Slices).
  [[nodiscard]] std::uint32_t marked(Ticks now, const Stay& stay) const noexcept {
    return saturated(
        Words::sum_of(ring_, newest_of(Words::tag_of(floor_tick(now), stay)).tag).marked);
  }

  /// **Returns** whether `share` of at least `min_calls` calls are marked; `seen` is what was
  /// found, or, if not, what bounds it.
  ///
  /// Of two marked calls that race, the one that is evaluated later sees both: they are added, then
  /// numbered, in one order; an evaluation reads the last number, then sums. Within one slice calls only
  /// come in: as many marked ones as were numbered since the last sum, or fewer, and unmarked ones. For some
  /// slices more, of the unmarked ones only the older go. Where these bounds keep the share out of reach,
  /// nothing is summed.
  [[nodiscard]] bool reaches(Ratio share, std::uint32_t min_calls, Ticks now, const Stay& stay,
                             Tally& seen) const noexcept {
    const Newest newest = newest_of(Words::tag_of(floor_tick(now), stay));
    if constexpr (has_bounds) {
      const std::uint64_t unmarked = least_unmarked(newest.tag);
      const std::uint64_t marked = most_marked(newest);
      if (unmarked != unknown && marked != unknown) {
        const std::uint64_t calls = marked + unmarked;
        seen = {saturated(calls < min_calls ? min_calls : calls), saturated(marked)};
        if (!share.reached_by(seen.marked, seen.calls)) return false;
      }
    }
    const Sum sum = sum_all(newest.tag);
    if constexpr (has_bounds) {
      keep_before(newest, sum);
      bounds_.unmarked.store(TagBits::put(newest.tag) | Total::put(sum.unmarked), detail::relaxed);
      bounds_.lasting.store(TagBits::put(newest.tag) | Total::put(sum.lasting), detail::relaxed);
    }
    seen = tally_of(sum);
    return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
  }

  /// **Returns** whether at least `count` calls are marked; `seen`: as above, without the unmarked calls.
  [[nodiscard]] bool reaches(std::uint32_t count, Ticks now, const Stay& stay,
                             Tally& seen) const noexcept {
    const Newest newest = newest_of(Words::tag_of(floor_tick(now), stay));
    if constexpr (has_bounds) {
      seen = {0, saturated(most_marked(newest))};
      if (seen.marked < count) return false;
    }
    const Sum sum = Words::sum_of(ring_, newest.tag);
    if constexpr (has_bounds) keep_before(newest, sum);
    seen = {0, saturated(sum.marked)};
    return seen.marked >= count;
  }

 private:
  using Words = detail::SliceWords<Slices, Stripes == 1>;
  using Slice = typename Words::Slice;
  using TagBits = typename Words::TagBits;
  using Total = typename Words::Total;
  using Sum = typename Words::Sum;

  // A ring that a glance takes in needs no bounds, which would make its circuit larger.
  static constexpr bool has_bounds = Stripes > 1 || Slices > 16;
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  /// What keeps a marked call from summing all slices. Each has a tag, and guards itself; a stale one of
  /// the last three only costs a sum.
  struct Bounds {
    Slice marks{0};             // {tag of the newest marked call, how many there were, ever}
    mutable Slice before{0};    // {tag, marks ever less those in the window, when last summed}
    mutable Slice unmarked{0};  // {tag, unmarked calls in the window, when last summed}
    mutable Slice lasting{0};   // {tag, those of them that stay in it for `foresight` slices more}
  };
  struct NoBounds {};

  /// The newest slice, and how many calls were marked up to then.
  struct Newest {
    std::uint64_t tag;
    std::uint64_t marks;
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

  /// **Returns** the newest slice of the ring, from `tag` up to a span ahead. A thread that comes late
  /// judges by the newest slice: else, of two marked calls that race on both sides of a slice's end, the
  /// one that counts last could fail to see the other.
  [[nodiscard]] Newest newest_of(std::uint64_t tag) const noexcept {
    if constexpr (has_bounds) {
      // Acquire: pairs with the exchange in note_mark. A thread that reads a number sees what was numbered.
      const std::uint64_t marks = bounds_.marks.load(detail::acquire);
      return {Words::later_of(tag, marks), Total::get(marks)};
    } else {
      std::uint64_t newest = tag;
      for (const Slice& slice : ring_) {
        const std::uint64_t current = Words::later_of(tag, slice.load(detail::seq_cst));
        if (((current - newest) & TagBits::max) < Slices) newest = current;
      }
      return {newest, 0};
    }
  }

  /// Number a marked call that was added to the slice of `tag`.
  void note_mark(std::uint64_t tag, const Stay& stay) noexcept {
    std::uint64_t marks = bounds_.marks.load(detail::relaxed);
    std::uint64_t next = 0;
    do {
      // Further ahead than a span, the clock was set back, or this call is late by a stay.
      const std::uint64_t ahead = (TagBits::get(marks) - tag) & TagBits::max;
      const bool is_late = marks != 0 && ahead <= TagBits::max / 2 &&  // 0: there was none
                           (ahead < Slices || stay.is_over());
      next = TagBits::put(is_late ? TagBits::get(marks) : tag) | Total::put(marks + 1);
      // Release: pairs with the load in newest_of.
    } while (!bounds_.marks.compare_exchange_weak(marks, next, detail::release, detail::relaxed));
  }

  /// **Returns** whether what was summed in the slice of `summed` bounds what is in that of `tag`.
  static bool bounds(std::uint64_t summed, std::uint64_t tag) noexcept {
    return ((tag - TagBits::get(summed)) & TagBits::max) <= Words::foresight;
  }

  /// **Returns** how many calls in the window are marked at most; unknown: nobody has summed lately.
  [[nodiscard]] std::uint64_t most_marked(const Newest& newest) const noexcept {
    const std::uint64_t before = bounds_.before.load(detail::relaxed);
    return bounds(before, newest.tag) ? (newest.marks - before) & Total::max : unknown;
  }

  /// **Returns** how many are unmarked at least; unknown: as above.
  [[nodiscard]] std::uint64_t least_unmarked(std::uint64_t tag) const noexcept {
    const std::uint64_t here = bounds_.unmarked.load(detail::relaxed);
    if (TagBits::get(here) == tag) return Total::get(here);
    const std::uint64_t lasting = bounds_.lasting.load(detail::relaxed);
    return bounds(lasting, tag) ? Total::get(lasting) : unknown;
  }

  void keep_before(const Newest& newest, const Sum& sum) const noexcept {
    bounds_.before.store(TagBits::put(newest.tag) | Total::put(newest.marks - sum.marked),
                         detail::relaxed);
  }

  [[nodiscard]] Sum sum_all(std::uint64_t tag) const noexcept {
    Sum sum = Words::sum_of(ring_, tag);
    if constexpr (Stripes > 1) {
      const Sum counted = stripes_.sum(tag, slice_.load(detail::relaxed));
      sum.unmarked = counted.unmarked;
      sum.lasting = counted.lasting;
    }
    return sum;
  }

  static Tally tally_of(const Sum& sum) noexcept {
    return {saturated(sum.unmarked + sum.marked), saturated(sum.marked)};
  }

  static std::uint32_t saturated(std::uint64_t count) noexcept {
    return count < UINT32_MAX ? static_cast<std::uint32_t>(count) : UINT32_MAX;
  }

  detail::Atomic<Ticks> slice_;    // how long a slice is; guards nothing
  detail::Atomic<Ticks> hint_{0};  // the number of a recent slice; guards nothing
  // With stripes, a success must not share a line with what failures write.
  alignas(Stripes == 1 ? alignof(Slice)
                       : detail::cache_line) Slice ring_[static_cast<std::size_t>(Slices)]{};
  BREAKER_NO_UNIQUE_ADDRESS std::conditional_t<has_bounds, Bounds, NoBounds> bounds_{};
  BREAKER_NO_UNIQUE_ADDRESS
  std::conditional_t<Stripes == 1, NoStripes, detail::TimeStripes<Slices, Stripes>> stripes_{};
};

namespace detail {
template <int Slices, int Stripes>
inline constexpr bool is_marked_shareable<TimeWindow<Slices, Stripes>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
