// any_of, all_of: several policies as one.
#pragma once

#include <cstdint>
#include <utility>

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

namespace detail {

enum class Quorum : std::uint8_t { any, all };

/// `First` beside `Rest`, which may be combined itself.
template <Quorum quorum, TripPolicy First, TripPolicy Rest>
struct Combined {
  BREAKER_NO_UNIQUE_ADDRESS First first;
  BREAKER_NO_UNIQUE_ADDRESS Rest rest;

  static constexpr int parts = parts_of<First> + parts_of<Rest>;
  static constexpr ClockUse clock_use =
      clock_use_of<First> > clock_use_of<Rest> ? clock_use_of<First> : clock_use_of<Rest>;

  class Evidence {
    static constexpr bool has_refusals = requires(const Place<First>& one) { one.refusals(); } ||
                                         requires(const Place<Rest>& others) { others.refusals(); };

   public:
    constexpr explicit Evidence(const Combined& policy)
        : first_{policy.first}, rest_{policy.rest} {}

    [[nodiscard]] bool is_clean(StayId id) const noexcept
      requires requires(const Place<First>& one, const Place<Rest>& others) {
        one.is_clean(id);
        others.is_clean(id);
      }
    {
      return first_.is_clean(id) && rest_.is_clean(id);
    }
    [[nodiscard]] bool is_good(const Outcome& call) const noexcept
      requires requires(const Place<First>& one, const Place<Rest>& others) {
        one.is_good(call);
        others.is_good(call);
      }
    {
      return first_.is_good(call) && rest_.is_good(call);
    }
    bool record_good(const Outcome& call, const Stay& stay) noexcept {
      return first_.record_good(call, stay) && rest_.record_good(call, stay);
    }
    void depart(Ticks began, StayId stay) noexcept
      requires HearsDepartures<First> || HearsDepartures<Rest>
    {
      if constexpr (HearsDepartures<First>) first_.depart(began, stay);
      if constexpr (HearsDepartures<Rest>) rest_.depart(began, stay);
    }
    void begin(const Stay& stay) noexcept {
      if constexpr (requires { first_.begin(stay); }) first_.begin(stay);
      if constexpr (requires { rest_.begin(stay); }) rest_.begin(stay);
    }
    void adopt(const Combined& policy) noexcept {
      if constexpr (requires { first_.adopt(policy.first); }) first_.adopt(policy.first);
      if constexpr (requires { rest_.adopt(policy.rest); }) rest_.adopt(policy.rest);
    }
    [[nodiscard]] const auto& refusals() const noexcept
      requires has_refusals
    {
      if constexpr (requires { first_.refusals(); }) {
        return first_.refusals();
      } else {
        return rest_.refusals();
      }
    }
    void share() noexcept {
      share_stripes(first_);
      share_stripes(rest_);
    }

   private:
    friend Combined;
    Place<First> first_;
    Place<Rest> rest_;
  };

  /// Recorded in every part before any is asked: else a race could miss what only all reach. A stay that
  /// ends while the parts record was not over when the first one counted the call: it has counted.
  Standing record(Evidence& seen, const Outcome& call, const Stay& stay) const noexcept {
    if (stay.is_over()) return {.kind = Standing::Kind::stale};
    const Standing one = seen.first_.record(first, call, stay);
    if (one.kind == Standing::Kind::stale) return one;
    const Standing other = seen.rest_.record(rest, call, stay);
    if (other.kind == Standing::Kind::stale) return {};
    if constexpr (quorum == Quorum::any) {
      return one.kind == Standing::Kind::at_limit ? one : after_first(other);
    } else {
      return marks(call) ? look(seen, call.now, stay) : Standing{};
    }
  }

  Standing arrive(Evidence& seen, Ticks now, const Stay& stay) const noexcept
    requires HearsArrivals<First> || HearsArrivals<Rest>
  {
    const Standing one = detail::arrive_at(first, seen.first_, now, stay);
    const Standing other = detail::arrive_at(rest, seen.rest_, now, stay);
    return decided(seen, now, stay, one, other);
  }

  /// As arrive(), though no call does.
  [[nodiscard]] Standing ask(const Evidence& seen, Ticks now, const Stay& stay) const noexcept
    requires HearsArrivals<First> || HearsArrivals<Rest>
  {
    const Standing one = detail::ask_at(first, seen.first_, now, stay);
    const Standing other = detail::ask_at(rest, seen.rest_, now, stay);
    return decided(seen, now, stay, one, other);
  }

  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay) const noexcept {
    const Standing one = seen.first_.look(first, now, stay);
    const Standing other = after_first(seen.rest_.look(rest, now, stay));
    constexpr auto decides =
        quorum == Quorum::any ? Standing::Kind::below : Standing::Kind::at_limit;
    return one.kind == decides && other.kind != one.kind ? other : one;
  }

