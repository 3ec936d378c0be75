// CallRing: one bit for each of the last N calls, and how many are set. Exact and lock-free.
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

/// N, known when the program is compiled.
template <int N>
struct SizeOf {
  static constexpr int most = N;
  static constexpr bool is_fixed = true;
  static constexpr std::uint32_t get() noexcept { return N; }
};

/// N, known at run time only: up to `Cap`. A thread that reads the control word of a stay, and then N, finds that of this
/// stay or a later one: adopt() comes before the stay. Calls that are recorded between adopt() and the new
/// stay may be counted in a ring of either size, which the new stay voids.
template <int Cap>
class SizeUpTo {
 public:
  static constexpr int most = Cap;
  static constexpr bool is_fixed = false;
  constexpr explicit SizeUpTo(std::uint32_t calls) noexcept : calls_{calls} {}
  [[nodiscard]] std::uint32_t get() const noexcept { return calls_.load(relaxed); }
  void adopt(std::uint32_t calls) noexcept { calls_.store(calls, relaxed); }

 private:
  Atomic<std::uint32_t> calls_;  // guards nothing, see above
};

/// The last N recorded calls, each marked (failed, or slow) or not. `Size` knows N.
///
/// One control word is the ring's truth, and each recorded call is one compare-exchange of it. It
/// holds the bits of the segment that is being filled; a full segment is copied out to its cell
/// before the next one begins. A cell changes only while the control word says "segment full", so a
/// compare-exchange that finds the control word unchanged knows that the old bit it read was
/// current: the count of marks is always that of the ring, in every interleaving. Whoever finds a
/// full segment moves it on, so nobody waits for anybody.
///
/// **Thread safety** every member may be called by any thread at any time; `record` is lock-free,
/// the rest is wait-free. **Complexity** O(1), whatever N. **Limit** a thread that stalls between
/// reading the control word and exchanging it while exactly k·2^lap_bits laps of the ring go by,
/// and meets equal bits, miscounts one call.
template <class Size>
class CallRing {
  static constexpr int most = Size::most;
  static_assert(most >= 1 && most <= 100'000, "breaker: last_calls<N>() needs N from 1 to 100000");

 public:
  /// Empty.
  constexpr CallRing() noexcept
    requires(Size::is_fixed)
  = default;
  /// Empty, for the last `calls`.
  constexpr explicit CallRing(std::uint32_t calls) noexcept
    requires(!Size::is_fixed)
      : size_{calls} {}

  /// Hold the last `calls` from the next stay on.
  void adopt(std::uint32_t calls) noexcept
    requires(!Size::is_fixed)
  {
    size_.adopt(calls);
  }

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

  /// As `record` of an unmarked call, but that a clean ring is left alone. Inlined is what happens
  /// nearly always: the call stays within its segment, and pushes out an unmarked one.
  [[gnu::always_inline]] bool record_unmarked(const Stay& stay) noexcept {
    std::uint64_t control = control_.load(acquire);  // as in record
    const std::uint64_t other = control ^ stay.id().clean_word();
    if ((other & asked) == 0) return true;
    const std::uint64_t segment = SegmentBits::get(control);
    const std::uint64_t offset = OffsetBits::get(control);
    // Relaxed: as in `with`. A cell that does not count yet is looked at all the same: one that holds
    // a mark there is left to `record`.
    if ((other & TagBits::mask) == 0 && offset < segment_length(segment) &&
        (cells_[segment].load(relaxed) >> offset & 1) == 0 &&
        // Release (unshown: load buffering): as in record.
        control_.compare_exchange_weak(control, control + OffsetBits::put(1), release, relaxed))
        [[likely]]
      return true;
    return record(false, 0, stay);
  }

  /// **Returns** what the ring holds for `stay`.
  [[nodiscard]] Tally tally(Ticks /*now*/, const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    const std::uint64_t control = control_.load(acquire);
    if (TagBits::get(control) != tag_of(stay)) return {0, 0};
    return {calls(control), static_cast<std::uint32_t>(MarkedBits::get(control))};
  }

  /// **Returns** whether recording an unmarked call of the closed stay `id` would leave the ring
  /// as it is, so that it need not be written at all: more than N calls were recorded, and none of
  /// the last N is marked.
  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    return ((control() ^ id.clean_word()) & asked) == 0;
  }

