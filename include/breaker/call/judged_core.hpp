// JudgedCore: a core, the classifier that judges its calls, and its name, in one place, where a permit finds
// them.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/name.hpp"
#include "breaker/call/refusal.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/config.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/core/ticket.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What a circuit consists of. What does not judge works on the `Core`, which circuits that differ in
/// their classifier and name alone share.
template <class Core, class Classifier, class Name = Unnamed>
class JudgedCore : public Core {
 public:
  // Whether the classifier is told how long a call took.
  static constexpr bool tells_time = TakesTime<Classifier>;

  template <class... Parts>
  constexpr explicit JudgedCore(const Config& config, Parts&&... parts)
      : Core{config, std::forward<Parts>(parts)...},
        // NOLINTNEXTLINE(bugprone-use-after-move): each member takes the one part that is its own
        classifier_{detail::take<ClassifierRole, Classifier>(std::forward<Parts>(parts)...)},
        // NOLINTNEXTLINE(bugprone-use-after-move)
        name_{detail::take<NameRole, Name>(std::forward<Parts>(parts)...)} {}

  [[nodiscard, gnu::always_inline]] Core& core() noexcept { return *this; }
  [[nodiscard, gnu::always_inline]] const Classifier& classifier() const noexcept {
    return classifier_;
  }
  [[nodiscard]] std::string_view name() const noexcept { return name_.circuit_name(); }

  /// **Returns** the refusal of the call of `ticket`, in words. That of a circuit without a name gives no
  /// cause: it would cost each program that calls without a fallback some kilobytes of code.
  /// **Returns** what makes the refusal.
  [[nodiscard]] const JudgedCore& refuser() const noexcept { return *this; }
  [[nodiscard]] CircuitOpen refusal(Ticket ticket) const noexcept {
    if constexpr (std::is_same_v<Name, Unnamed>) {
      return CircuitOpen{ticket.rejection(), this};
    } else if constexpr (requires { Name::refusal(*this, ticket); }) {
      return Name::refusal(*this, ticket);
    } else {
      char cause[160];
      this->inside().write_cause(cause, sizeof cause, ticket.generation());
      return CircuitOpen{ticket.rejection(), this, name(), cause};
    }
  }

 private:
  BREAKER_NO_UNIQUE_ADDRESS const Classifier classifier_;
  BREAKER_NO_UNIQUE_ADDRESS const Name name_;
};

/// Finds the core of a circuit, for a registry.
struct CoreOf {
  template <class Circuit>
  static auto& of(Circuit& circuit) noexcept {
    return circuit.core_;
  }
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
