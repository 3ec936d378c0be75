// SiblingLook: looks at all circuits of a registry at once, and trips those that are bad, see Siblings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/atomic.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/core/word.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/policy/bad_call_rate.hpp"
#include "breaker/policy/failure_rate.hpp"
#include "breaker/registry/circuits.hpp"
#include "breaker/registry/label.hpp"
#include "breaker/registry/parts.hpp"
#include "breaker/registry/siblings.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The number of the part that counts calls in a time window; -1: none does.
template <class Policy>
inline constexpr int part_in_time = -1;
template <int slices, int stripes>
inline constexpr int part_in_time<FailureRate<Within<slices, stripes>>> = 0;
template <int slices, int stripes>
inline constexpr int part_in_time<BadCallRate<Within<slices, stripes>>> = 0;
template <Quorum quorum, class First, class Rest>
inline constexpr int part_in_time<Combined<quorum, First, Rest>> =
    part_in_time<First> >= 0  ? part_in_time<First>
    : part_in_time<Rest> >= 0 ? parts_of<First> + part_in_time<Rest>
                              : -1;

template <class Circuit>
class SiblingLook {
  using Policy = typename PartsOf<Circuit>::Policy;
  static_assert(part_in_time<Policy> >= 0,
                "breaker: siblings are compared by their calls in a time window; the policy, or a "
                "part of it, is a FailureRate{within(…), …} or a BadCallRate{within(…), …}");

 public:
  explicit SiblingLook(const Siblings& rule) : rule_{rule} { detail::validate(rule_); }

  /// **Returns** those that it tripped, the least likely first.
  std::vector<BadSibling> trip_bad_ones(Circuits<Circuit>& circuits) {
    circuits.visit_owned([this](PlaceLabel& label, Stamp owner, auto& circuit) {
      this->look_at(label, owner, Peek::at(circuit));
    });
    std::vector<std::pair<std::size_t, BadSibling>> found;
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      BadSibling bad = judge(i);
      if (bad.calls == 0) continue;
      auto place = found.end();
      while (place != found.begin() && bad.chance < (place - 1)->second.chance) --place;
      found.emplace(place, i, std::move(bad));
    }
    std::vector<BadSibling> tripped;
    for (auto& [number, bad] : found) {
      const Seen& seen = seen_[number];
      if (circuits.trip(*seen.label, seen.stay)) tripped.push_back(std::move(bad));
    }
    return tripped;
  }

 private:
  /// A closed circuit when it was looked at.
  struct Seen {
    PlaceLabel* label;
    StayId stay;
  };

  template <class Inside>
  void look_at(PlaceLabel& label, Stamp owner, const Inside& inside) {
    const Word word = inside.machine.word.load(relaxed);  // trip() looks again
    const Numbers numbers = inside.numbers(part_in_time<Policy>);
    if (!label.has_owner(owner) || state_of(word) != State::closed) return;
    seen_.push_back({&label, StayId::of(word)});
    calls_.push_back(
        {numbers.at[0], numbers.at[1] > numbers.at[0] ? numbers.at[1] : numbers.at[0]});
    sum_.failures += calls_.back().failures;
    sum_.calls += calls_.back().calls;
  }

  /// **Returns** the evidence against circuit number `own`, if it is bad; else none.
  BadSibling judge(std::size_t own) const {
    const SiblingCalls& one = calls_[own];
    if (one.share() <= sum_.share() || one.failures == 0) return {};  // most end here
    std::string key;
    seen_[own].label->copy_key(key);
    const SiblingStanding standing =
        detail::standing_of(calls_, own, sum_, odds_of(key), seen_.size(), rule_);
    if (!standing.is_bad) return {};
    return {.key = std::move(key),
            .failures = static_cast<std::uint32_t>(one.failures),
            .calls = static_cast<std::uint32_t>(one.calls),
            .sibling_failures = standing.others.failures,
            .sibling_calls = standing.others.calls,
            .chance = standing.chance,
            .by_chance_every = detail::by_chance_every(standing.chance, seen_.size(), rule_)};
  }

  [[nodiscard]] double odds_of(std::string_view key) const noexcept {
    for (const SiblingNormal& one : rule_.normal) {
      if (one.key == key) return one.odds;
    }
    return 1;
  }

  const Siblings& rule_;
  std::vector<Seen> seen_;
  std::vector<SiblingCalls> calls_;  // of those, in the same order
  SiblingCalls sum_;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
