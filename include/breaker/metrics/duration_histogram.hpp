// DurationHistogram: a listener that counts how long calls took, by how they ended, in buckets, so that a
// percentile can be drawn.
//
//   breaker::CircuitBreaker circuit{breaker::Config{},
//                                   breaker::Listeners{breaker::TimedCounters{}, breaker::DurationHistogram<>{}}};
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/metrics/exemplar.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Upper bounds of buckets, in nanoseconds, ascending. One more bucket takes what is above them all.
template <std::size_t N>
struct Buckets {
  std::int64_t at[N];  ///< The bounds. A duration that equals one is in its bucket.
};

/// **Returns** buckets with these upper bounds. **Throws** ConfigError, or does not compile where it is a
/// constant, if they do not ascend from above 0.
template <class... Bounds>
[[nodiscard]] constexpr Buckets<sizeof...(Bounds)> buckets_up_to(Bounds... bounds) {
  const Buckets<sizeof...(Bounds)> buckets{{Duration{bounds}.ticks()...}};
  std::int64_t below = 0;
  for (const std::int64_t bound : buckets.at) {
    detail::require_setting(bound > below, "buckets_up_to", bound,
                            "above the bound before it (in ns)");
    below = bound;
  }
  return buckets;
}

/// **Returns** buckets with the upper bounds 2^(i / 2^Schema) seconds, for i from First to Last: those that a
/// native histogram of Prometheus has by that schema, of 2^Schema buckets for each doubling.
template <int First, int Last, int Schema = 0>
[[nodiscard]] constexpr Buckets<static_cast<std::size_t>(Last - First + 1)> exponential_buckets() {
  static_assert(
      First <= Last && First >= -29 * (1 << Schema) && Last <= 20 * (1 << Schema) && Schema >= 0 &&
          Schema <= 4,
      "breaker: exponential_buckets<First, Last, Schema> lie between 2 ns and 2^20 s, with a "
      "Schema from 0 to 4");
  double factor = 2;
  for (int i = 0; i < Schema; ++i) {
    double root = factor;  // by Newton
    for (int step = 0; step < 20; ++step) root = (root + factor / root) / 2;
    factor = root;
  }
  double bound = 1e9;
  for (int i = 0; i > First; --i) bound /= factor;
  for (int i = 0; i < First; ++i) bound *= factor;
  Buckets<static_cast<std::size_t>(Last - First + 1)> buckets{};
  for (std::int64_t& at : buckets.at) {
    at = static_cast<std::int64_t>(bound);
    if (bound - static_cast<double>(at) >= 0.5) ++at;
    bound *= factor;
  }
  return buckets;
}

/// From 5 ms to 10 s: those that Prometheus' own libraries take unless told otherwise.
inline constexpr auto usual_buckets = breaker::buckets_up_to(
    std::chrono::milliseconds{5}, std::chrono::milliseconds{10}, std::chrono::milliseconds{25},
    std::chrono::milliseconds{50}, std::chrono::milliseconds{100}, std::chrono::milliseconds{250},
    std::chrono::milliseconds{500}, std::chrono::seconds{1}, std::chrono::milliseconds{2500},
    std::chrono::seconds{5}, std::chrono::seconds{10});

/// Counts calls by their durations. Give it to a circuit as one of Listeners, and the metrics page shows it.
/// `bounds`: of the buckets. `CurrentTrace`: a callable that returns the TraceId of the call that the thread
/// settles, asked once a call; each bucket then has an exemplar on an OpenMetrics page, the last one.
/// `Stripes`: as Counters. Calls that are settled late (stale) are left out.
///
/// **Thread safety** any thread may use any member. Counting is wait-free; each count is right on its own.
template <auto bounds = usual_buckets, class CurrentTrace = NoTrace, int Stripes = 8>
class DurationHistogram {
 public:
  /// How many buckets there are, with the last, which has no bound.
  static constexpr std::size_t size = std::size(bounds.at) + 1;
  /// It wants to know how long calls took.
  static constexpr ClockUse clock_use = ClockUse::both_ends;

