// What the tests of policies share: a stay of their own, and one call at a time put to a policy.
#pragma once

#include <atomic>
#include <cstdint>

#include "breaker/base/stay_id.hpp"
#include "breaker/concepts.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace policy_test {

using breaker::Evidence;
using breaker::Finding;
using breaker::Outcome;
using breaker::Ticks;
using breaker::Verdict;

/// A policy in a circuit that stays closed, asked after each call that it calls bad.
template <class Policy>
class Asked {
 public:
  explicit Asked(const Policy& policy) : policy_{policy} {}

  /// **Returns** what the policy found: at its threshold or not.
  Finding settle(Verdict verdict, Ticks now = 0, Ticks took = 0) {
    const Outcome outcome{verdict, now, took};
    Finding finding;
    const bool asks = policy_.is_bad(outcome);
    is_recorded_ = policy_.record(outcome, stay(), asks ? &finding : nullptr);
    return finding;
  }
  bool fails(Ticks now = 0, Ticks took = 0) {
    return settle(Verdict::failure, now, took).at_threshold;
  }
  bool succeeds(Ticks now = 0, Ticks took = 0) {
    return settle(Verdict::success, now, took).at_threshold;
  }

  void enter_next_stay() { word_ = word_ + 8; }
  [[nodiscard]] breaker::Stay stay() const { return {word_, breaker::StayId::of(word_)}; }
  [[nodiscard]] Evidence evidence(Ticks now = 0) const { return policy_.evidence(now, stay()); }
  [[nodiscard]] bool is_recorded() const { return is_recorded_; }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  Policy& policy() { return policy_; }

 private:
  std::atomic<std::uint64_t> word_{0};
  Policy policy_;
  bool is_recorded_ = false;
};

template <class Policy>
Asked(Policy) -> Asked<Policy>;

}  // namespace policy_test
