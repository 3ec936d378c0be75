// Windowed: marks some calls, counts them in a window, and trips at a limit. FailureRate, SlowCallRate,
// BadCallRate and FailureCount are faces of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/lower.hpp"
#include "breaker/policy/marks.hpp"  // IWYU pragma: export
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/types.hpp"
#include "breaker/window/count_window.hpp"  // IWYU pragma: export
#include "breaker/window/stay.hpp"
#include "breaker/window/time_window.hpp"  // IWYU pragma: export
#include "breaker/window/window.hpp"       // IWYU pragma: export

namespace breaker {
BREAKER_ABI_BEGIN

/// Stands for `min_calls` that are not given: 20, or the size of the window if that is smaller.
inline constexpr int usual_min_calls = (std::numeric_limits<int>::min)();

namespace detail {

// ---- how many are too many

/// A share of the calls in the window, once enough are in.
struct Share {
  Ratio threshold;
  std::int32_t min_calls;

  static constexpr bool counts_calls = true;
  template <class Window>
  bool is_reached(const Window& window, Ticks now, const Stay& stay, Tally& seen) const noexcept {
    return window.reaches(threshold, static_cast<std::uint32_t>(min_calls), now, stay, seen);
  }
  /// **Returns** how many marked calls of `calls` reach it.
  [[nodiscard]] std::uint32_t least_of(std::uint32_t calls) const noexcept {
    if (calls < static_cast<std::uint32_t>(min_calls)) return UINT32_MAX;
    const std::uint64_t whole = static_cast<std::uint32_t>(threshold.whole());
    const std::uint64_t parts = std::uint64_t{calls} * static_cast<std::uint32_t>(threshold.part());
    return static_cast<std::uint32_t>((parts + whole - 1) / whole);
  }
  [[nodiscard]] constexpr Limits limits() const noexcept {
    return {{static_cast<std::uint32_t>(threshold.part()),
             static_cast<std::uint32_t>(threshold.whole()), static_cast<std::uint32_t>(min_calls)}};
  }
  constexpr void tell(Rule& rule) const noexcept {
    rule.kind = Rule::Kind::share;
    rule.share = threshold;
    rule.min_calls = static_cast<std::uint32_t>(min_calls);
  }
  constexpr void lower(Ratio share) noexcept {
    min_calls = static_cast<std::int32_t>(
        detail::lower_limit(static_cast<std::uint32_t>(min_calls), share));
  }
  friend constexpr bool operator==(const Share&, const Share&) noexcept = default;
};

/// A number of marked calls in the window.
struct Count {
  std::int32_t count;

  static constexpr bool counts_calls = false;
  template <class Window>
  bool is_reached(const Window& window, Ticks now, const Stay& stay, Tally& seen) const noexcept {
    if constexpr (Window::needs_every_call) {
      seen = window.tally(now, stay);
      return seen.marked >= static_cast<std::uint32_t>(count);
    } else {
      return window.reaches(static_cast<std::uint32_t>(count), now, stay, seen);
    }
  }
  [[nodiscard]] std::uint32_t least_of(std::uint32_t /*calls*/) const noexcept {
    return static_cast<std::uint32_t>(count);
  }
  [[nodiscard]] constexpr Limits limits() const noexcept {
    return {{static_cast<std::uint32_t>(count)}};
  }
  constexpr void tell(Rule& rule) const noexcept {
    rule.kind = Rule::Kind::count;
    rule.limit = static_cast<std::uint32_t>(count);
  }
  constexpr void lower(Ratio share) noexcept {
    count =
        static_cast<std::int32_t>(detail::lower_limit(static_cast<std::uint32_t>(count), share));
  }
  friend constexpr bool operator==(const Count&, const Count&) noexcept = default;
};

constexpr void require_share(Ratio share, const char* field) {
  require_setting(share.is_share(), field, share.part(),
                  "a share above 0 and up to 1 (shown: its numerator)");
}

/// **Returns** how many calls must be in the window: `given`, else 20, or the size of a smaller
/// window. **Throws** ConfigError naming `field`.
template <class WindowKind>
constexpr int min_calls_of(int given, const char* field) {
  constexpr int usual = 20;
  if constexpr (is_last_calls<WindowKind>) {
    constexpr int size = WindowKind::Window::size;
    if (given == usual_min_calls) return size < usual ? size : usual;
    detail::require_setting(given >= 1 && given <= size, field, given,
                            "1 up to the size of the window");
  } else {
    if (given == usual_min_calls) return usual;
    require_setting(given >= 1, field, given, "1 or more");
  }
  return given;
}

constexpr void require_time(Ticks time, const char* field) {
  require_setting(time > 0 && time <= longest_wait, field, time,
                  "more than 0 and at most 2^34 ms (in ns)");
}

// ---- in words

/// Writes "12 of 20 calls <did>, 60.0 % (limit 50.0 % of at least 20 calls)", shares in tenths of a
/// percent, cut.
inline int say_share(char* into, std::size_t size, const char* did, const Numbers& seen,
                     const Limits& limits) {
  const auto tenths = [](std::uint64_t part, std::uint64_t whole) {
    return static_cast<unsigned>(whole == 0 ? 0 : part * 1000 / whole);
  };
  const auto [marked, calls, unused] = seen.at;
  const unsigned share = tenths(marked, calls);
  const unsigned limit = tenths(limits.at[0], limits.at[1]);
  return std::snprintf(into, size,
                       "%u of %u calls %s, %u.%u %% (limit %u.%u %% of at least %u calls)", marked,
                       calls, did, share / 10, share % 10, limit / 10, limit % 10, limits.at[2]);
}

/// The part that all faces share.
template <class Mark, class Limit, class WindowKind>
class Windowed {
  using Window = typename WindowKind::Window;
  static_assert(
      requires { sizeof(Window); },
      "breaker: last_calls<N, stripes>() needs <breaker/window/striped_count_window.hpp>");

