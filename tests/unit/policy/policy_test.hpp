// What the tests of policies share: a stay of their own, and one call at a time put to a policy.
#pragma once

#include <atomic>
#include <cstdint>

#include "breaker/base/stay_id.hpp"
#include "breaker/policy/place.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace policy_test {

using breaker::Numbers;
using breaker::Outcome;
using breaker::Standing;
using breaker::Stay;
using breaker::Ticks;
using breaker::Verdict;

/// A policy and its evidence in a circuit that stays closed.
template <class Policy>
class Asked {
 public:
  using Place = breaker::detail::Place<Policy>;

  explicit Asked(const Policy& policy) : policy_{policy}, place_{policy} {}

  /// **Returns** how the policy stands after a call.
  Standing settle(Verdict verdict, Ticks now = 0, Ticks took = 0) {
    return settle_in(stay(), verdict, now, took);
  }
  Standing settle_in(const Stay& stay, Verdict verdict, Ticks now = 0, Ticks took = 0) {
    return place_.record(policy_, Outcome{verdict, now, took}, stay);
  }
  /// **Returns** whether the policy trips.
  bool fails(Ticks now = 0, Ticks took = 0) {
    return settle(Verdict::failure, now, took).kind == Standing::Kind::at_limit;
  }
  bool succeeds(Ticks now = 0, Ticks took = 0) {
    return settle(Verdict::success, now, took).kind == Standing::Kind::at_limit;
  }

  void enter_next_stay() { word_ = word_ + 8; }
  [[nodiscard]] Stay stay() const { return {word_, breaker::StayId::of(word_)}; }
  [[nodiscard]] bool is_clean() const { return place_.is_clean(breaker::StayId::of(word_)); }

  [[nodiscard]] Standing look(Ticks now = 0) const { return place_.look(policy_, now, stay()); }
  [[nodiscard]] Numbers numbers(Ticks now = 0, int part = 0) const {
    return breaker::detail::look_at(policy_, place_, now, stay(), part).numbers;
  }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  Place& place() { return place_; }

 private:
  std::atomic<std::uint64_t> word_{0};
  Policy policy_;
  Place place_;
};

template <class Policy>
Asked(Policy) -> Asked<Policy>;

}  // namespace policy_test
