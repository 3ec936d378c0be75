// Refusals: where a circuit counts the calls that it refuses.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/listen/listener.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

// Whether a circuit counts its refusals: unless its listener, or one of several, says no.
template <class T>
inline constexpr bool counts_refusals = [] {
  if constexpr (requires { T::counts_refusals; }) {
    return bool{T::counts_refusals};
  } else {
    return true;
  }
}();
template <class... Each>
inline constexpr bool counts_refusals<Listeners<Each...>> = (counts_refusals<Each> && ...);

/// Evidence with stripes, in which threads that are refused at once do not meet.
template <class Evidence>
concept HasRefusals = requires(const Evidence& evidence) { evidence.refusals(); };

/// Count a call that was refused.
template <class Evidence>
void note_refused(Machine& machine, const Evidence& evidence) noexcept {
  if constexpr (HasRefusals<Evidence>) {
    evidence.refusals().note_refused();
  } else {
    machine.refused.fetch_add(1, relaxed);
  }
}

/// **Returns** how many were counted.
template <class Evidence>
std::uint64_t refusals(const Machine& machine, const Evidence& evidence) noexcept {
  if constexpr (HasRefusals<Evidence>) {
    return evidence.refusals().refused();
  } else {
    return machine.refused.load(relaxed);
  }
}

/// Let that begin again at 0. **Requires** that nobody else does so.
template <class Evidence>
void forget_refusals(Machine& machine, const Evidence& evidence) noexcept {
  if constexpr (HasRefusals<Evidence>) {
    evidence.refusals().forget_refused();
  } else {
    machine.refused.store(0, relaxed);
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
