// Roles: each thing given to a circuit's constructor has one, and no two have the same.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/name.hpp"
#include "breaker/config.hpp"
#include "breaker/core/parts.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

struct ClassifierRole {
  template <class T>
  static constexpr bool is = ResultClassifier<T> || std::is_same_v<T, DefaultClassifier>;
};
struct NameRole {
  template <class T>
  static constexpr bool is = CircuitName<T>;
};
template <class Part>
inline constexpr int roles =
    int{ClockRole::is<Part>} + int{PolicyRole::is<Part>} + int{ClassifierRole::is<Part>} +
    int{ListenerRole::is<Part>} + int{NameRole::is<Part>};

/// A circuit has no role: to ask it for one would ask for its constructors.
template <class T>
concept CircuitPart =
    !requires { typename std::remove_cvref_t<T>::Permit; } && (roles<std::remove_cvref_t<T>> > 0);

template <class T>
inline constexpr bool is_config = std::is_same_v<std::remove_cvref_t<T>, Config>;

template <class Role, class... Parts>
inline constexpr int count_of = (0 + ... + int{Role::template is<Parts>});

/// Refuse, each with a sentence, parts that make no sense. Always true.
template <class... Parts>
consteval bool require_parts() {
  static_assert(((roles<Parts> > 0) && ...),
                "breaker: a part must be a clock (now), a policy (Evidence, record), a classifier "
                "(on_result, "
                "on_exception), a listener (takes a const Transition& and returns void) or a name "
                "(named(\"payments\"))");
  static_assert(((roles<Parts> <= 1) && ...), "breaker: a part is of two kinds at once; split it");
  static_assert(count_of<ClockRole, Parts...> <= 1, "breaker: two clocks were given");
  static_assert(count_of<PolicyRole, Parts...> <= 1,
                "breaker: two policies were given; combine them with any_of, all_of");
  static_assert(count_of<ClassifierRole, Parts...> <= 1,
                "breaker: two classifiers were given; combine them with |");
  static_assert(count_of<ListenerRole, Parts...> <= 1,
                "breaker: two listeners were given; combine them as Listeners{a, b}");
  static_assert(count_of<NameRole, Parts...> <= 1, "breaker: two names were given");
  return true;
}

/// Refuse, each with a sentence, parts that a circuit of these types has no place for. The circuit asks before it makes
/// anything of them: else the compiler's own words come first.
template <class Clock, class Policy, class Classifier, class Listener, class Name, class... Parts>
consteval void require_places() {
  static_assert(detail::require_parts<std::remove_cvref_t<Parts>...>());
  static_assert(detail::require_place<ClockRole, Clock, Parts...>());
  static_assert(detail::require_place<PolicyRole, Policy, Parts...>());
  static_assert(detail::require_place<ClassifierRole, Classifier, Parts...>());
  static_assert(detail::require_place<ListenerRole, Listener, Parts...>());
  static_assert(detail::require_place<NameRole, Name, Parts...>());
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
