// rule_of: what a policy trips on, as data.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** both together, or none where TripRules can't hold what they say.
constexpr TripRules joined(Quorum quorum, const TripRules& one, const TripRules& other) noexcept {
  const auto trip = quorum == Quorum::any ? TripRules::Trip::on_any : TripRules::Trip::on_all;
  const auto fits = [trip](const TripRules& part) {
    return part.count == 1 || (part.count > 1 && part.trip == trip);
  };
  if (!fits(one) || !fits(other) || one.count + other.count > TripRules::most) return {};
  TripRules both = one;
  both.trip = trip;
  for (int i = 0; i != other.count; ++i) both.rule[both.count++] = other.rule[i];
  return both;
}

template <class P>
struct RulesOf {
  static constexpr TripRules of([[maybe_unused]] const P& policy) noexcept {
    if constexpr (StatesItsRule<P>) {
      return policy.rule();
    } else if constexpr (requires { policy.usual(); }) {  // without advice
      return RulesOf<std::remove_cvref_t<decltype(policy.usual())>>::of(policy.usual());
    } else {
      return {};
    }
  }
};

template <Quorum quorum, class First, class Rest>
struct RulesOf<Combined<quorum, First, Rest>> {
  static constexpr TripRules of(const Combined<quorum, First, Rest>& policy) noexcept {
    return detail::joined(quorum, RulesOf<First>::of(policy.first), RulesOf<Rest>::of(policy.rest));
  }
};

}  // namespace detail

/// **Returns** what `policy` trips on: one rule, or those of any_of() or all_of(). Your own policy
/// states its rule in a member `Rule rule() const noexcept`, or `TripRules` if there are
/// several. Without one the answer is empty. So is that for more than three parts, for any_of()
/// inside all_of() or the other way round, and where a part states none. How many stripes a window
/// has is not in a rule.
/// **Complexity** constant.
template <TripPolicy P>
[[nodiscard]] constexpr TripRules rule_of(const P& policy) noexcept {
  return detail::RulesOf<P>::of(policy);
}

BREAKER_ABI_END
}  // namespace breaker
