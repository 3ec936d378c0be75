// Permit: the right to make one call, in two steps. It settles itself if you don't.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

#include "breaker/base/duration.hpp"
#include "breaker/base/keep_errno.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/fallback.hpp"
#include "breaker/call/guard.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/refusal.hpp"
#include "breaker/call/result.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {
struct PermitMaker;

/// Whether a call has departed, if anybody wants to know.
template <bool is_asked>
struct Departed {
  bool yes = false;
};
template <>
struct Departed<false> {};

}  // namespace detail

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

  /// Takes what `other` holds: that is moved from.
  Permit(Permit&& other) noexcept
      : core_{std::exchange(other.core_, nullptr)},
        value_{other.value_},
        bits_{other.bits_},
        is_settled_{other.is_settled_},
        if_dropped_{other.if_dropped_},
        departed_{other.departed_} {}

  /// Drops what this permit holds, then takes `other`'s.
  Permit& operator=(Permit&& other) noexcept {
    if (this != &other) {
      drop();
      core_ = std::exchange(other.core_, nullptr);
      value_ = other.value_;
      bits_ = other.bits_;
      is_settled_ = other.is_settled_;
      if_dropped_ = other.if_dropped_;
      departed_ = other.departed_;
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

  /// **Returns** the refusal as `call` throws it: with the circuit's name, and in words. **Requires** a
  /// refused permit of a circuit that is still there. **Complexity** O(1), some snprintf.
  [[nodiscard]] CircuitOpen refusal() const noexcept { return core_->refusal(ticket()); }

  /// **Returns** the generation that admitted or refused the call; 0 if it is not accounted for.
  [[nodiscard]] Generation generation() const noexcept { return ticket().generation(); }

  /// **Returns** what tells the circuit of this permit from others, see CircuitOpen::circuit().
  /// Null when moved from.
  [[nodiscard]] const void* circuit() const noexcept { return core_; }

  /// Report the call's verdict.
  /// `retry_after`: with a failure, how long the answer asked to wait, up to Config::retry_after_max
  /// (with any other verdict it says nothing). The circuit remembers the latest of these in a stay: if
  /// that is still ahead when the circuit opens, it waits at least until then.
  /// **Returns** whether it counted, see Settled. **Throws** nothing. **Complexity** O(1);
  /// listeners run before it returns.
  Settled settle(Verdict verdict, Duration retry_after = {}) noexcept {
    if (!*this) return Settled::refused;
    if (std::exchange(is_settled_, true)) return Settled::repeated;
    depart();
    if (verdict == Verdict::failure) core_->note_asked(ticket(), retry_after.ticks());
    return core_->template settle<false>(ticket(), verdict);
  }

  /// Report the call's result, or its exception, to be judged as `call` judges one: by the circuit's
  /// classifier, else by the default rule. A null `exception` counts as ignored.
  /// **Returns** as settle(). **Throws** what the classifier throws; the permit is then unsettled. @{
  template <class R>
  Settled settle_by(const R& result) {
    static_assert(
        !detail::Unfinished<R>,
        "breaker: this result is not there yet; settle the permit by the one that it gives");
    if (!*this || is_settled_) return settle(Verdict::ignored);
    const detail::KeepErrno keep;
    return settle(detail::judge_result(core_->classifier(), result, took()));
  }
  Settled settle_by(const std::exception_ptr& exception) {
    if (!*this || is_settled_ || !exception) return settle(Verdict::ignored);
    const detail::KeepErrno keep;
    return settle(detail::judge_exception(core_->classifier(), exception,
                                          detail::verdict_on(exception, circuit()), took()));
  }
  /// @}

  /// The same for an adapter, which knows what the results of its library mean: `classifier` judges what
  /// the circuit's own leaves alone, and the default rule what that leaves alone. `its_time`: how long
  /// the call took, for `classifier`, if it takes that; the circuit's own is told by the circuit. @{
  template <class R, class Classifier>
  Settled settle_by(const R& result, const Classifier& classifier,
                    std::chrono::nanoseconds its_time = {}) {
    static_assert(
        !detail::Unfinished<R>,
        "breaker: this result is not there yet; settle the permit by the one that it gives");
    if (!*this || is_settled_) return settle(Verdict::ignored);
    const Judgement own = detail::judged_by(core_->classifier(), result, took());
    return settle(own.is_made ? own : detail::judge_result(classifier, result, its_time));
  }
  template <class Classifier>
  Settled settle_by(const std::exception_ptr& exception, const Classifier& classifier,
                    std::chrono::nanoseconds its_time = {}) {
    if (!*this || is_settled_ || !exception) return settle(Verdict::ignored);
    const Judgement own = detail::judged_by(core_->classifier(), exception, took());
    if (own.is_made) return settle(own);
    return settle(detail::judge_exception(classifier, exception,
                                          detail::verdict_on(exception, circuit()), its_time));
  }
  /// @}

  /// As settle(), with that judgement or verdict. @{
  Settled settle(const Judgement& judgement) noexcept {
    if (!*this) return Settled::refused;
    if (std::exchange(is_settled_, true)) return Settled::repeated;
    depart();
    return detail::settle_judged<false>(*core_, ticket(), judgement);
  }
  Settled success() noexcept { return settle(Verdict::success); }
  Settled failure() noexcept { return settle(Verdict::failure); }
  Settled ignore() noexcept { return settle(Verdict::ignored); }
  /// @}

  /// Choose what dropping this permit unsettled counts as. Default: ignored. A timeout that
  /// destroys its operation must not hide a hang: say `Verdict::failure` there.
  void if_dropped(Verdict verdict) noexcept { if_dropped_ = verdict; }

  /// This call is long by nature, such as a stream or a long poll: Overdue does not wait for it, from
  /// now on. All else stays: it is settled as any other, and to a SlowCallRate it is a slow one. Does
  /// nothing for a probe, which has a lease, and where the policy does not watch calls.
  void expect_long() noexcept {
    if (*this && !is_settled_) depart();
  }

 private:
  template <class, class, class, class, class>
  friend class CircuitBreaker;
  friend detail::PermitMaker;
  Permit(Core& core, detail::Ticket ticket) noexcept
      : core_{&core}, value_{ticket.value()}, bits_{ticket.bits()} {}

  [[nodiscard]] detail::Ticket ticket() const noexcept { return detail::Ticket::of(value_, bits_); }

  /// **Returns** how long the call has taken, for a classifier that wants to know.
  [[nodiscard]] std::chrono::nanoseconds took() const noexcept {
    if constexpr (Core::tells_time)
      return std::chrono::nanoseconds{core_->inside().since(ticket().began())};
    return {};
  }

  /// Once: an equal call, that began at the same time, keeps its place.
  void depart() noexcept {
    if constexpr (Core::hears_departures) {
      if (!std::exchange(departed_.yes, true)) core_->depart(ticket());
    }
  }

  void drop() noexcept {
    if (!is_settled_) settle(if_dropped_);
  }

  Core* core_ = nullptr;
  Ticks value_ = 0;  // a ticket's two parts, laid out without its padding
  std::uint32_t bits_ = detail::Ticket{}.bits();
  bool is_settled_ = false;
  Verdict if_dropped_ = Verdict::ignored;
  BREAKER_NO_UNIQUE_ADDRESS detail::Departed<Core::hears_departures> departed_;
};

/// For code that makes calls of its own accord: what to return for a refused permit. **Returns** the refusal
/// inside an `R`, if that can carry an error, as CircuitBreaker::call() does. **Throws** CircuitOpen, if it
/// can't. **Requires** a refused permit of a circuit that is still there.
template <class R, class Core>
[[nodiscard]] R refused_as(const Permit<Core>& permit) {
  return detail::reject<R>(permit);
}

namespace detail {

/// Makes permits for a registry, which finds the circuit for each.
struct PermitMaker {
  template <class Core>
  static Permit<Core> make(Core& core, Ticket ticket) noexcept {
    return Permit<Core>{core, ticket};
  }
  /// **Returns** what `permit` holds, if it is of `core`; else no admission.
  template <class Core>
  static Ticket ticket_of(const Permit<Core>& permit, const Core& core) noexcept {
    return permit.circuit() == &core ? permit.ticket() : Ticket{};
  }
};

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
