// What a window answers, and how a user says which window: last_calls<N>() or within(duration).
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a window holds: how many calls, and how many of them are marked (failed, or slow).
struct Tally {
  std::uint32_t calls;   ///< All of them.
  std::uint32_t marked;  ///< The marked ones.
};

template <int N>
class CountWindow;
template <int Slices, int Stripes>
class TimeWindow;
namespace detail {
template <int N, int Stripes>
class StripedCountWindow;
}  // namespace detail

/// The last N calls. Made by last_calls<N>().
template <int N, int Stripes = 1>
struct LastCalls {
  /// What counts.
  using Window =
      std::conditional_t<Stripes == 1, CountWindow<N>, detail::StripedCountWindow<N, Stripes>>;
  /// Every `N` that compiles is right.
  constexpr void require() const noexcept {}
  friend constexpr bool operator==(const LastCalls&, const LastCalls&) noexcept = default;
};

/// **Returns** the window over the last `N` calls, exact. Range: 1 to 100000; with stripes, to 65536.
/// `Stripes`: 1 to 1024, default 1; about as many as threads share one busy breaker, each costs 128
/// bytes. With one, a success writes one word that all threads share, unless the last N calls were
/// successes. With more, a thread that has a stripe to itself counts a success there, without a locked
/// instruction, and failures alone share a word; include <breaker/window/striped_count_window.hpp>.
template <int N, int Stripes = 1>
[[nodiscard]] constexpr LastCalls<N, Stripes> last_calls() noexcept {
  return {};
}

/// The calls of the last while. Made by within().
template <int Slices, int Stripes>
class Within {
 public:
  using Window = TimeWindow<Slices, Stripes>;  ///< What counts.
  static constexpr int slices = Slices;        ///< In how many slices it moves on.

  /// As within().
  constexpr explicit Within(Duration span) noexcept : span_{span.ticks()} {}
  /// **Returns** how long it is.
  [[nodiscard]] constexpr Ticks span() const noexcept { return span_.ticks(); }

  /// **Throws** ConfigError unless the span is at least 1 ns a slice and at most 2^34 ms.
  constexpr void require() const {
    detail::require_setting(span() >= Slices && span() <= detail::longest_wait, "within", span(),
                            "at least 1 ns a slice and at most 2^34 ms (in ns)");
  }

  friend constexpr bool operator==(const Within&, const Within&) noexcept = default;

 private:
  detail::PackedTicks span_;
};

/// **Returns** the window over the calls of the last `span`, exact to one slice: it covers (span −
/// span/Slices, span]. `span`: at least 1 ns a slice, up to 2^34 ms. `Slices`: 2 to 1024,
/// default 10. `Stripes`: 1 to 1024, default 1; about as many as threads share one busy breaker,
/// each costs 256 bytes or more. With more than one, a thread that has a stripe to itself counts a
/// success without a locked instruction.
template <int Slices = 10, int Stripes = 1>
[[nodiscard]] constexpr Within<Slices, Stripes> within(Duration span) noexcept {
  return Within<Slices, Stripes>{span};
}

namespace detail {

template <class WindowKind>
inline constexpr bool is_last_calls = false;
template <int N, int Stripes>
inline constexpr bool is_last_calls<LastCalls<N, Stripes>> = true;

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
