// TransitionCounters: a listener that counts transitions by where they led and why.
#pragma once

#include <cstddef>
#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Counts a circuit's transitions. Give it to a circuit as its listener, or as one of Listeners, and the metrics
/// page shows it. A probe that is lost counts, too. Costs nothing between transitions.
///
/// **Thread safety** any thread may use any member. Counting is wait-free; each count is right on its own.
class TransitionCounters {
 public:
  constexpr TransitionCounters() noexcept = default;
  /// As that of Counters: the circuit counts in its own.
  constexpr TransitionCounters(TransitionCounters&&) noexcept {}

  /// What the circuit tells a listener, see TransitionListener.
  void operator()(const Transition& transition) noexcept {
    place(transition.to, transition.reason).fetch_add(1, detail::relaxed);
  }

  /// All counts are 0 from here on: what a registry says when the circuit goes to another key.
  void forget() noexcept {
    for (auto& of_state : counts_) {
      for (Count& count : of_state) count.store(0, detail::relaxed);
    }
  }

  /// **Returns** how many transitions led to that state for that reason. **Complexity** O(1).
  [[nodiscard]] std::uint64_t count(State to, Reason reason) const noexcept {
    return counts_[static_cast<std::size_t>(to)][static_cast<std::size_t>(reason)].load(
        detail::relaxed);
  }

 private:
  using Count = detail::Atomic<std::uint64_t>;  // each guards itself

  Count& place(State to, Reason reason) noexcept {
    return counts_[static_cast<std::size_t>(to)][static_cast<std::size_t>(reason)];
  }

  static constexpr auto states = static_cast<std::size_t>(State::disabled) + 1;
  static constexpr auto reasons = static_cast<std::size_t>(Reason::classifier) + 1;
  static_assert(to_string(static_cast<State>(states))[0] == '?' &&
                    to_string(static_cast<Reason>(reasons))[0] == '?',
                "there are more states or reasons than have a place");
  Count counts_[states][reasons]{};
};

namespace detail {
template <>
inline constexpr bool leaves_errno<TransitionCounters> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