  static constexpr bool needs_every_call = Limit::counts_calls || Window::needs_every_call;
  static constexpr ClockUse clock_use_of_window = Window::clock_use == ClockUse::none
                                                      ? ClockUse::none
                                                  : needs_every_call ? ClockUse::on_settle
                                                                     : ClockUse::on_failure;
  // Whether the window tells a marked call at once how it stands. Such a window is never clean.
  static constexpr bool judges_marked = requires(
      Window& window, const Limit& limit, const Stay& stay) { window.record_marked(limit, stay); };

 public:
  static constexpr ClockUse clock_use =
      Mark::clock_use > clock_use_of_window ? Mark::clock_use : clock_use_of_window;

  /// The calls in the window.
  class Evidence {
   public:
    constexpr explicit Evidence(const Windowed& policy) noexcept
        : window_{policy.window_}, mark_{policy.mark_} {}

    [[nodiscard, gnu::always_inline]] bool is_good(const Outcome& call) const noexcept {
      return !mark_.is_marked(call);
    }
    [[gnu::always_inline]] bool record_good(const Outcome& call, const Stay& stay) noexcept {
      if constexpr (Window::needs_every_call) {
        return window_.record_unmarked(stay);
      } else if constexpr (needs_every_call) {
        return window_.record(false, call.now, stay);
      } else {
        return true;
      }
    }
    void adopt(const Windowed& policy) noexcept {
      mark_.adopt(policy.mark_);
      if constexpr (!is_last_calls<WindowKind>) window_.adopt(policy.window_);
    }
    void share() noexcept { share_stripes(window_); }
    [[nodiscard]] const auto& refusals() const noexcept
      requires requires(const Window& window) { window.refusals(); }
    {
      return window_.refusals();
    }

    [[nodiscard]] bool is_clean(StayId id) const noexcept
      requires(clock_use < ClockUse::on_settle && !judges_marked)
    {
      if constexpr (Window::needs_every_call) {
        return window_.is_clean(id);
      } else {
        return true;  // a success leaves no mark
      }
    }
    void begin(const Stay& stay) noexcept
      requires(Window::needs_every_call)
    {
      window_.begin(stay);
    }

   private:
    friend Windowed;
    BREAKER_NO_UNIQUE_ADDRESS Window window_;
    BREAKER_NO_UNIQUE_ADDRESS typename Mark::Own mark_;
  };

  [[gnu::always_inline]] Standing record(Evidence& seen, const Outcome& call,
                                         const Stay& stay) const noexcept {
    const bool marked = mark_(call);
    if constexpr (judges_marked) {
      if (marked) return standing(seen.window_.record_marked(limit_, stay));
    }
    if ((marked || needs_every_call) && !seen.window_.record(marked, call.now, stay))
      return {.kind = Standing::Kind::stale};
    return marked ? judge(seen, call.now, stay) : Standing{};
  }

  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay) const noexcept {
    Tally tally{};
    const bool reached = limit_.is_reached(seen.window_, now, stay, tally);
    if (reached) return standing(true, tally);
    // What keeps it below may be a bound.
    if constexpr (needs_every_call) {
      return standing(false, seen.window_.tally(now, stay));
    } else {
      return standing(false, {0, seen.window_.marked(now, stay)});
    }
  }

  [[nodiscard]] constexpr bool is_bad(const Outcome& call) const noexcept { return mark_(call); }

  [[nodiscard]] constexpr Limits limits() const noexcept {
    Limits limits = limit_.limits();
    limits.at[3] = detail::limit_in_ms(mark_);
    return limits;
  }

  [[nodiscard]] constexpr std::uint32_t window_calls() const noexcept {
    if constexpr (is_last_calls<WindowKind>) {
      return Window::size;
    } else {
      return 0;
    }
  }

  [[nodiscard]] constexpr bool keeps(const Windowed& before) const noexcept {
    return mark_ == before.mark_ && window_ == before.window_;
  }

  /// Let `share` of the limit be enough, see advised().
  constexpr void lower(Ratio share) noexcept { limit_.lower(share); }

  /// **Returns** what it trips on, as data.
  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    mark_.tell(rule);
    limit_.tell(rule);
    if constexpr (is_last_calls<WindowKind>) {
      rule.last_calls = Window::size;
    } else {
      rule.within = window_.span();
      rule.slices = WindowKind::slices;
    }
    return rule;
  }

  friend constexpr bool operator==(const Windowed&, const Windowed&) noexcept = default;

 protected:
  constexpr Windowed(WindowKind window, Mark mark, Limit limit)
      : window_{window}, mark_{mark}, limit_{limit} {
    window.require();
  }

 private:
  Standing judge(const Evidence& seen, Ticks now, const Stay& stay) const noexcept {
    Tally tally{};
    const bool reached = limit_.is_reached(seen.window_, now, stay, tally);
    return standing(reached, tally);
  }
  template <class Found>
  static Standing standing(const Found& found) noexcept {
    return found.is_recorded ? standing(found.is_at_limit, found.seen)
                             : Standing{.kind = Standing::Kind::stale};
  }
  static Standing standing(bool reached, const Tally& tally) noexcept {
    return {.kind = reached ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{tally.marked, tally.calls, 0}}};
  }

  BREAKER_NO_UNIQUE_ADDRESS WindowKind window_;
  BREAKER_NO_UNIQUE_ADDRESS Mark mark_;
  Limit limit_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
