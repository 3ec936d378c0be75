// Counters: a listener that adds up how calls end, for metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Totals since construction. At rest, when no permit is out, admitted = succeeded + failed +
/// ignored + stale.
struct CallTotals {
  /// Calls that may run, those past a refusal in shadow mode included.
  std::uint64_t admitted;
  /// Settled with that verdict, also where the circuit keeps no account (disabled, shadow, part of a
  /// probe).
  std::uint64_t succeeded;
  std::uint64_t failed;   ///< As succeeded.
  std::uint64_t ignored;  ///< As succeeded; those dropped unsettled are among them.
  /// Settled with any verdict in a later generation: not among the three above.
  std::uint64_t stale;
  std::uint64_t refused;  ///< In shadow mode: would have been.
};

/// Adds up how calls end. Give it to a circuit as its listener, or as one of Listeners, and read it
/// there: `circuit.listener().totals()`. Opt-in, because counting successes writes where the
/// circuit alone writes nothing. `Stripes`: the number of cache lines that counts are spread over,
/// by thread. Range: 1 to 1024. Default: 8.
///
/// **Thread safety** any thread may use any member. Counting is wait-free; each total is right on
/// its own.
template <int Stripes = 8>
class Counters {
  static_assert(Stripes >= 1 && Stripes <= 1024, "Counters needs 1 to 1024 stripes");

 public:
  constexpr Counters() noexcept = default;
  /// Given away before it has counted, and not to be copied: the circuit counts in its own.
  constexpr Counters(Counters&&) noexcept {}

  /// What the circuit tells a listener, see TransitionListener.
  void on_admitted() noexcept { add(&Counts::admitted); }
  /// As on_admitted().
  void on_refused(const Rejection& /*rejection*/) noexcept { add(&Counts::refused); }
  /// As on_admitted().
  void on_settled(const SettledCall& call) noexcept {
    if (call.settled == Settled::stale) return add(&Counts::stale);
    switch (call.verdict) {
      case Verdict::success: return add(&Counts::succeeded);
      case Verdict::failure: return add(&Counts::failed);
      case Verdict::ignored:
      default: return add(&Counts::ignored);
    }
  }

  /// All totals are 0 from here on: what a registry says when the circuit goes to another key.
  void forget() noexcept {
    for (const auto count : {&Counts::admitted, &Counts::succeeded, &Counts::failed,
                             &Counts::ignored, &Counts::stale, &Counts::refused})
      stripes_.forget(count);
  }

  /// **Returns** the totals. **Complexity** O(Stripes).
  [[nodiscard]] CallTotals totals() const noexcept {
    return {stripes_.sum(&Counts::admitted), stripes_.sum(&Counts::succeeded),
            stripes_.sum(&Counts::failed),   stripes_.sum(&Counts::ignored),
            stripes_.sum(&Counts::stale),    stripes_.sum(&Counts::refused)};
  }

  /// Count so that processes which share the memory of this lose no count. **Requires** that nobody has
  /// counted.
  void share() noexcept { stripes_.share(); }

 private:
  struct Counts {
    detail::StripedCount admitted{0};
    detail::StripedCount succeeded{0};
    detail::StripedCount failed{0};
    detail::StripedCount ignored{0};
    detail::StripedCount stale{0};
    detail::StripedCount refused{0};
  };

  [[gnu::always_inline]] void add(detail::StripedCount Counts::* count) noexcept {
    stripes_.add(count);
  }

  detail::Stripes<Counts, Stripes> stripes_;
};

/// How long calls took, by how they ended, since construction.
struct CallDurations {
  /// Calls of one verdict.
  struct Kind {
    std::chrono::nanoseconds sum;      ///< Overflows after 292 years of calling.
    std::chrono::nanoseconds longest;  ///< 0 if there was no such call.
  };
  Kind succeeded;  ///< Calls settled with that verdict.
  Kind failed;     ///< As succeeded.
  Kind ignored;    ///< As succeeded.
};

/// Counters that also add up how long calls took, and know since when the circuit has not been
/// closed. Each call then reads the clock twice. Stale calls are left out. `Stripes`, thread
/// safety: as Counters.
template <int Stripes = 8>
class TimedCounters : public Counters<Stripes> {
 public:
  /// It wants to know how long calls took.
  static constexpr ClockUse clock_use = ClockUse::both_ends;

