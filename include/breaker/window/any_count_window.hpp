// AnyCountWindow: how many of the last N calls were marked, where N is known at run time only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// As CountWindow, which says how it works, for up to `N` calls: the number of them is a field, and
/// may be replaced between two stays. Who reads the control word of a stay, and then the number, finds
/// that of this stay or a later one: adopt() comes before the stay. Calls that are recorded between
/// adopt() and the new stay may be counted in a window of either size, which the new stay voids.
template <int N>
class AnyCountWindow {
  static_assert(N >= 1 && N <= 100'000, "breaker: AnyRule<N> needs N from 1 to 100000");

 public:
  /// Empty, for the last `calls`.
  constexpr explicit AnyCountWindow(std::uint32_t calls) noexcept : calls_{calls} {}

  /// Hold that many from the next stay on.
  void adopt(std::uint32_t calls) noexcept { calls_.store(calls, relaxed); }

  /// Void what an earlier stay has left. `record` does so too; called on each transition, it keeps
  /// a tag from coming round unseen.
  void begin(const Stay& stay) noexcept {
    std::uint64_t control = control_.load(acquire);
    while (TagBits::get(control) != tag_of(stay) && !stay.is_over()) start(control, stay);
  }

  /// Record one call of `stay`. **Returns** false if the stay is over: nothing was recorded.
  bool record(bool marked, Ticks /*now*/, const Stay& stay) noexcept {
    // Acquire: pairs with the releases below, in start and in move_on.
    std::uint64_t control = control_.load(acquire);
    for (;;) {
      if (TagBits::get(control) != tag_of(stay)) {
        if (stay.is_over()) return false;
        start(control, stay);
      } else if (OffsetBits::get(control) >= segment_length(SegmentBits::get(control))) {
        move_on(control);
        // Release (unshown: load buffering): whoever writes a cell after this comes after our
        // reading of it.
      } else if (control_.compare_exchange_weak(control, with(control, marked), release, acquire)) {
        return true;
      }
    }
  }

  /// **Returns** what the window holds for `stay`.
  [[nodiscard]] Tally tally(Ticks /*now*/, const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    const std::uint64_t control = control_.load(acquire);
    if (TagBits::get(control) != tag_of(stay)) return {0, 0};
    return {calls(control), static_cast<std::uint32_t>(MarkedBits::get(control))};
  }

  /// **Returns** whether recording an unmarked call of the closed stay `id` would leave the window
  /// as it is, so that it need not be written at all: more than N calls were recorded, and none of
  /// the last N is marked.
  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    return ((control() ^ id.clean_word()) & asked) == 0;
  }

  /// What is_clean() asks. The tag lies where the low bits of the generation lie in a word. @{
  [[nodiscard]] std::uint64_t control() const noexcept { return control_.load(relaxed); }
  static constexpr std::uint64_t asked = std::uint64_t{0xff} << 3 | 3;
  /// @}

 private:
  // Short segments leave a large window's control word enough bits to number its laps.
  static constexpr bool is_large = N > 4096;
  static constexpr int segment_bits = is_large ? 5 : 12;
  static constexpr int most_segments = (N + segment_bits - 1) / segment_bits;

  template <int largest>
  static constexpr int width_of = static_cast<int>(std::bit_width(static_cast<unsigned>(largest)));
  static constexpr int offset_low = 24 + width_of<N>;
  static constexpr int segment_low = offset_low + width_of<segment_bits>;
  static constexpr int rest_low = segment_low + width_of<most_segments - 1>;

