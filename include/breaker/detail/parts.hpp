// Parts: which of the things given to a circuit's constructor is its clock, policy, classifier,
// listener.
#pragma once

#include <type_traits>
#include <utility>

#include "breaker/classifier.hpp"
#include "breaker/concepts.hpp"
#include "breaker/listener.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::detail {

// A part's role is told by the names of its members, so that a clock whose now() may throw is
// refused as a clock with a sentence about clocks, not as a thing without a role.
struct ClockRole {
  template <class T>
  static constexpr bool is = HasNow<T>;
};
struct PolicyRole {
  template <class T>
  static constexpr bool is = AnyPolicy<T> || requires { &T::record; };
};
struct ClassifierRole {
  template <class T>
  static constexpr bool is = ResultClassifier<T> || std::is_same_v<T, DefaultClassifier>;
};
struct ListenerRole {
  template <class T>
  static constexpr bool is =
      TransitionListener<T> || is_listeners<T> || std::is_same_v<T, NoListener>;
};

template <class Part>
inline constexpr int roles = int{ClockRole::is<Part>} + int{PolicyRole::is<Part>} +
                             int{ClassifierRole::is<Part>} + int{ListenerRole::is<Part>};

template <class Role, class... Parts>
inline constexpr int count_of = (0 + ... + int{Role::template is<Parts>});

/// The first of `Parts` in this role, or `Default`.
template <class Role, class Default, class... Parts>
struct Pick {
  using type = Default;
};
template <class Role, class Default, class First, class... Rest>
struct Pick<Role, Default, First, Rest...>
    : std::conditional_t<Role::template is<First>, std::type_identity<First>,
                         Pick<Role, Default, Rest...>> {};

/// **Returns** a `T` made from the first of `parts` in this role, or a default one.
template <class Role, class T>
constexpr T take() {
  static_assert(
      std::is_default_constructible_v<T>,
      "breaker: a clock, policy, classifier or listener of this type has no default; pass one");
  return T();
}
template <class Role, class T, class First, class... Rest>
constexpr T take(First&& first, Rest&&... rest) {
  if constexpr (Role::template is<std::remove_cvref_t<First>>) {
    static_assert(std::is_constructible_v<T, First>,
                  "breaker: this part can't be copied into the circuit; make it in place "
                  "(`Counters{}`) or std::move it, and read it by circuit.listener()");
    return T(std::forward<First>(first));
  } else {
    return take<Role, T>(std::forward<Rest>(rest)...);
  }
}

/// Refuse, each with a sentence, parts that make no sense. Always true.
template <class... Parts>
consteval bool require_parts() {
  static_assert(
      ((roles<Parts> > 0) && ...),
      "breaker: a part must be a clock (now), a policy (record, clear), a classifier (on_result, "
      "on_exception) or a listener (takes a const Transition& and returns void)");
  static_assert(((roles<Parts> <= 1) && ...), "breaker: a part is of two kinds at once; split it");
  static_assert(count_of<ClockRole, Parts...> <= 1, "breaker: two clocks were given");
  static_assert(count_of<PolicyRole, Parts...> <= 1,
                "breaker: two policies were given; combine them with any_of, all_of");
  static_assert(count_of<ClassifierRole, Parts...> <= 1,
                "breaker: two classifiers were given; combine them with |");
  static_assert(count_of<ListenerRole, Parts...> <= 1,
                "breaker: two listeners were given; combine them as Listeners{a, b}");
  return true;
}

}  // namespace breaker::inline BREAKER_ABI::detail