  /// **Returns** how part number `part` stands.
  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay,
                              int part) const noexcept {
    if (part < parts_of<First>) return detail::look_at(first, seen.first_, now, stay, part);
    return detail::look_at(rest, seen.rest_, now, stay, part - parts_of<First>);
  }

  /// As a probe a call is bad if it is for any part; under all_of, for all.
  [[nodiscard]] constexpr bool is_bad(const Outcome& call) const noexcept {
    if constexpr (quorum == Quorum::any) {
      return detail::is_bad(first, call) || detail::is_bad(rest, call);
    } else {
      return detail::is_bad(first, call) && detail::is_bad(rest, call);
    }
  }

  /// **Returns** whether this call may have moved a part up to its limit.
  [[nodiscard]] constexpr bool marks(const Outcome& call) const noexcept {
    return detail::marks(first, call) || detail::marks(rest, call);
  }

  [[nodiscard]] constexpr Limits limits(int part) const noexcept {
    return part < parts_of<First> ? detail::limits_of(first, part)
                                  : detail::limits_of(rest, part - parts_of<First>);
  }
  [[nodiscard]] constexpr const Words& words(int part) const noexcept {
    return part < parts_of<First> ? detail::words_of(first, part)
                                  : detail::words_of(rest, part - parts_of<First>);
  }
  [[nodiscard]] constexpr std::uint32_t window_calls(int part) const noexcept {
    return part < parts_of<First> ? detail::window_calls_of(first, part)
                                  : detail::window_calls_of(rest, part - parts_of<First>);
  }
  [[nodiscard]] constexpr ClockUse needs_clock() const noexcept
    requires AsksClock<First> || AsksClock<Rest>
  {
    const ClockUse one = detail::clock_use_now(first);
    const ClockUse other = detail::clock_use_now(rest);
    return one > other ? one : other;
  }
  constexpr void require() const {
    detail::require_policy(first);
    detail::require_policy(rest);
  }
  [[nodiscard]] constexpr bool keeps(const Combined& before) const noexcept {
    return detail::keeps(first, before.first) && detail::keeps(rest, before.rest);
  }

  /// Let `share` of each limit be enough, see advised().
  constexpr void lower(Ratio share) noexcept
    requires requires(First& one, Rest& others) {
      one.lower(share);
      others.lower(share);
    }
  {
    first.lower(share);
    rest.lower(share);
  }

  friend constexpr bool operator==(const Combined&, const Combined&) noexcept = default;

 private:
  /// **Returns** how it stands when no call has ended, and its parts stand so.
  [[nodiscard]] Standing decided(const Evidence& seen, Ticks now, const Stay& stay,
                                 const Standing& one, const Standing& other) const noexcept {
    if constexpr (quorum == Quorum::any) {
      return one.kind == Standing::Kind::at_limit ? one : after_first(other);
    } else {
      constexpr auto at_limit = Standing::Kind::at_limit;
      return one.kind == at_limit || other.kind == at_limit ? look(seen, now, stay) : Standing{};
    }
  }

  static Standing after_first(Standing rest) noexcept {
    rest.part = static_cast<std::uint8_t>(rest.part + parts_of<First>);
    return rest;
  }
};

template <Quorum quorum, class First, class... Rest>
constexpr auto combine(const First& first, const Rest&... rest) {
  if constexpr (sizeof...(Rest) == 0) {
    return first;
  } else {
    using Others = decltype(detail::combine<quorum>(rest...));
    return Combined<quorum, First, Others>{first, detail::combine<quorum>(rest...)};
  }
}

template <Quorum quorum, class First, class Rest>
inline constexpr bool is_marked_shareable<Combined<quorum, First, Rest>> =
    is_shareable<First> && is_shareable<Rest>;
template <Quorum quorum, class First, class Rest>
inline constexpr bool has_lock<Combined<quorum, First, Rest>> = has_lock<First> || has_lock<Rest>;
}  // namespace detail

/// What any_of() returns.
template <TripPolicy... Policies>
using AnyOf =
    decltype(detail::combine<detail::Quorum::any, Policies...>(std::declval<const Policies&>()...));

/// What all_of() returns.
template <TripPolicy... Policies>
using AllOf =
    decltype(detail::combine<detail::Quorum::all, Policies...>(std::declval<const Policies&>()...));

/// **Returns** a policy that trips when one of `policies` does. Each call is recorded in every
/// part. One clock reading serves all. The numbers of a trip are those of the first part that
/// stands at its limit.
template <TripPolicy... Policies>
  requires(sizeof...(Policies) >= 2)
[[nodiscard]] constexpr AnyOf<Policies...> any_of(const Policies&... policies) {
  return detail::combine<detail::Quorum::any>(policies...);
}

/// **Returns** a policy that trips when all of `policies` stand at their limits, asked after a failure
/// or what one of them calls bad. The numbers of a trip are those of the first. Each part must be able
/// to `look` (those that the library brings are).
template <TripPolicy... Policies>
  requires(sizeof...(Policies) >= 2)
[[nodiscard]] constexpr AllOf<Policies...> all_of(const Policies&... policies) {
  return detail::combine<detail::Quorum::all>(policies...);
}

BREAKER_ABI_END
}  // namespace breaker
