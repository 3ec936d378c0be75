// Ticket: what asking for a permit came to, as the core hands it out.
#pragma once

#include <chrono>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// An id that no circuit ever has: of a call that passes without being accounted for.
inline constexpr Id unaccounted_id = 7;

/// What asking for a permit came to. Two registers, so that the closed path never puts it into
/// memory.
struct Ticket {
  static constexpr Id refused_bit = Id{1} << 31;

  Ticks value = 0;      // admitted: when, if the policy wants to know; refused: retry_after
  Id id = refused_bit;  // the stay that admitted or refused the call; refused: with refused_bit

  [[nodiscard]] constexpr bool is_refused() const noexcept { return (id & refused_bit) != 0; }

  /// **Requires** a refusal.
  [[nodiscard, gnu::always_inline]] constexpr Rejection rejection() const noexcept {
    const State state = state_of(id);
    return {.retry_after = std::chrono::nanoseconds{value},
            .generation = generation_of(id),
            .reason = state == State::half_open     ? RejectionReason::probes_busy
                      : state == State::forced_open ? RejectionReason::forced_open
                                                    : RejectionReason::open};
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
