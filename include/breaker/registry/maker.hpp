// Maker: makes the circuits of a registry, each of copies of the same parts.
#pragma once

#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/registry/placed.hpp"
#include "breaker/registry/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The parts, and what is made of them. Copying them is the user's code.
template <class Circuit>
class Maker {
  using Parts = PartsOf<Circuit>;
  using Clock = typename Parts::Clock;
  using Policy = typename Parts::Policy;
  using Classifier = typename Parts::Classifier;
  using Listener = typename Parts::Listener;

 public:
  template <class... Given>
  explicit Maker(Given&&... parts)
      // NOLINTBEGIN(bugprone-use-after-move): each member takes the one part that is its own
      : clock_(detail::take<ClockRole, Clock>(std::forward<Given>(parts)...)),
        policy_(detail::take<PolicyRole, Policy>(std::forward<Given>(parts)...)),
        classifier_(detail::take<ClassifierRole, Classifier>(std::forward<Given>(parts)...)),
        listener_(detail::take<ListenerRole, Listener>(std::forward<Given>(parts)...)) {}
  // NOLINTEND(bugprone-use-after-move)

  /// **Returns** the policy where the settings name none.
  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }

  /// **Returns** what makes a circuit with these settings, for a label.
  [[nodiscard]] auto with(const CircuitSettings<Policy>& settings) const {
    return [this, settings](const PlaceLabel& label) {
      return typename Parts::Kept{settings.config, clock_, settings.policy, classifier_,
                                  Placed<Listener>{listener_, label}};
    };
  }

 private:
  const Clock clock_;
  const Policy policy_;
  const Classifier classifier_;
  const Listener listener_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