  /// What was counted of one verdict.
  struct Counts {
    std::uint64_t in[size];        ///< Calls in each bucket, and not in one before it.
    std::chrono::nanoseconds sum;  ///< How long they took together.
    Exemplar last[size];           ///< The last call of each that had a trace; else without an id.
  };

  constexpr DurationHistogram() noexcept = default;
  /// As that of Counters: the circuit counts in its own.
  constexpr DurationHistogram(DurationHistogram&&) noexcept {}

  /// What the circuit tells a listener, see TransitionListener.
  void on_settled(const SettledCall& call) noexcept {
    if (call.settled == Settled::stale) return;
    const auto kind = static_cast<std::size_t>(call.verdict);
    const Ticks took = call.took.count();
    const std::size_t bucket = bucket_of(took);
    Stripe& stripe = stripes_[detail::thread_number() % Stripes];
    stripe.in[kind][bucket].fetch_add(1, detail::relaxed);
    stripe.sum[kind].fetch_add(took, detail::relaxed);
    if constexpr (!std::is_same_v<CurrentTrace, NoTrace>) {
      if (const TraceId trace = CurrentTrace{}()) last_[kind].of[bucket].keep({trace, call.took});
    }
  }

  /// All counts are 0 from here on: what a registry says when the circuit goes to another key.
  void forget() noexcept {
    for (Stripe& stripe : stripes_) {
      for (std::size_t kind = 0; kind < 3; ++kind) {
        for (auto& count : stripe.in[kind]) count.store(0, detail::relaxed);
        stripe.sum[kind].store(0, detail::relaxed);
      }
    }
    if constexpr (!std::is_same_v<CurrentTrace, NoTrace>) {
      for (Last& last : last_) {
        for (detail::LastExemplar& one : last.of) one.keep({});
      }
    }
  }

  /// **Returns** what was counted of calls with that verdict. **Complexity** O(Stripes × size).
  [[nodiscard]] Counts counts(Verdict verdict) const noexcept {
    const auto kind = static_cast<std::size_t>(verdict);
    Counts counts{};
    for (const Stripe& stripe : stripes_) {
      for (std::size_t i = 0; i < size; ++i)
        counts.in[i] += stripe.in[kind][i].load(detail::relaxed);
      counts.sum += std::chrono::nanoseconds{stripe.sum[kind].load(detail::relaxed)};
    }
    if constexpr (!std::is_same_v<CurrentTrace, NoTrace>)
      for (std::size_t i = 0; i < size; ++i) counts.last[i] = last_[kind].of[i].get();
    return counts;
  }

  /// **Returns** the upper bound of a bucket in nanoseconds; -1 of the last, which has none.
  [[nodiscard]] static constexpr std::int64_t bound(std::size_t bucket) noexcept {
    return bucket + 1 < size ? bounds.at[bucket] : -1;
  }

 private:
  struct alignas(2 * detail::cache_line) Stripe {
    detail::Atomic<std::uint64_t> in[3][size]{};  // by verdict; each guards itself
    detail::Atomic<Ticks> sum[3]{};
  };
  struct Last {
    detail::LastExemplar of[size]{};
  };
  struct Nothing {};

  /// **Returns** the first bucket whose bound is not below `took`.
  static constexpr std::size_t bucket_of(Ticks took) noexcept {
    std::size_t first = 0;
    for (std::size_t count = size - 1; count > 0;) {
      const std::size_t half = count / 2;
      if (bounds.at[first + half] < took) {
        first += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return first;
  }

  Stripe stripes_[static_cast<std::size_t>(Stripes)]{};
  std::conditional_t<std::is_same_v<CurrentTrace, NoTrace>, Nothing, Last> last_[3]{};
};

namespace detail {
template <auto bounds, int Stripes>
inline constexpr bool leaves_errno<DurationHistogram<bounds, NoTrace, Stripes>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
