// Concurrent<P>: a policy of any kind as a ConcurrentPolicy.
#pragma once

#include <cstdint>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/synchronized.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A WordPolicy that has no place in the state word, because it is a part of a combined policy: a
/// word of its own.
template <WordPolicy Policy>
class OwnWord {
 public:
  static constexpr int parts = 1;
  static constexpr ClockUse clock_use = ClockUse::none;

  constexpr explicit OwnWord(Policy policy) noexcept : policy_{policy} {}
  constexpr OwnWord(const OwnWord& other) noexcept
      : policy_{other.policy_} {}  // a copy starts empty

  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    std::uint64_t word = word_.load(acquire);  // pairs with the exchange below, see Stay::is_over
    std::uint64_t held = 0;
    for (;;) {
      const bool ours = TagBits::get(word) == stay.generation();
      if (!ours && stay.is_over()) return false;
      held = policy_.after(held_in(word, stay), outcome.verdict);
      const std::uint64_t next = TagBits::put(stay.generation()) | HeldBits::put(held);
      if (next == word || word_.compare_exchange_weak(word, next, release, acquire)) break;
    }
    if (finding != nullptr) *finding = finding_of(held);
    return true;
  }

  [[nodiscard]] Finding ask(Ticks /*now*/, const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    return finding_of(held_in(word_.load(acquire), stay));
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.verdict == Verdict::failure;
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept {
    const std::uint64_t word = word_.load(relaxed);
    return TagBits::get(word) == id.generation() && HeldBits::get(word) == 0;
  }

  [[nodiscard]] Evidence evidence(Ticks /*now*/, const Stay& stay) const noexcept {
    return policy_.evidence_of(held_in(word_.load(relaxed), stay));
  }

  [[nodiscard]] Limit limit(int /*part*/) const noexcept { return policy_.limit(); }

 private:
  using TagBits = Bits<0, 20>;  // the stay's number
  using HeldBits = Bits<21, 60>;

  static std::uint64_t held_in(std::uint64_t word, const Stay& stay) noexcept {
    return TagBits::get(word) == stay.generation() ? HeldBits::get(word) : 0;
  }

  [[nodiscard]] Finding finding_of(std::uint64_t held) const noexcept {
    return {policy_.trips_at(held), 0, policy_.evidence_of(held)};
  }

  Policy policy_;
  Atomic<std::uint64_t> word_{0};
};

template <AnyPolicy Policy>
struct MakeConcurrent {
  using type = Synchronized<Policy>;
};
template <ConcurrentPolicy Policy>
struct MakeConcurrent<Policy> {
  using type = Policy;
};
template <WordPolicy Policy>
struct MakeConcurrent<Policy> {
  using type = OwnWord<Policy>;
};

template <AnyPolicy Policy>
using Concurrent = typename MakeConcurrent<Policy>::type;

/// What a circuit makes of its policy: one that fits lives in the state word; any other is made fit
/// for many threads, if it is not.
template <class Policy>
using EngineOf = typename std::conditional_t<WordPolicy<Policy>, std::type_identity<Policy>,
                                             MakeConcurrent<Policy>>::type;

/// **Returns** what part number `part` of a policy of any kind holds its numbers against.
template <AnyPolicy Policy>
Limit limit_of(const Policy& policy, int part) noexcept {
  if constexpr (WordPolicy<Policy>) {
    return policy.limit();
  } else {
    return policy.limit(part);
  }
}

/// **Returns** whether a call of this outcome is a bad one to a policy of any kind.
template <AnyPolicy Policy>
bool is_bad(const Policy& policy, const Outcome& outcome) noexcept {
  if constexpr (!WordPolicy<Policy>) {
    if (policy.is_bad(outcome)) return true;
  }
  return outcome.verdict == Verdict::failure;
}

/// **Returns** when a policy or a listener needs the clock read.
template <class T>
inline constexpr ClockUse clock_use_of = [] {
  if constexpr (requires { T::clock_use; }) {
    return T::clock_use;
  } else {
    return ClockUse::none;
  }
}();

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
