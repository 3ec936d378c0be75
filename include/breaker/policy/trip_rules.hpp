// TripRules: what a policy of one or several parts trips on, as data.
#pragma once

#include <concepts>
#include <cstdint>

#include "breaker/base/version.hpp"
#include "breaker/policy/rule.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Up to three rules, of which any trips, or only all together. None: what a policy trips on is not
/// stated.
struct TripRules {
  /// How many there may be.
  static constexpr int most = 3;
  /// Which of them must stand at their limits.
  enum class Trip : std::uint8_t {
    on_any,  ///< One is enough.
    on_all,  ///< All of them, at the same time.
  };

  /// None.
  constexpr TripRules() noexcept = default;
  /// One alone.
  constexpr TripRules(const Rule& one) noexcept : rule{one, Rule{}, Rule{}}, count{1} {}

  /// The first `count` are used.
  Rule rule[most] = {Rule{}, Rule{}, Rule{}};
  int count = 0;             ///< How many there are. Range: 0 to `most`.
  Trip trip = Trip::on_any;  ///< Which of them must stand at their limits; `on_any` for one alone.

  /// **Returns** whether there is a rule: else it is not known what trips.
  [[nodiscard]] constexpr bool is_stated() const noexcept { return count > 0; }

  friend constexpr bool operator==(const TripRules&, const TripRules&) noexcept = default;
};

namespace detail {

template <class P>
concept StatesItsRule = requires(const P& policy) {
  { policy.rule() } -> std::convertible_to<TripRules>;
};

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
