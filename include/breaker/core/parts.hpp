// Parts: which of the things given to a circuit's constructor is its clock, policy, listener.
#pragma once

#include <type_traits>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/clock.hpp"
#include "breaker/listen/listener.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

// A part's role is told by the names of its members, so that a clock whose now() may throw is
// refused as a clock with a sentence about clocks, not as a thing without a role.
struct ClockRole {
  template <class T>
  static constexpr bool is = HasNow<T>;
};
struct ListenerRole {
  template <class T>
  static constexpr bool is =
      TransitionListener<T> || is_listeners<T> || std::is_same_v<T, NoListener> || requires {
        T::counts_refusals;
      } || NamesAdmitted<T> || NamesSettled<T> || NamesRefused<T> || NamesReconfigured<T>;
};
struct PolicyRole {  // a listener may have a record() of its own
  template <class T>
  static constexpr bool is =
      requires { typename T::Evidence; } || (requires { &T::record; } && !ListenerRole::is<T>);
};

/// The first of `Parts` in this role, or `Default`.
template <class Role, class Default, class... Parts>
struct Pick {
  using type = Default;
};
template <class Role, class Default, class First, class... Rest>
struct Pick<Role, Default, First, Rest...>
    : std::conditional_t<Role::template is<First>, std::type_identity<First>,
                         Pick<Role, Default, Rest...>> {};

/// Refuse, each with a sentence, a part in this role that can't become a `T`. Always true.
template <class Role, class T, class... Parts>
consteval bool require_place() {
  static_assert(
      ((!Role::template is<std::remove_cvref_t<Parts>> || std::is_constructible_v<T, Parts> ||
        !std::is_constructible_v<T, std::remove_cvref_t<Parts>&>) &&
       ...),
      "breaker: this part would refer to a temporary, as an AnyClock does to its clock; give one "
      "that outlives the circuit");
  static_assert(
      ((!Role::template is<std::remove_cvref_t<Parts>> ||
        std::is_same_v<T, std::remove_cvref_t<Parts>> || std::is_constructible_v<T, Parts>) &&
       ...),
      "breaker: the type of this circuit has no place for this part; let it be deduced, or write "
      "it, "
      "as in CircuitOf<FailureRate<>>");
  static_assert(
      ((!Role::template is<std::remove_cvref_t<Parts>> || std::is_constructible_v<T, Parts>) &&
       ...),
      "breaker: this part can't be copied into the circuit; make it in place (`Counters{}`) or "
      "std::move it, and read it by circuit.listener()");
  static_assert(
      (Role::template is<std::remove_cvref_t<Parts>> || ...) || std::is_default_constructible_v<T>,
      "breaker: a clock, policy, classifier or listener of this type has no default; pass one");
  return true;
}

/// **Returns** a `T` made from the first of `parts` in this role, or a default one.
template <class Role, class T>
constexpr T take() {
  static_assert(detail::require_place<Role, T>());
  return T();
}
template <class Role, class T, class First, class... Rest>
constexpr T take(First&& first, Rest&&... rest) {
  if constexpr (Role::template is<std::remove_cvref_t<First>>) {
    static_assert(detail::require_place<Role, T, First>());
    return T(std::forward<First>(first));
  } else {
    return detail::take<Role, T>(std::forward<Rest>(rest)...);
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