  constexpr TimedCounters() noexcept = default;
  /// As Counters.
  constexpr TimedCounters(TimedCounters&&) noexcept : Counters<Stripes>{} {}

  /// What the circuit tells a listener, see TransitionListener.
  void on_settled(const SettledCall& call) noexcept {
    Counters<Stripes>::on_settled(call);
    if (call.settled == Settled::stale) return;
    Durations& durations =
        stripes_[detail::thread_number() % Stripes].of[static_cast<int>(call.verdict)];
    const Ticks took = call.took.count();
    durations.sum.fetch_add(took, detail::relaxed);
    Ticks longest = durations.longest.load(detail::relaxed);
    while (took > longest && !durations.longest.compare_exchange_weak(
                                 longest, took, detail::relaxed, detail::relaxed)) {
    }
  }

  /// What the circuit tells a listener, see TransitionListener.
  void operator()(const Transition& transition) noexcept {
    const bool closes = transition.to == State::closed;
    if (!closes && transition.from != State::closed) return;
    const auto at = closes ? 0 : static_cast<std::uint64_t>(transition.at.count());
    const std::uint64_t told = TimeBits::put(at >> NumberBits::width >> AwayBits::width) |
                               AwayBits::put(closes ? 0 : 1) |
                               NumberBits::put(transition.generation);
    std::uint64_t known = away_.load(detail::relaxed);
    // Another thread may have told of a later one already.
    while (((transition.generation - NumberBits::get(known)) & NumberBits::max) <=
               NumberBits::max / 2 &&
           !away_.compare_exchange_weak(known, told, detail::relaxed, detail::relaxed)) {
    }
  }

  /// As Counters.
  void forget() noexcept {
    Counters<Stripes>::forget();
    away_.store(0, detail::relaxed);
    for (Stripe& stripe : stripes_) {
      for (Durations& durations : stripe.of) {
        durations.sum.store(0, detail::relaxed);
        durations.longest.store(0, detail::relaxed);
      }
    }
  }

  /// **Returns** when the circuit left the closed state, if it has not closed since, be it open,
  /// half-open, forced open or disabled: the time of its clock, up to 1.1 ms early. **Complexity**
  /// O(1).
  [[nodiscard]] std::optional<std::chrono::nanoseconds> not_closed_since() const noexcept {
    const std::uint64_t known = away_.load(detail::relaxed);
    if (AwayBits::get(known) == 0) return std::nullopt;
    return std::chrono::nanoseconds{static_cast<Ticks>(known & TimeBits::mask)};
  }

  /// **Returns** the durations. **Complexity** O(Stripes).
  [[nodiscard]] CallDurations durations() const noexcept {
    return {kind(Verdict::success), kind(Verdict::failure), kind(Verdict::ignored)};
  }

 private:
  using NumberBits = detail::Bits<0, 18>;  // low bits of the transition's generation
  using AwayBits = detail::Bits<19, 19>;   // whether the circuit is not closed
  using TimeBits = detail::Bits<20, 63>;   // since when: high bits of the time

  struct Durations {
    detail::Atomic<Ticks> sum{0};
    detail::Atomic<Ticks> longest{0};
  };
  struct alignas(2 * detail::cache_line) Stripe {
    Durations of[3]{};  // by verdict
  };

  [[nodiscard]] CallDurations::Kind kind(Verdict verdict) const noexcept {
    Ticks sum = 0;
    Ticks longest = 0;
    for (const Stripe& stripe : stripes_) {
      const Durations& durations = stripe.of[static_cast<int>(verdict)];
      sum += durations.sum.load(detail::relaxed);
      const Ticks here = durations.longest.load(detail::relaxed);
      if (here > longest) longest = here;
    }
    return {std::chrono::nanoseconds{sum}, std::chrono::nanoseconds{longest}};
  }

  detail::Atomic<std::uint64_t> away_{0};  // guards itself
  Stripe stripes_[static_cast<std::size_t>(Stripes)]{};
};

namespace detail {
template <int Stripes>
inline constexpr bool is_marked_shareable<Counters<Stripes>> = true;
template <int Stripes>
inline constexpr bool is_marked_shareable<TimedCounters<Stripes>> = true;
template <int Stripes>
inline constexpr bool leaves_errno<Counters<Stripes>> = true;
template <int Stripes>
inline constexpr bool leaves_errno<TimedCounters<Stripes>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
