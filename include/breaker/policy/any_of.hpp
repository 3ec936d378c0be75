// any_of, all_of: several policies as one.
#pragma once

#include <cstdint>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/concurrent.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

enum class Quorum : std::uint8_t { any, all };

/// `First` beside `Rest`, laid out flat.
template <Quorum quorum, class First, class Rest>
class Combined {
 public:
  static constexpr int parts = First::parts + Rest::parts;
  static constexpr ClockUse clock_use =
      First::clock_use > Rest::clock_use ? First::clock_use : Rest::clock_use;

  constexpr Combined(const First& first, const Rest& rest) : first_{first}, rest_{rest} {}

  bool record(const Outcome& outcome, const Stay& stay, Finding* finding) noexcept {
    if (finding == nullptr) {
      return first_.record(outcome, stay, nullptr) && rest_.record(outcome, stay, nullptr);
    }
    if constexpr (quorum == Quorum::any) {
      Finding rest;
      if (!first_.record(outcome, stay, finding)) return false;
      if (!rest_.record(outcome, stay, &rest)) return false;
      *finding = merge(*finding, rest);
    } else {
      // Recorded in every part before any is asked: else a race could miss what only both reach.
      if (!record(outcome, stay, nullptr)) return false;
      *finding = ask(outcome.now, stay);
    }
    return true;
  }

  [[nodiscard]] Finding ask(Ticks now, const Stay& stay) noexcept {
    return merge(first_.ask(now, stay), rest_.ask(now, stay));
  }

  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept {
    return first_.is_bad(outcome) || rest_.is_bad(outcome);
  }

  [[nodiscard]] bool is_clean(StayId id) const noexcept
    requires requires(const First& first, const Rest& rest) {
      first.is_clean(id);
      rest.is_clean(id);
    }
  {
    return first_.is_clean(id) && rest_.is_clean(id);
  }

  void begin(const Stay& stay) noexcept {
    if constexpr (requires { first_.begin(stay); }) first_.begin(stay);
    if constexpr (requires { rest_.begin(stay); }) rest_.begin(stay);
  }

  [[nodiscard]] Evidence evidence(Ticks now, const Stay& stay) const noexcept {
    return largest(first_.evidence(now, stay), rest_.evidence(now, stay));
  }

  [[nodiscard]] Limit limit(int part) const noexcept {
    return part < First::parts ? first_.limit(part) : rest_.limit(part - First::parts);
  }

 private:
  static Finding merge(const Finding& first, Finding rest) noexcept {
    rest.part += First::parts;
    if constexpr (quorum == Quorum::any) {
      return first.at_threshold ? first : rest;
    } else {
      return {first.at_threshold && rest.at_threshold, first.part,
              largest(first.evidence, rest.evidence)};
    }
  }

  static Evidence largest(const Evidence& a, const Evidence& b) noexcept {
    return {a.calls > b.calls ? a.calls : b.calls,
            a.failures > b.failures ? a.failures : b.failures, a.slow > b.slow ? a.slow : b.slow};
  }

  First first_;
  Rest rest_;
};

template <Quorum quorum, class First, class... Rest>
struct Combine {
  using type = Combined<quorum, Concurrent<First>, typename Combine<quorum, Rest...>::type>;
  static constexpr type make(const First& first, const Rest&... rest) {
    return type{Concurrent<First>{first}, Combine<quorum, Rest...>::make(rest...)};
  }
};
template <Quorum quorum, class Last>
struct Combine<quorum, Last> {
  using type = Concurrent<Last>;
  static constexpr type make(const Last& last) { return type{last}; }
};

}  // namespace detail

/// What any_of() returns.
template <AnyPolicy... Policies>
using AnyOf = typename detail::Combine<detail::Quorum::any, Policies...>::type;

/// What all_of() returns.
template <AnyPolicy... Policies>
using AllOf = typename detail::Combine<detail::Quorum::all, Policies...>::type;

/// **Returns** a policy that trips when one of `policies` does. Each call is recorded in every
/// part; when a failure or a slow call comes in, each part is asked whether it stands at its
/// threshold or above. One clock reading serves all. The evidence of a trip is that of the first
/// part that stands so. Its evidence at other times is the largest of each number over the parts.
template <AnyPolicy... Policies>
  requires(sizeof...(Policies) >= 2)
[[nodiscard]] constexpr AnyOf<Policies...> any_of(const Policies&... policies) {
  return detail::Combine<detail::Quorum::any, Policies...>::make(policies...);
}

/// **Returns** a policy that trips when all of `policies` stand at their thresholds or above, asked
/// as in any_of(). The evidence of a trip is the largest of each number over the parts; its limit
/// is that of the first.
template <AnyPolicy... Policies>
  requires(sizeof...(Policies) >= 2)
[[nodiscard]] constexpr AllOf<Policies...> all_of(const Policies&... policies) {
  return detail::Combine<detail::Quorum::all, Policies...>::make(policies...);
}

BREAKER_ABI_END
}  // namespace breaker
