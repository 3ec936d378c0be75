// Concurrent<P>: a policy of any kind as a ConcurrentPolicy.
#pragma once

#include <cstdint>

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
    // Relaxed: who asks has recorded here before, in this word's order.
    return finding_of(held_in(word_.load(relaxed), stay));
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return outcome.verdict == Verdict::failure;
  }

  [[nodiscard]] bool is_clean(std::uint64_t id) const noexcept {
    const std::uint64_t word = word_.load(relaxed);
    return TagBits::get(word) == id >> 3 && HeldBits::get(word) == 0;
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

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
