// Exemplar: a call that stands for others, by the trace that it is in.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The id of a trace, as W3C Trace Context has it: 16 bytes, the first of which are `high`'s most significant.
struct TraceId {
  std::uint64_t high = 0;  ///< The first 8 bytes.
  std::uint64_t low = 0;   ///< The last 8 bytes.

  /// **Returns** whether it is one: not all zeros.
  [[nodiscard]] explicit constexpr operator bool() const noexcept { return (high | low) != 0; }
  friend constexpr bool operator==(const TraceId&, const TraceId&) noexcept = default;
};

/// There are no traces.
struct NoTrace {
  /// **Returns** none.
  constexpr TraceId operator()() const noexcept { return {}; }
};

/// A call of a trace.
struct Exemplar {
  TraceId trace;                    ///< Its trace; none if there is no such call.
  std::chrono::nanoseconds took{};  ///< How long it took.
};

namespace detail {

/// Keeps the last exemplar, be it none. A writer that comes while another writes gives its own up.
class LastExemplar {
 public:
  void keep(const Exemplar& exemplar) noexcept {
    std::uint64_t even = times_.load(relaxed);
    if (even % 2 != 0) return;
    // Acquire (unshown: stores in turn): pairs with the last store of the writer before.
    if (!times_.compare_exchange_strong(even, even + 1, acquire, relaxed)) return;
    // Each pairs with the load of it in get(): a thread that has seen one of these sees that times_ is odd.
    high_.store(exemplar.trace.high, release);
    low_.store(exemplar.trace.low, release);
    took_.store(exemplar.took.count(), release);
    times_.store(even + 2, release);  // pairs with the first load in get()
  }

  /// **Returns** the last; none while one is being written.
  [[nodiscard]] Exemplar get() const noexcept {
    const std::uint64_t before = times_.load(acquire);
    const Exemplar seen{{high_.load(acquire), low_.load(acquire)},
                        std::chrono::nanoseconds{took_.load(acquire)}};
    const bool is_whole = before % 2 == 0 && times_.load(relaxed) == before;
    return is_whole ? seen : Exemplar{};
  }

 private:
  Atomic<std::uint64_t> times_{0};  // guards the others: odd while they are being written
  Atomic<std::uint64_t> high_{0};
  Atomic<std::uint64_t> low_{0};
  Atomic<Ticks> took_{0};
};

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
