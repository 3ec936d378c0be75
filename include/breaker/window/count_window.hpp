// CountWindow: how many of the last N calls were marked. Exact and lock-free.
#pragma once

#include <cstdint>

#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/call_ring.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The last `N` recorded calls, each marked (failed, or slow) or not. See detail::CallRing, which says how it
/// counts, what it costs, and what its limit is.
///
/// **Thread safety** every member may be called by any thread at any time; `record` is lock-free,
/// the rest is wait-free. **Complexity** O(1), whatever N.
template <int N>
class CountWindow {
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
  void begin(const Stay& stay) noexcept { ring_.begin(stay); }

  /// Record one call of `stay`. **Returns** false if the stay is over: nothing was recorded.
  bool record(bool marked, Ticks now, const Stay& stay) noexcept {
    return ring_.record(marked, now, stay);
  }
  /// As `record` of an unmarked call, but that a clean window is left alone.
  [[gnu::always_inline]] bool record_unmarked(const Stay& stay) noexcept {
    return ring_.record_unmarked(stay);
  }

  /// **Returns** what the window holds for `stay`.
  [[nodiscard]] Tally tally(Ticks now, const Stay& stay) const noexcept {
    return ring_.tally(now, stay);
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
  [[nodiscard]] bool is_clean(StayId id) const noexcept { return ring_.is_clean(id); }

 private:
  detail::CallRing<detail::SizeOf<N>> ring_;
};

namespace detail {
template <int N>
inline constexpr bool is_marked_shareable<CountWindow<N>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
