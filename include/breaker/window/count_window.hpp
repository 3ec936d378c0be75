// CountWindow: how many of the last N calls were marked. Exact and lock-free.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The last `N` recorded calls, each marked (failed, or slow) or not.
///
/// One control word is the window's truth, and each recorded call is one compare-exchange of it. It
/// holds the bits of the segment that is being filled; a full segment is copied out to its cell
/// before the next one begins. A cell changes only while the control word says "segment full", so a
/// compare-exchange that finds the control word unchanged knows that the old bit it read was
/// current: the count of marks is always that of the window, in every interleaving. Whoever finds a
/// full segment moves it on, so nobody waits for anybody.
///
/// **Thread safety** every member may be called by any thread at any time; `record` is lock-free,
/// the rest is wait-free. **Complexity** O(1), whatever N. **Limit** a thread that stalls between
/// reading the control word and exchanging it while exactly k·2^lap_bits laps of the window go by,
/// and meets equal bits, miscounts one call.
template <int N>
class CountWindow {
  static_assert(N >= 1 && N <= 100'000, "last_calls<N>() needs N from 1 to 100000");

 public:
  static constexpr int size = N;  ///< How many calls it holds.
  /// When the clock must be read, for `now`.
  static constexpr ClockUse clock_use = ClockUse::none;
  /// Whether unmarked calls must be recorded, too.
  static constexpr bool needs_every_call = true;  // an unmarked one pushes an old one out

  /// Empty.
  constexpr explicit CountWindow(LastCalls<N>) noexcept {}

  /// Void what an earlier stay has left. `record` does so too; called on each transition, it keeps
  /// a tag from coming round unseen.
  void begin(const Stay& stay) noexcept {
    std::uint64_t control = control_.load(detail::acquire);
    while (TagBits::get(control) != tag_of(stay) && !stay.is_over()) start(control, stay);
  }

  /// Record one call of `stay`. **Returns** false if the stay is over: nothing was recorded.
  bool record(bool marked, Ticks /*now*/, const Stay& stay) noexcept {
    // Acquire: pairs with the releases below, in start and in move_on.
    std::uint64_t control = control_.load(detail::acquire);
    for (;;) {
      if (TagBits::get(control) != tag_of(stay)) {
        if (stay.is_over()) return false;
        start(control, stay);
      } else if (OffsetBits::get(control) == segment_length(SegmentBits::get(control))) {
        move_on(control);
        // Release (unshown: load buffering): whoever writes a cell after this comes after our
        // reading of it.
      } else if (control_.compare_exchange_weak(control, with(control, marked), detail::release,
                                                detail::acquire)) {
        return true;
      }
    }
  }

  /// As `record` of an unmarked call, but that a clean window is left alone. Inlined is what happens
  /// nearly always: the call stays within its segment, and pushes out an unmarked one.
  [[gnu::always_inline]] bool record_unmarked(const Stay& stay) noexcept {
    std::uint64_t control = control_.load(detail::acquire);  // as in record
    const std::uint64_t other = control ^ stay.id().clean_word();
    if (is_clean(other)) return true;
    const std::uint64_t segment = SegmentBits::get(control);
    const std::uint64_t offset = OffsetBits::get(control);
    // Relaxed: as in `with`. A cell that does not count yet is looked at all the same: one that holds
    // a mark there is left to `record`.
    if ((other & TagBits::mask) == 0 && offset < segment_length(segment) &&
        (cells_[segment].load(detail::relaxed) >> offset & 1) == 0 &&
        // Release (unshown: load buffering): as in record.
        control_.compare_exchange_weak(control, control + OffsetBits::put(1), detail::release,
                                       detail::relaxed)) [[likely]]
      return true;
    return record(false, 0, stay);
  }

  /// **Returns** what the window holds for `stay`.
  [[nodiscard]] Tally tally(Ticks /*now*/, const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    const std::uint64_t control = control_.load(detail::acquire);
    if (TagBits::get(control) != tag_of(stay)) return {0, 0};
    return {calls(control), static_cast<std::uint32_t>(MarkedBits::get(control))};
  }

  /// **Returns** whether `share` of at least `min_calls` calls are marked; `seen` is what was
  /// found.
  [[nodiscard]] bool reaches(Ratio share, std::uint32_t min_calls, Ticks now, const Stay& stay,
                             Tally& seen) const noexcept {
    seen = tally(now, stay);
    return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
  }

  /// **Returns** whether recording an unmarked call of the closed stay `id` would leave the window
  /// as it is, so that it need not be written at all: more than N calls were recorded, and none of
  /// the last N is marked.
  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    return is_clean(control_.load(detail::relaxed) ^ id.clean_word());
  }

 private:
  // Short segments leave a large window's control word enough bits to number its laps.
  static constexpr bool is_large = N > 4096;
  static constexpr int segment_bits = is_large ? 5 : 12;
  static constexpr int segments = (N + segment_bits - 1) / segment_bits;

  template <int largest>
  static constexpr int width_of = static_cast<int>(std::bit_width(static_cast<unsigned>(largest)));
  static constexpr int offset_low = 24 + width_of<N>;
  static constexpr int segment_low = offset_low + width_of<segment_bits>;
  static constexpr int rest_low = segment_low + width_of<segments - 1>;

