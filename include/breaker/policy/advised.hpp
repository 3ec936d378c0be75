// Advised: a policy that needs less evidence while others say that what it guards is down.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/place.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A policy that takes advice, see advised(). It counts as the policy does that it was made from.
/// Usually it trips as that one; while advice stands, as one with lower limits. Advice alone trips
/// nothing: there must be as much evidence of the circuit's own as the lower limits ask for.
/// The first half of its parts are those of the usual policy, the second half those under advice:
/// `why()` says which limits were reached. A failure costs a clock reading, and two loads.
template <TripPolicy P>
class Advised {
 public:
  /// `usual`: what trips. `under_advice`: what trips while advice stands. The two differ in their
  /// limits alone: what one counts holds under the other.
  constexpr Advised(const P& usual, const P& under_advice)
      : usual_{usual}, under_advice_{under_advice} {}

  /// **Returns** the policy without advice.
  [[nodiscard]] constexpr const P& usual() const noexcept { return usual_; }
  /// **Returns** the policy while advice stands.
  [[nodiscard]] constexpr const P& under_advice() const noexcept { return under_advice_; }

  /// What the circuit asks of a policy, from here on: see TripPolicy. @{
  static constexpr int parts = 2 * detail::parts_of<P>;
  static constexpr ClockUse clock_use =
      clock_use_of<P> > ClockUse::on_failure ? clock_use_of<P> : ClockUse::on_failure;

  /// What the policy counts, and until when advice stands.
  class Evidence {
   public:
    /// Nothing counted, no advice.
    constexpr explicit Evidence(const Advised& policy) : place_{policy.usual_} {}

    /// Advice stands from `from` until `until`, in place of what stood before.
    void advise(Ticks from, Ticks until) noexcept {
      from_.store(from, detail::relaxed);
      until_.store(until, detail::relaxed);
    }
    /// A clock that was set back ends it.
    [[nodiscard]] bool is_advised(Ticks now) const noexcept {
      return now < until_.load(detail::relaxed) && now >= from_.load(detail::relaxed);
    }

    /// What the circuit asks of evidence: see TripPolicy. @{
    [[nodiscard]] bool is_clean(StayId id) const noexcept
      requires requires(const detail::Place<P>& place) { place.is_clean(id); }
    {
      return place_.is_clean(id);
    }
    [[nodiscard]] bool is_good(const Outcome& call) const noexcept
      requires requires(const detail::Place<P>& place) { place.is_good(call); }
    {
      return place_.is_good(call);
    }
    bool record_good(const Outcome& call, const Stay& stay) noexcept {
      return place_.record_good(call, stay);
    }
    void depart(Ticks began, StayId stay) noexcept
      requires detail::HearsDepartures<P>
    {
      place_.depart(began, stay);
    }
    void begin(const Stay& stay) noexcept {
      if constexpr (requires { place_.begin(stay); }) place_.begin(stay);
    }
    void adopt(const Advised& policy) noexcept {
      if constexpr (requires { place_.adopt(policy.usual_); }) place_.adopt(policy.usual_);
    }
    void share() noexcept { detail::share_stripes(place_); }
    /// @}

   private:
    friend Advised;
    detail::Place<P> place_;
    // Each guards itself. Two that do not belong together are advice that stands a little longer or
    // shorter; a failure that misses advice is followed by one that does not.
    detail::Atomic<Ticks> from_{0};
    detail::Atomic<Ticks> until_{0};
  };

  Standing record(Evidence& seen, const Outcome& call, const Stay& stay) const noexcept {
    if (!seen.is_advised(call.now)) return seen.place_.record(usual_, call, stay);
    return of_second_half(seen.place_.record(under_advice_, call, stay));
  }

  Standing arrive(Evidence& seen, Ticks now, const Stay& stay) const noexcept
    requires detail::HearsArrivals<P>
  {
    if (!seen.is_advised(now)) return seen.place_.arrive(usual_, now, stay);
    return of_second_half(seen.place_.arrive(under_advice_, now, stay));
  }

