// Ticket: the answer to a request for a permit, as the core hands it out.
#pragma once

#include <chrono>
#include <cstdint>

#include "breaker/base/state.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Result of a request for a permit: an admission or a refusal. Two registers, so that the closed
/// path never puts it into memory.
class Ticket {
 public:
  /// The refusal of a permit that was moved from, or that was never asked for.
  constexpr Ticket() noexcept = default;

  /// A call that was admitted in `stay`. `began`: when, if the policy wants to know.
  [[gnu::always_inline]] constexpr Ticket(StayId stay, Ticks began) noexcept
      : value_{began}, bits_{stay.clean_word()} {}

  /// A refusal by the circuit in `stay`. `needs_probe`: because only a probe could have passed.
  [[nodiscard]] static constexpr Ticket refused(StayId stay, Ticks retry_after,
                                                bool needs_probe = false) noexcept {
    Ticket ticket{stay, retry_after};
    ticket.bits_ |= needs_probe ? refused_bit | needs_probe_bit : refused_bit;
    return ticket;
  }

  [[nodiscard]] constexpr bool is_refused() const noexcept { return (bits_ & refused_bit) != 0; }

  /// **Returns** this refusal where no refusal is carried out: the call passes, unaccounted.
  [[nodiscard]] constexpr Ticket in_shadow() const noexcept {
    Ticket ticket = *this;
    ticket.bits_ ^= refused_bit | shadow_bit;
    return ticket;
  }
  [[nodiscard]] constexpr bool is_in_shadow() const noexcept { return (bits_ & shadow_bit) != 0; }

  /// **Requires** an admission.
  [[nodiscard, gnu::always_inline]] constexpr StayId stay() const noexcept {
    return StayId::begun_by(bits_);
  }
  [[nodiscard]] constexpr Ticks began() const noexcept { return value_; }

  /// **Requires** a refusal.
  [[nodiscard, gnu::always_inline]] constexpr Rejection rejection() const noexcept {
    const StayId stay = StayId::of(bits_);
    const State state = stay.state();
    return {.retry_after = std::chrono::nanoseconds{value_},
            .generation = stay.generation(),
            .reason = (bits_ & needs_probe_bit) != 0 ? RejectionReason::needs_probe
                      : state == State::half_open    ? RejectionReason::probes_busy
                      : state == State::forced_open  ? RejectionReason::forced_open
                                                     : RejectionReason::open};
  }

  /// **Returns** the generation that admitted or refused the call; 0 if it is not accounted for.
  [[nodiscard]] constexpr Generation generation() const noexcept {
    return StayId::of(bits_).generation();
  }

  // A permit keeps both parts, laid out without padding.
  [[nodiscard]] constexpr Ticks value() const noexcept { return value_; }
  [[nodiscard]] constexpr std::uint32_t bits() const noexcept {
    return static_cast<std::uint32_t>(bits_);
  }
  [[nodiscard]] static constexpr Ticket of(Ticks value, std::uint32_t bits) noexcept {
    return Ticket{StayId::begun_by(bits), value};
  }

 private:
  // Above the 29 bits of a stay.
  static constexpr std::uint64_t refused_bit = std::uint64_t{1} << 31;
  static constexpr std::uint64_t needs_probe_bit = std::uint64_t{1} << 30;
  static constexpr std::uint64_t shadow_bit = std::uint64_t{1} << 29;

  Ticks value_ = 0;                   // admitted: when; refused: retry_after
  std::uint64_t bits_ = refused_bit;  // the stay that admitted or refused the call
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
