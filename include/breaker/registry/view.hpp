// CircuitView: what one circuit of a registry looked like.
#pragma once

#include <cstddef>

#include "breaker/base/state.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a circuit of a registry looked like: copies, all of one owner of its place. It has the members by
/// which a circuit is observed. Each number is right on its own; together they are not of one instant.
template <class Circuit>
class CircuitView {
  using Parts = detail::PartsOf<Circuit>;

 public:
  /// As CircuitBreaker. @{
  using Policy = typename Parts::Policy;
  static constexpr int part_count = detail::parts_of<Policy>;
  /// @}

  /// For a registry.
  explicit CircuitView(const typename Parts::Kept& circuit) noexcept
      : snapshot_{circuit.snapshot()},
        why_{circuit.why()},
        policy_{circuit.policy()},
        listener_{&circuit.listener().listener()} {
    if constexpr (requires { circuit.policy().under_advice(); })
      is_advised_ = detail::Peek::is_advised(circuit);
    for (int part = 0; part < part_count; ++part) numbers_[part] = circuit.numbers(part);
  }

  /// As CircuitBreaker. @{
  [[nodiscard]] State state() const noexcept { return snapshot_.state; }
  [[nodiscard]] const Snapshot& snapshot() const noexcept { return snapshot_; }
  [[nodiscard]] const Transition& why() const noexcept { return why_; }
  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] Numbers numbers(int part = 0) const noexcept { return numbers_[part]; }
  [[nodiscard]] Limits limits(int part = 0) const noexcept {
    return detail::limits_of(policy_, part);
  }
  [[nodiscard]] const Words& words(int part = 0) const noexcept {
    return detail::words_of(policy_, part);
  }
  /// @}

  /// **Returns** whether it heeded then what others say, as fleet::is_advised() has it; false unless its
  /// policy is advised().
  [[nodiscard]] bool is_advised() const noexcept { return is_advised_; }

  /// **Returns** the circuit's listener itself, no copy: that of whoever has its place now. Valid as long as
  /// the registry.
  [[nodiscard]] const typename Parts::Listener& listener() const noexcept { return *listener_; }

 private:
  Snapshot snapshot_;
  Transition why_;
  Policy policy_;
  Numbers numbers_[static_cast<std::size_t>(part_count)];
  const typename Parts::Listener* listener_;
  bool is_advised_ = false;
};

BREAKER_ABI_END
}  // namespace breaker
