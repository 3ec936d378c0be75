// StripedCountWindow: the last N calls, exact, of which failures alone share a word.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/count_stripes.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The last `N` recorded calls, each marked (failed, or slow) or not. What must be ordered is not every
/// call, only every marked one: unmarked calls are counted by thread, and a marked one notes how many of
/// them came before it. Its number and that count are one control word, exchanged as a whole. Two
/// marked calls with `u` unmarked ones between them stand `u` calls apart, and one more for each marked
/// one. So a limit of `k` is reached if the k-th last marked call is less than N calls back.
///
/// A ring keeps the counts of the marked calls before the newest. Whoever replaces the newest in the
/// control word puts it there first: it may be put there twice, but never late, as in CountWindow. A
/// marked call is judged before it is exchanged for the one before; if that goes well, nothing that
/// it was judged by has changed. So the call that brings the window up to its limit is found, and no
/// other, in every interleaving.
///
/// **Thread safety** every member may be called by any thread at any time; all are lock-free.
/// **Complexity** an unmarked call: O(1). A marked one: O(stripes in use), whatever N; one at its limit
/// and tally: O(marked calls) more. **Limits** as those of CountStripes. A thread that stalls in
/// `keep_newest` while 2^16 calls or a multiple of them come in between (2^32, where N is above 256)
/// miscounts one call; so does one in `record_marked` that stalls for a multiple of 2^8 stays. If none is
/// marked in 2^38 calls or more, one of the older ones may count again.
template <int N, int Stripes>
class StripedCountWindow {
  static_assert(N >= 1 && N <= 65'536, "last_calls<N, Stripes>() needs N from 1 to 65536");
  static_assert(Stripes >= 1 && Stripes <= 1024,
                "last_calls<N, Stripes>() needs 1 to 1024 stripes");

 public:
  static constexpr int size = N;
  static constexpr ClockUse clock_use = ClockUse::none;
  static constexpr bool needs_every_call = true;

  constexpr explicit StripedCountWindow(LastCalls<N, Stripes>) noexcept {}

  /// Void what an earlier stay has left, as CountWindow::begin.
  void begin(const Stay& stay) noexcept {
    std::uint64_t control = control_.load(acquire);
    while (TagBits::get(control) != tag_of(stay) && !stay.is_over()) start(control, stay);
  }

  /// **Returns** where refused calls are counted.
  [[nodiscard]] const auto& refusals() const noexcept { return unmarked_; }

  /// As Stripes::share().
  void share() noexcept { unmarked_.share(); }

  /// Record one call of `stay`. **Returns** false if the stay is over: nothing was recorded.
  bool record(bool marked, Ticks /*now*/, const Stay& stay) noexcept {
    return marked ? record_marked(NoLimit{}, stay).is_recorded : record_unmarked(stay);
  }

  /// The same of an unmarked call.
  [[gnu::always_inline]] bool record_unmarked(const Stay& stay) noexcept {
    return unmarked_.record(stay);
  }

  /// What a marked call has found.
  struct Found {
    bool is_recorded = false;  // unless its stay was over
    bool is_at_limit = false;
    Tally seen{0, 0};  // what the window holds with it, if it is at its limit
  };

  /// Record a marked call of `stay`. `limit.least_of(calls)`: how many marked ones reach it when the window
  /// holds `calls`.
  template <class Limit>
  Found record_marked(const Limit& limit, const Stay& stay) noexcept {
    // Acquire: pairs with the releases below, in start and in keep_newest.
    std::uint64_t control = control_.load(acquire);
    for (;;) {
      if (TagBits::get(control) != tag_of(stay)) {
        if (stay.is_over()) return {};
        start(control, stay);
      } else if (keep_newest(control)) {
        const std::uint64_t unmarked = unmarked_.sum(stay);
        const std::uint64_t next = after(control, unmarked);
        const Found found = judged(next, unmarked, limit);
        // Release: the next marked call sees the ring as it was left here, and no fewer unmarked calls.
        if (control_.compare_exchange_weak(control, next, release, acquire)) return found;
      }
    }
  }

  /// **Returns** what the window holds for `stay`. Where memory is weakly ordered, unmarked calls that come in
  /// meanwhile may seem to be ahead of marked ones.
  [[nodiscard]] Tally tally(Ticks /*now*/, const Stay& stay) const noexcept {
    for (;;) {
      // Acquire: who trips because of a failure finds what its answer asked for.
      const std::uint64_t control = control_.load(acquire);
      const std::uint64_t unmarked = unmarked_.sum(stay);
      if (TagBits::get(control) != tag_of(stay)) return {calls(0, unmarked), 0};
      const std::uint64_t number = NumberBits::get(control);
      std::uint32_t marked = 0;
      while (marked < kept(number) && is_in_window(control, unmarked, marked)) ++marked;
      if (control_.load(relaxed) == control) return {calls(number, unmarked), marked};
    }
  }

  /// As CountWindow::reaches.
  [[nodiscard]] bool reaches(Ratio share, std::uint32_t min_calls, Ticks now, const Stay& stay,
                             Tally& seen) const noexcept {
    seen = tally(now, stay);
    return seen.calls >= min_calls && share.reached_by(seen.marked, seen.calls);
  }

 private:
  // An entry of the ring holds the low bits of a count. Marked calls of one window that stand N calls
  // apart at most are told apart by them.
  using Entry = std::conditional_t<N <= 256, std::uint16_t, std::uint32_t>;

  // Control word: [7:0] tag  [8…] the number of the newest marked call, how many unmarked ones came before
  // it. Numbers begin at 1 in a stay, and whenever all older ones have left the window; those from N on
  // come round: N to 2N - 1.
  static constexpr int unmarked_low = 8 + static_cast<int>(std::bit_width(2U * N - 1));
  using TagBits = Bits<0, 7>;  // the low bits of the stay's number
  using NumberBits = Bits<8, unmarked_low - 1>;
  using UnmarkedBits = Bits<unmarked_low, 63>;
  static_assert(UnmarkedBits::width >= 38);

  struct NoLimit {
    static std::uint32_t least_of(std::uint32_t /*calls*/) noexcept { return UINT32_MAX; }
  };

  static std::uint64_t tag_of(const Stay& stay) noexcept {
    return stay.generation() & TagBits::max;
  }

  /// **Returns** how many calls the window holds. As long as it is not full, numbers count all marked ones.
  static std::uint32_t calls(std::uint64_t number, std::uint64_t unmarked) noexcept {
    return unmarked + number < N ? static_cast<std::uint32_t>(unmarked + number) : N;
  }

  /// **Returns** how many marked calls are known, up to that number.
  static std::uint32_t kept(std::uint64_t number) noexcept {
    return number < N ? static_cast<std::uint32_t>(number) : N;
  }

  static Entry entry_of(std::uint64_t unmarked) noexcept { return static_cast<Entry>(unmarked); }

  /// **Returns** the control word after one more marked call.
  static std::uint64_t after(std::uint64_t control, std::uint64_t unmarked) noexcept {
    const std::uint64_t since = (unmarked - UnmarkedBits::get(control)) & UnmarkedBits::max;
    const std::uint64_t number = NumberBits::get(control) + 1;
    return TagBits::put(TagBits::get(control)) | UnmarkedBits::put(unmarked) |
           NumberBits::put(since >= N                       ? 1
                           : number == std::uint64_t{2} * N ? N
                                                            : number);
  }

  /// **Returns** whether the marked call `back` marked ones before the newest of `control` is in the
  /// window, when `unmarked` calls were counted.
  [[nodiscard]] bool is_in_window(std::uint64_t control, std::uint64_t unmarked,
                                  std::uint32_t back) const noexcept {
    const std::uint64_t newest = UnmarkedBits::get(control);
    std::uint64_t since = ((unmarked - newest) & UnmarkedBits::max) + back;
    if (back != 0) {
      // Relaxed: whoever moved the control word here had seen this entry, and we acquired from it. If it
      // is of a later lap, the exchange that follows fails.
      const std::uint64_t number = NumberBits::get(control) - back;
      const Entry kept = ring_[number < N ? number : number - N].load(relaxed);
      since += entry_of(newest - kept);
    }
    return since < N;
  }

  template <class Limit>
  [[nodiscard]] Found judged(std::uint64_t control, std::uint64_t unmarked,
                             const Limit& limit) const noexcept {
    const std::uint64_t number = NumberBits::get(control);
    const std::uint32_t held = calls(number, unmarked);
    std::uint32_t marked = limit.least_of(held);
    if (marked > kept(number) || !is_in_window(control, unmarked, marked - 1))
      return {.is_recorded = true};
    while (marked < kept(number) && is_in_window(control, unmarked, marked)) ++marked;
    return {.is_recorded = true, .is_at_limit = true, .seen = {held, marked}};
  }

  /// Put the newest marked call into the ring. Any number of threads may do this at once. **Returns**
  /// false if `control` was overtaken: it is now the current one.
  bool keep_newest(std::uint64_t& control) noexcept {
    const std::uint64_t number = NumberBits::get(control);
    if (number == 0) return true;
    const Entry newest = entry_of(UnmarkedBits::get(control));
    Atomic<Entry>& place = ring_[number < N ? number : number - N];
    // Acquire: if this is of a later lap, the control word read next is later too.
    Entry kept = place.load(acquire);
    if (control_.load(relaxed) == control &&
        // Release: pairs with the acquire above. An exchange: a helper that stalled here must not put
        // an old one over a later one.
        (kept == newest || place.compare_exchange_strong(kept, newest, release, relaxed)))
      return true;
    control = control_.load(acquire);  // as in record_marked
    return false;
  }

  /// Empty the window for `stay`.
  void start(std::uint64_t& control, const Stay& stay) noexcept {
    const std::uint64_t empty = TagBits::put(tag_of(stay));
    // Release (unshown: no exchange is weaker than its failure): as in CountWindow::start.
    if (control_.compare_exchange_weak(control, empty, release, acquire)) control = empty;
  }

  // First, so that what failures write stands in the room behind the stripes.
  BREAKER_NO_UNIQUE_ADDRESS CountStripes<Stripes> unmarked_{};
  Atomic<std::uint64_t> control_{0};
  Atomic<Entry> ring_[static_cast<std::size_t>(N)]{};
};

template <int N, int Stripes>
inline constexpr bool is_marked_shareable<StripedCountWindow<N, Stripes>> = true;

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