  /// What is_clean() compares, for evidence of several kinds. @{
  [[nodiscard]] std::uint64_t control() const noexcept { return control_.load(relaxed); }
  static constexpr std::uint64_t asked = std::uint64_t{0xff} << 3 | 3;
  /// @}

 private:
  // Short segments leave a large ring's control word enough bits to number its laps.
  static constexpr bool is_large = most > 4096;
  static constexpr int segment_bits = is_large ? 5 : 12;
  static constexpr int most_segments = (most + segment_bits - 1) / segment_bits;

  template <int largest>
  static constexpr int width_of = static_cast<int>(std::bit_width(static_cast<unsigned>(largest)));
  static constexpr int offset_low = 24 + width_of<most>;
  static constexpr int segment_low = offset_low + width_of<segment_bits>;
  static constexpr int rest_low = segment_low + width_of<most_segments - 1>;

  // Control word: [0] not yet full  [1] whether any is marked  [10:3] tag  [23:11] the segment's bits, in a
  // large ring the lap  [24…] marked, offset, segment, and the other one of lap and bits. What
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
  static_assert(asked == (FillingBit::mask | AnyMarkedBit::mask | TagBits::mask));

  static std::uint64_t tag_of(const Stay& stay) noexcept {
    return stay.generation() & TagBits::max;
  }

  [[nodiscard]] std::uint64_t segments() const noexcept {
    return (size_.get() + segment_bits - 1) / segment_bits;
  }

  /// **Returns** how many calls a segment holds; one behind the last, none.
  [[nodiscard]] std::uint64_t segment_length(std::uint64_t segment) const noexcept {
    if constexpr (Size::is_fixed) {
      return segment + 1 == segments() ? most - (segments() - 1) * segment_bits : segment_bits;
    } else {
      const std::uint64_t begin = segment * segment_bits;
      const std::uint64_t size = size_.get();
      return begin >= size ? 0 : size - begin < segment_bits ? size - begin : segment_bits;
    }
  }

  [[nodiscard]] std::uint32_t calls(std::uint64_t control) const noexcept {
    if (FillingBit::get(control) == 0) return size_.get();
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
      count -= Size::is_fixed || old < count ? old : count;  // more only between two sizes
    }
    std::uint64_t next = AnyMarkedBit::replace(control, count != 0 ? 1 : 0);
    next = MarkedBits::replace(next, count);
    next = OffsetBits::replace(next, offset + 1);
    return marked ? next | std::uint64_t{1} << (static_cast<std::uint64_t>(content_low) + offset)
                  : next;
  }

  /// Empty the ring for `stay`. The cells need no wiping: until the ring is full, what they
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
    std::uint64_t next = control & (TagBits::mask | MarkedBits::mask | AnyMarkedBit::mask |
                                    FillingBit::mask | LapBits::mask);
    next = last ? LapBits::replace(next, LapBits::get(next) + 1) & ~FillingBit::mask
                : next | SegmentBits::put(segment + 1);
    // Release: hands the cell on to whoever reads the new control word.
    if (control_.compare_exchange_strong(control, next, release, acquire)) control = next;
  }

  BREAKER_NO_UNIQUE_ADDRESS Size size_;
  // Lap 1: a cell that was never written is of lap 0.
  Atomic<std::uint64_t> control_{FillingBit::mask | LapBits::put(1)};
  Atomic<std::uint32_t> cells_[static_cast<std::size_t>(most_segments)]{};
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
