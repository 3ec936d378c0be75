// Permit: the right to make one call, in two steps. It settles itself if you don't.
#pragma once

#include <cstdint>
#include <utility>

#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// The right to make one call, or the refusal of it. Move-only; belongs to no thread. Settle it
/// once with the call's verdict. Destroyed or assigned to unsettled, it hands its slot back and
/// counts as ignored, see if_dropped().
///
/// **Requires** that the circuit outlives it. (It can't live in a std::function, which copies.)
/// **Thread safety** one thread at a time may use a permit; different permits of one circuit are
/// independent. The type to store: `decltype(circuit)::Permit`.
template <class Core>
class [[nodiscard]] Permit {
 public:
  /// No permit: false, and settling it answers `Settled::refused`.
  constexpr Permit() noexcept = default;

  Permit(Permit&& other) noexcept
      : core_{std::exchange(other.core_, nullptr)},
        value_{other.value_},
        bits_{other.bits_},
        is_settled_{other.is_settled_},
        if_dropped_{other.if_dropped_} {}

  /// Drops what this permit holds, then takes `other`'s.
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      drop();
      core_ = std::exchange(other.core_, nullptr);
      value_ = other.value_;
      bits_ = other.bits_;
      is_settled_ = other.is_settled_;
      if_dropped_ = other.if_dropped_;
    }
    return *this;
  }

  ~Permit() { drop(); }

  /// **Returns** whether the call may be made. Stays true once settled; false when moved from.
  [[nodiscard]] explicit operator bool() const noexcept {
    return core_ != nullptr && !ticket().is_refused();
  }

  /// **Returns** whether the call is a probe: the circuit was half-open when it was admitted. False
  /// when refused or moved from.
  [[nodiscard]] bool is_probe() const noexcept {
    return *this && ticket().stay().state() == State::half_open;
  }

  /// **Returns** why the call was refused, and for how long. **Requires** a refused permit.
  [[nodiscard]] Rejection rejection() const noexcept { return ticket().rejection(); }

  /// **Returns** the generation that admitted or refused the call; 0 if it is not accounted for.
  [[nodiscard]] Generation generation() const noexcept { return ticket().generation(); }

  /// Report the call's verdict.
  /// `retry_after`: with a failure, how long the answer asked to wait, up to Config::retry_after_max
  /// (with any other verdict it says nothing). The circuit remembers the latest of these in a stay: if
  /// that is still ahead when the circuit opens, it waits at least until then.
  /// **Returns** whether it counted, see Settled. **Throws** nothing. **Complexity** O(1);
  /// listeners run before it returns.
  Settled settle(Verdict verdict, Duration retry_after = {}) noexcept {
    if (!*this) return Settled::refused;
    if (std::exchange(is_settled_, true)) return Settled::repeated;
    return core_->settle(ticket(), verdict, retry_after.ticks());
  }

  /// As settle(), with that verdict.
  Settled success() noexcept { return settle(Verdict::success); }
  Settled failure() noexcept { return settle(Verdict::failure); }
  Settled ignore() noexcept { return settle(Verdict::ignored); }

  /// Choose what dropping this permit unsettled counts as. Default: ignored. A timeout that
  /// destroys its operation must not hide a hang: say `Verdict::failure` there.
  void if_dropped(Verdict verdict) noexcept { if_dropped_ = verdict; }

 private:
  template <class, class, class, class>
  friend class CircuitBreaker;
  Permit(Core& core, detail::Ticket ticket) noexcept
      : core_{&core}, value_{ticket.value()}, bits_{ticket.bits()} {}

  [[nodiscard]] detail::Ticket ticket() const noexcept { return detail::Ticket::of(value_, bits_); }

  void drop() noexcept {
    if (!is_settled_) settle(if_dropped_);
  }

  Core* core_ = nullptr;
  Ticks value_ = 0;  // a ticket's two parts, laid out without its padding
  std::uint32_t bits_ = detail::Ticket{}.bits();
  bool is_settled_ = false;
  Verdict if_dropped_ = Verdict::ignored;
};

BREAKER_ABI_END
}  // namespace breaker
