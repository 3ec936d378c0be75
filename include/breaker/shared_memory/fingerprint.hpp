// Fingerprint: a number that differs, as a rule, where the settings of two circuits do.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "breaker/base/mix.hpp"
#include "breaker/base/version.hpp"
#include "breaker/clock.hpp"
#include "breaker/config.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Adds up what makes settings differ, in order. The same in every compiler: names of types are not.
class Fingerprint {
 public:
  void add(std::uint64_t number) noexcept { value_ = mix(value_ ^ number); }
  void add(const char* text) noexcept {
    for (; text != nullptr && *text != '\0'; ++text) add(static_cast<unsigned char>(*text));
    add(std::uint64_t{256});  // the end
  }
  template <class T>
  void add_bytes(const T& value) noexcept {
    for (const unsigned char byte : std::bit_cast<std::array<unsigned char, sizeof(T)>>(value))
      add(std::uint64_t{byte});
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

inline void add_rule(Fingerprint& sum, const Rule& rule) noexcept {
  for (const std::uint64_t number :
       {static_cast<std::uint64_t>(rule.kind), static_cast<std::uint64_t>(rule.marks),
        std::uint64_t{rule.limit}, static_cast<std::uint64_t>(rule.share.part()),
        static_cast<std::uint64_t>(rule.share.whole()), std::uint64_t{rule.min_calls},
        std::uint64_t{rule.last_calls}, static_cast<std::uint64_t>(rule.within),
        std::uint64_t{rule.slices}, static_cast<std::uint64_t>(rule.slower_than),
        std::uint64_t{rule.on_failure}, std::uint64_t{rule.on_success}})
    sum.add(number);
}

/// Add what a policy says of itself: its rule, if it states one; else its values, if they are all of its
/// bytes. (Whether they are, compilers may see otherwise where a member is empty.)
template <class P>
struct PolicyPrint {
  static void add_to(Fingerprint& sum, const P& policy) noexcept {
    sum.add(std::uint64_t{0});
    if constexpr (StatesItsRule<P>) {
      const TripRules rules = policy.rule();
      sum.add(static_cast<std::uint64_t>(rules.trip));
      for (int i = 0; i < rules.count; ++i) add_rule(sum, rules.rule[i]);
    } else if constexpr (!std::is_empty_v<P> && std::has_unique_object_representations_v<P>) {
      sum.add_bytes(policy);
    }
  }
};
template <Quorum quorum, class First, class Rest>
struct PolicyPrint<Combined<quorum, First, Rest>> {
  static void add_to(Fingerprint& sum, const Combined<quorum, First, Rest>& policy) noexcept {
    sum.add(std::uint64_t{quorum == Quorum::any ? 1U : 2U});
    PolicyPrint<First>::add_to(sum, policy.first);
    PolicyPrint<Rest>::add_to(sum, policy.rest);
  }
};

/// **Returns** a number for a valid Config and a policy: all that the core reads of the one; of the other
/// what it says of itself, the names of its rules, its limits, and how its parts are combined.
template <class Clock, class Policy>
std::uint64_t fingerprint_of(const Config& config, const Policy& policy) noexcept {
  Fingerprint sum;
  sum.add_bytes(Rules{config});
  PolicyPrint<Policy>::add_to(sum, policy);
  for (int part = 0; part < parts_of<Policy>; ++part) {
    sum.add(detail::words_of(policy, part).rule);
    for (const std::uint32_t limit : detail::limits_of(policy, part).at)
      sum.add(std::uint64_t{limit});
  }
  // These two read the same clock; any other counts from another time.
  const bool is_monotonic =
      std::is_same_v<Clock, SteadyClock> || std::is_same_v<Clock, CoarseClock>;
  sum.add(std::uint64_t{is_monotonic ? 1U : 2U});
  return sum.value();
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