  // Control word: [0] not yet full  [1] whether any is marked  [10:3] tag  [23:11] the segment's bits, in a
  // large window the lap  [24…] marked, offset, segment, and the other one of lap and bits. What
  // is_clean asks for lies where the clean word of a closed stay has the low bits of its generation,
  // or zeros.
  // Cell: the bits of its segment, above them the low bits of the lap in which they were filled.
  using FillingBit = Bits<0, 0>;
  using AnyMarkedBit = Bits<1, 1>;
  using TagBits = Bits<3, 10>;  // the low bits of the stay's number
  using MarkedBits = Bits<24, offset_low - 1>;
  using OffsetBits = Bits<offset_low, segment_low - 1>;
  using SegmentBits = Bits<segment_low, rest_low - 1>;
  using SegmentContent =
      std::conditional_t<is_large, Bits<rest_low, rest_low + segment_bits - 1>, Bits<11, 22>>;
  using LapBits = std::conditional_t<is_large, Bits<11, 23>, Bits<rest_low, 63>>;
  static constexpr int content_low = is_large ? rest_low : 11;
  static_assert(LapBits::width >= 13 && content_low + segment_bits <= 64);

  static std::uint64_t tag_of(const Stay& stay) noexcept {
    return stay.generation() & TagBits::max;
  }

  [[nodiscard]] std::uint64_t segments() const noexcept {
    return (calls_.load(relaxed) + segment_bits - 1) / segment_bits;
  }

  /// **Returns** how many calls a segment holds; one behind the last, none.
  [[nodiscard]] std::uint64_t segment_length(std::uint64_t segment) const noexcept {
    const std::uint64_t begin = segment * segment_bits;
    const std::uint64_t calls = calls_.load(relaxed);
    return begin >= calls ? 0 : calls - begin < segment_bits ? calls - begin : segment_bits;
  }

  [[nodiscard]] std::uint32_t calls(std::uint64_t control) const noexcept {
    if (FillingBit::get(control) == 0) return calls_.load(relaxed);
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
    if (FillingBit::get(control) == 0) {
      // Relaxed: whoever moved the control word here had seen this cell's value, and we acquired
      // from it.
      const std::uint64_t old = (cells_[SegmentBits::get(control)].load(relaxed) >> offset) & 1;
      count -= old < count ? old : count;  // more only between two sizes
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
        FillingBit::mask | TagBits::put(tag_of(stay)) | LapBits::put(LapBits::get(control) + 1);
    // Release (unshown: no exchange is weaker than its failure): a thread that reads this tag also sees that
    // its stay had begun, see Stay::is_over.
    if (control_.compare_exchange_weak(control, empty, release, acquire)) control = empty;
  }

  /// Copy the full segment out to its cell, then begin the next one. Any number of threads may do
  /// this at once.
  void move_on(std::uint64_t& control) noexcept {
    const std::uint64_t segment = SegmentBits::get(control);
    const std::uint32_t filled = cell_of(control);
    // Acquire: if this cell is of a later lap, the control word read next is later too.
    std::uint32_t cell = cells_[segment].load(acquire);
    const std::uint64_t current = control_.load(acquire);
    if (current != control) {
      control = current;
      return;
    }
    // Release: pairs with the acquire above. The lap in a cell makes the exchange of a helper that
    // stalled here fail.
    if (cell != filled &&
        !cells_[segment].compare_exchange_strong(cell, filled, release, relaxed) &&
        cell != filled) {
      return;  // somebody else moved on or started afresh: look again
    }
    const bool last = segment + 1 >= segments();
    std::uint64_t next =
        control & (TagBits::mask | MarkedBits::mask | AnyMarkedBit::mask | LapBits::mask);
    if (last) {
      next = LapBits::replace(next, LapBits::get(next) + 1);
    } else {
      next |= SegmentBits::put(segment + 1) | (control & FillingBit::mask);
    }
    // Release: hands the cell on to whoever reads the new control word.
    if (control_.compare_exchange_strong(control, next, release, acquire)) control = next;
  }

  Atomic<std::uint32_t> calls_;  // guards nothing, see above
  // Lap 1: a cell that was never written is of lap 0.
  Atomic<std::uint64_t> control_{FillingBit::mask | LapBits::put(1)};
  Atomic<std::uint32_t> cells_[static_cast<std::size_t>(most_segments)]{};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
