// Watch: a listener in this process for a circuit that any process moves.
#pragma once

#include <cstdint>
#include <utility>

#include "breaker/base/bits.hpp"
#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Tells a listener of this process what becomes of a circuit, whoever moves it: a listener in shared memory
/// would have to mean the same in every process. It looks when it is told to, from your timer, say:
/// ```
/// breaker::Watch watch{circuits.of("payments"), [](const breaker::Transition& change) { log(change); }};
/// … each second: watch.look();
/// ```
/// Several transitions between two looks are told as the last of them; missed() counts the others, exactly
/// up to 2^21 between two looks.
///
/// **Thread safety** one thread at a time. Several watches of one circuit don't meet.
template <class Circuit, class Listener>
class Watch {
 public:
  /// What comes from now on is news. **Requires** that `circuit` outlives it.
  Watch(const Circuit& circuit, Listener listener)
      : circuit_{&circuit},
        listener_{std::move(listener)},
        told_{circuit.why()},
        generation_{circuit.snapshot().generation} {}

  /// Tell the last transition, if it was not told. A process that was killed after it moved the circuit, and
  /// before it said why, is known by the second look: then state and generation are told, with the reason
  /// `none` and without numbers.
  /// **Throws** what the listener throws; the transition counts as told. **Complexity** O(1).
  void look() {
    const Snapshot seen = circuit_->snapshot();
    if (seen.generation == generation_) return;
    const Transition last = circuit_->why();
    if (is_news(last.generation)) {
      tell(is_renewal_of(told_, last) ? renewed(last) : last, last);
    } else if (std::exchange(unexplained_, seen.generation) == seen.generation) {
      const Transition alone = without_reason(seen);
      tell(alone, alone);
    }
  }

  /// **Returns** how many transitions were not told, because another one came before look().
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

 private:
  using GenerationBits = detail::Bits<0, 20>;

  /// **Returns** how many transitions lie between what was told last and `generation`.
  [[nodiscard]] std::uint64_t ahead(Generation generation) const noexcept {
    return (generation - generation_) & GenerationBits::max;
  }
  [[nodiscard]] bool is_news(Generation generation) const noexcept {
    return ahead(generation) != 0 && ahead(generation) <= GenerationBits::max / 2;
  }

  /// **Returns** whether `now` is the recovery of `before`, which a lost probe renewed: why() keeps what it
  /// said of it.
  static bool is_renewal_of(const Transition& before, const Transition& now) noexcept {
    return now.to == State::half_open && before.to == State::half_open && now.at == before.at;
  }
  static Transition renewed(const Transition& recovery) noexcept {
    Transition transition = recovery;
    transition.from = State::half_open;
    transition.reason = Reason::probe_lost;
    return transition;
  }

  [[nodiscard]] Transition without_reason(const Snapshot& seen) const noexcept {
    Transition transition = told_;
    transition.from = told_.to;
    transition.to = seen.state;
    transition.reason = Reason::none;
    transition.generation = seen.generation;
    transition.numbers = {};
    transition.limits = {};
    transition.words = nullptr;
    transition.has_numbers = false;
    return transition;
  }

  void tell(const Transition& transition, const Transition& kept) {
    missed_ += ahead(transition.generation) - 1;
    generation_ = transition.generation;
    told_ = kept;
    listener_(transition);
  }

  const Circuit* circuit_;
  Listener listener_;
  Transition told_;
  Generation generation_;                    // of the last transition that was told
  Generation unexplained_ = ~Generation{0};  // seen before, without a reason
  std::uint64_t missed_ = 0;
};

BREAKER_ABI_END
}  // namespace breaker
