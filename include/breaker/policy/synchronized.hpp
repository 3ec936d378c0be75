// Synchronized: puts a mutex around a sequential policy. The one lock that a call can meet.
#pragma once

#include <limits>
#include <type_traits>

#include "breaker/base/mutex.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A policy of your own, made fit for many threads: one lock around each of its functions, and its
/// evidence cleared when a new stay begins. The library does this by itself to a policy that is
/// only a TripPolicy.
///
/// **Thread safety** every member may be called by any thread. Not lock-free, and not to be used in
/// a signal handler.
template <TripPolicy Policy>
class Synchronized {
 public:
  static constexpr int parts = 1;
  static constexpr ClockUse clock_use = [] {
    if constexpr (requires { Policy::clock_use; }) {
      return Policy::clock_use;
    } else {
      return ClockUse::on_settle;
    }
  }();

  /// Keeps `policy`. **Throws** what moving it throws.
  constexpr explicit Synchronized(Policy policy) noexcept(
      std::is_nothrow_move_constructible_v<Policy>)
      : policy_{static_cast<Policy&&>(policy)} {}
  /// Copies the policy; what it holds is void, see Stay. **Requires** that nobody uses `other`.
  constexpr Synchronized(const Synchronized& other) : policy_{other.policy_} {}

  /// What the circuit asks of a policy, from here on: see ConcurrentPolicy.
  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    const detail::Lock lock{mutex_};
    if (stay.is_over()) return false;
    if (generation_ != stay.generation()) {
      policy_.clear();
      generation_ = stay.generation();
    }
    stands_ = policy_.record(outcome);
    if (finding != nullptr) *finding = {stands_, 0, evidence_of(policy_)};
    return true;
  }

  [[nodiscard]] Finding ask(Ticks /*now*/, const Stay& stay) const noexcept {
    const detail::Lock lock{mutex_};
    if (generation_ != stay.generation()) return {};
    return {stands_, 0, evidence_of(policy_)};
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    if constexpr (requires { policy_.is_bad(outcome); }) {
      const detail::Lock lock{mutex_};
      return outcome.verdict == Verdict::failure || policy_.is_bad(outcome);
    } else {
      return outcome.verdict == Verdict::failure;
    }
  }

  [[nodiscard]] Evidence evidence(Ticks /*now*/, const Stay& stay) const noexcept {
    const detail::Lock lock{mutex_};
    return generation_ == stay.generation() ? evidence_of(policy_) : Evidence{0, 0, 0};
  }

  [[nodiscard]] Limit limit(int /*part*/) const noexcept {
    if constexpr (requires { policy_.limit(); }) {
      const detail::Lock lock{mutex_};
      return policy_.limit();
    } else {
      return {.rule = Rule::custom};
    }
  }

 private:
  static Evidence evidence_of(const Policy& policy) noexcept {
    if constexpr (requires { policy.evidence(); }) {
      return policy.evidence();
    } else {
      return {0, 0, 0};
    }
  }

  mutable detail::Mutex mutex_;
  Generation generation_ = std::numeric_limits<Generation>::max();  // no stay's; guarded by mutex_
  bool stands_ = false;  // what the policy answered last; guarded by mutex_
  Policy policy_;        // guarded by mutex_
};

/// **Returns** `policy` with a lock around it.
template <TripPolicy Policy>
[[nodiscard]] constexpr Synchronized<Policy> synchronized(Policy policy) {
  return Synchronized<Policy>{static_cast<Policy&&>(policy)};
}

BREAKER_ABI_END
}  // namespace breaker
