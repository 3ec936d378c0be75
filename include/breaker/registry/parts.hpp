// Parts: what the circuits of a registry consist of, told from the type of a circuit.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"
#include "breaker/call/name.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/clock.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/registry/placed.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class Circuit>
struct PartsOf;
template <class ItsClock, class ItsPolicy, class ItsClassifier, class ItsListener, class ItsName>
struct PartsOf<CircuitBreaker<ItsClock, ItsPolicy, ItsClassifier, ItsListener, ItsName>> {
  static_assert(std::is_same_v<ItsName, Unnamed>,
                "breaker: a circuit in a registry is named by its key; give it no name");
  using Clock = ItsClock;
  using Policy = ItsPolicy;
  using Classifier = ItsClassifier;
  using Listener = ItsListener;

  /// Whether a part may become one of these, or has no role, which is then refused with a sentence.
  template <class Part>
  static constexpr bool takes =
      ClockRole::is<Part>        ? std::is_constructible_v<Clock, Part>
      : PolicyRole::is<Part>     ? std::is_constructible_v<Policy, Part>
      : ClassifierRole::is<Part> ? std::is_constructible_v<Classifier, Part>
      : ListenerRole::is<Part>   ? std::is_constructible_v<Listener, Part>
                                 : !NameRole::is<Part>;

  /// What stands in a place.
  using Kept = CircuitBreaker<Clock, Policy, Classifier, Placed<Listener>, KeyName>;
};

/// As CircuitOf, but that a listener may take keys.
template <class... Parts>
using CircuitWith = CircuitBreaker<typename Pick<ClockRole, SteadyClock, Parts...>::type,
                                   typename Pick<PolicyRole, ConsecutiveFailures, Parts...>::type,
                                   typename Pick<ClassifierRole, DefaultClassifier, Parts...>::type,
                                   typename Pick<ListenerRole, NoListener, Parts...>::type,
                                   typename Pick<NameRole, Unnamed, Parts...>::type>;

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