  /// As arrive(), though no call does.
  [[nodiscard]] Standing ask(const Evidence& seen, Ticks now, const Stay& stay) const noexcept
    requires detail::HearsArrivals<P>
  {
    if (!seen.is_advised(now)) return detail::ask_at(usual_, seen.place_, now, stay);
    return of_second_half(detail::ask_at(under_advice_, seen.place_, now, stay));
  }

  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay) const noexcept {
    if (!seen.is_advised(now)) return seen.place_.look(usual_, now, stay);
    return of_second_half(seen.place_.look(under_advice_, now, stay));
  }
  /// **Returns** how part number `part` stands.
  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay,
                              int part) const noexcept {
    return detail::look_at(policy_of(part), seen.place_, now, stay, part_in_half(part));
  }

  [[nodiscard]] constexpr bool is_bad(const Outcome& call) const noexcept {
    return detail::is_bad(usual_, call);
  }
  [[nodiscard]] constexpr bool marks(const Outcome& call) const noexcept {
    return detail::marks(usual_, call);
  }
  [[nodiscard]] constexpr Limits limits(int part) const noexcept {
    return detail::limits_of(policy_of(part), part_in_half(part));
  }
  [[nodiscard]] constexpr const Words& words(int part) const noexcept {
    return detail::words_of(policy_of(part), part_in_half(part));
  }
  [[nodiscard]] constexpr std::uint32_t window_calls(int part) const noexcept {
    return detail::window_calls_of(usual_, part_in_half(part));
  }
  [[nodiscard]] constexpr ClockUse needs_clock() const noexcept
    requires detail::AsksClock<P>
  {
    const ClockUse of_policy = detail::clock_use_now(usual_);
    return of_policy > ClockUse::on_failure ? of_policy : ClockUse::on_failure;
  }
  constexpr void require() const {
    detail::require_policy(usual_);
    detail::require_policy(under_advice_);
    detail::require_setting(detail::keeps(under_advice_, usual_), "Advised.under_advice", 0,
                            "the usual policy with other limits (it counts other calls)");
  }
  [[nodiscard]] constexpr bool keeps(const Advised& before) const noexcept {
    return detail::keeps(usual_, before.usual_);
  }
  /// @}

  friend constexpr bool operator==(const Advised&, const Advised&) noexcept = default;

 private:
  static constexpr int half = detail::parts_of<P>;

  static constexpr int part_in_half(int part) noexcept { return part < half ? part : part - half; }
  [[nodiscard]] constexpr const P& policy_of(int part) const noexcept {
    return part < half ? usual_ : under_advice_;
  }
  static Standing of_second_half(Standing standing) noexcept {
    standing.part = static_cast<std::uint8_t>(standing.part + half);
    return standing;
  }

  BREAKER_NO_UNIQUE_ADDRESS P usual_;
  BREAKER_NO_UNIQUE_ADDRESS P under_advice_;
};

namespace detail {
template <class P>
inline constexpr bool is_marked_shareable<Advised<P>> = is_shareable<P>;
template <class P>
inline constexpr bool has_lock<Advised<P>> = has_lock<P>;
}  // namespace detail

/// What fleet::Agent tells a circuit, and advise() by hand, is heeded where the policy is an advised
/// one: `CircuitBreaker{config, advised(ConsecutiveFailures{5})}`. While advice stands, `share` of
/// the limits is enough, rounded up, but at least 2: of 5 in a row 2; of a rate the same rate of a
/// share of `min_calls`; of the score of a Cusum, but more than one failure adds; of calls that hang a share;
/// of several policies each.
/// Your own policy has a member `void lower(Ratio share)`, which lowers its limits, or is given in
/// both forms.
/// **Throws** ConfigError if `share` is not above 0 and up to 1. @{
template <TripPolicy P>
  requires requires(P& policy, Ratio share) { policy.lower(share); }
[[nodiscard]] constexpr Advised<P> advised(const P& policy, Ratio share = Ratio{2, 5}) {
  detail::require_setting(share.is_share(), "advised.share", share.part(),
                          "a share above 0 and up to 1 (shown: its numerator)");
  P lower = policy;
  lower.lower(share);
  return Advised<P>{policy, lower};
}
template <TripPolicy P>
[[nodiscard]] constexpr Advised<P> advised(const P& usual, const P& under_advice) {
  return Advised<P>{usual, under_advice};
}
/// @}

BREAKER_ABI_END
}  // namespace breaker
