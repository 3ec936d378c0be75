// What a window answers, and how a user says which window: last_calls<N>() or within(duration).
#pragma once

#include <cstdint>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a window holds: so many calls, so many of them marked (failed, or slow).
struct Tally {
  std::uint32_t calls;
  std::uint32_t marked;
};

template <int N>
class CountWindow;
template <int Slices, int Stripes>
class TimeWindow;

/// The last N calls. Made by last_calls<N>().
template <int N>
struct LastCalls {
  using Window = CountWindow<N>;
};

/// **Returns** the window over the last `N` calls, exact. Range: 1 to 100000.
template <int N>
[[nodiscard]] constexpr LastCalls<N> last_calls() noexcept {
  return {};
}

/// The calls of the last while. Made by within().
template <int Slices, int Stripes>
struct Within {
  using Window = TimeWindow<Slices, Stripes>;
  Duration span;
};

/// **Returns** the window over the calls of the last `span`, exact to one slice: it covers (span −
/// span/Slices, span]. `span`: at least 1 ns a slice, up to 2^34 ms. `Slices`: 2 to 1024,
/// default 10. `Stripes`: 1 to 1024, default 1; about as many as threads share one busy breaker,
/// each costs 128 bytes or more.
template <int Slices = 10, int Stripes = 1>
[[nodiscard]] constexpr Within<Slices, Stripes> within(Duration span) noexcept {
  return {span};
}

namespace detail {

template <class WindowKind>
inline constexpr bool is_last_calls = false;
template <int N>
inline constexpr bool is_last_calls<LastCalls<N>> = true;

constexpr void require_share(Ratio share, const char* field) {
  require_setting(share.is_share(), field, share.part(),
                  "a share above 0 and up to 1 (shown: its numerator)");
}

template <class Window>
constexpr void require_min_calls(int min_calls, const char* field) {
  if constexpr (Window::needs_every_call) {
    require_setting(min_calls >= 1 && min_calls <= Window::size, field, min_calls,
                    "1 up to the size of the window");
  } else {
    require_setting(min_calls >= 1, field, min_calls, "1 or more");
  }
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