  // Control word: [0] full  [1] whether any is marked  [10:3] tag  [23:11] the segment's bits, in a
  // large window the lap  [24…] marked, offset, segment, and the other one of lap and bits. What
  // is_clean asks for lies where the clean word of a closed stay has the low bits of its generation,
  // or zeros.
  // Cell: the bits of its segment, above them the low bits of the lap in which they were filled.
  using FullBit = detail::Bits<0, 0>;
  using AnyMarkedBit = detail::Bits<1, 1>;
  using TagBits = detail::Bits<3, 10>;  // the low bits of the stay's number
  using MarkedBits = detail::Bits<24, offset_low - 1>;
  using OffsetBits = detail::Bits<offset_low, segment_low - 1>;
  using SegmentBits = detail::Bits<segment_low, rest_low - 1>;
  using SegmentContent =
      std::conditional_t<is_large, detail::Bits<rest_low, rest_low + segment_bits - 1>,
                         detail::Bits<11, 22>>;
  using LapBits = std::conditional_t<is_large, detail::Bits<11, 23>, detail::Bits<rest_low, 63>>;
  static constexpr int content_low = is_large ? rest_low : 11;
  static_assert(LapBits::width >= 13 && content_low + segment_bits <= 64);

  /// The same of a control word that was combined with the clean word of a stay. The tag lies where the
  /// low bits of the generation lie in that, so the whole question is one comparison.
  static bool is_clean(std::uint64_t combined) noexcept {
    constexpr std::uint64_t asked = TagBits::mask | FullBit::mask | AnyMarkedBit::mask;
    return (combined & asked) == FullBit::mask;
  }

  static std::uint64_t tag_of(const Stay& stay) noexcept {
    return stay.generation() & TagBits::max;
  }

  static constexpr std::uint64_t segment_length(std::uint64_t segment) noexcept {
    return segment + 1 == segments ? N - (segments - 1) * segment_bits : segment_bits;
  }

  static std::uint32_t calls(std::uint64_t control) noexcept {
    if (FullBit::get(control) != 0) return N;
    return static_cast<std::uint32_t>(SegmentBits::get(control) * segment_bits +
                                      OffsetBits::get(control));
  }

  static std::uint32_t cell_of(std::uint64_t control) noexcept {
    return static_cast<std::uint32_t>(LapBits::get(control) << segment_bits |
                                      SegmentContent::get(control));
  }

  /// **Returns** `control` with one more call, and without the one that it pushes out.
  std::uint64_t with(std::uint64_t control, bool marked) const noexcept {
    const std::uint64_t offset = OffsetBits::get(control);
    std::uint64_t count = MarkedBits::get(control) + (marked ? 1 : 0);
    if (FullBit::get(control) != 0) {
      // Relaxed: whoever moved the control word here had seen this cell's value, and we acquired
      // from it.
      count -= (cells_[SegmentBits::get(control)].load(detail::relaxed) >> offset) & 1;
    }
    std::uint64_t next = AnyMarkedBit::replace(control, count != 0 ? 1 : 0);
    next = MarkedBits::replace(next, count);
    next = OffsetBits::replace(next, offset + 1);
    return marked ? next | std::uint64_t{1} << (static_cast<std::uint64_t>(content_low) + offset)
                  : next;
  }

  /// Empty the window for `stay`. The cells need no wiping: until the window is full, what they
  /// hold counts as unmarked.
  void start(std::uint64_t& control, const Stay& stay) noexcept {
    const std::uint64_t empty =
        TagBits::put(tag_of(stay)) | LapBits::put(LapBits::get(control) + 1);
    // Release (unshown: no exchange is weaker than its failure): a thread that reads this tag also sees that
    // its stay had begun, see Stay::is_over.
    if (control_.compare_exchange_weak(control, empty, detail::release, detail::acquire))
      control = empty;
  }

  /// Copy the full segment out to its cell, then begin the next one. Any number of threads may do
  /// this at once.
  void move_on(std::uint64_t& control) noexcept {
    const std::uint64_t segment = SegmentBits::get(control);
    const std::uint32_t filled = cell_of(control);
    // Acquire: if this cell is of a later lap, the control word read next is later too.
    std::uint32_t cell = cells_[segment].load(detail::acquire);
    const std::uint64_t current = control_.load(detail::acquire);
    if (current != control) {
      control = current;
      return;
    }
    // Release: pairs with the acquire above. The lap in a cell makes the exchange of a helper that
    // stalled here fail.
    if (cell != filled &&
        !cells_[segment].compare_exchange_strong(cell, filled, detail::release, detail::relaxed) &&
        cell != filled) {
      return;  // somebody else moved on or started afresh: look again
    }
    const bool last = segment + 1 == segments;
    std::uint64_t next = control & (TagBits::mask | MarkedBits::mask | AnyMarkedBit::mask |
                                    FullBit::mask | LapBits::mask);
    next = last ? LapBits::replace(next, LapBits::get(next) + 1) | FullBit::mask
                : next | SegmentBits::put(segment + 1);
    // Release: hands the cell on to whoever reads the new control word.
    if (control_.compare_exchange_strong(control, next, detail::release, detail::acquire))
      control = next;
  }

  // Lap 1: a cell that was never written is of lap 0.
  detail::Atomic<std::uint64_t> control_{LapBits::put(1)};
  detail::Atomic<std::uint32_t> cells_[static_cast<std::size_t>(segments)]{};
};

namespace detail {
template <int N>
inline constexpr bool is_marked_shareable<CountWindow<N>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
