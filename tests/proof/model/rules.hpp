// The policies said a second time: over the whole list of what was settled in a stay.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>
#include <vector>

#include "breaker/breaker.hpp"

namespace model {

using namespace breaker;
using std::chrono::nanoseconds;
using Outcomes = std::vector<Outcome>;  // oldest first

inline constexpr Ticks ms = 1'000'000;
inline constexpr Ticks day = Ticks{86'400'000} * ms;

constexpr Ticks up_to_ms(Ticks time) {
  return std::chrono::ceil<std::chrono::milliseconds>(nanoseconds{time}).count() * ms;
}

constexpr Ticks down_to_ms(Ticks time) {
  return std::chrono::floor<std::chrono::milliseconds>(nanoseconds{time}).count() * ms;
}

/// When a policy trips: a rule over a window, or any or all of several.
struct Policy {
  enum class Kind : std::uint8_t { one, any, all };
  Kind kind = Kind::one;
  std::vector<Policy> parts{};
  Limit limit{};       // the rule and its numbers
  int last_calls = 0;  // the window: so many calls …
  int slices = 0;      // … or so many slices of time …
  Ticks slice = 0;     // … of this length; neither: the whole stay
  Ticks slower_than = std::numeric_limits<Ticks>::max();
};

struct Finding {
  Evidence evidence{0, 0, 0};
  Limit limit{};
};

inline bool is_bad(const Policy& policy, const Outcome& call) {
  const auto bad = [&](const Policy& part) { return is_bad(part, call); };
  return call.verdict == Verdict::failure || call.took > policy.slower_than ||
         std::any_of(policy.parts.begin(), policy.parts.end(), bad);
}

inline Ticks longest_span(const Policy& policy) {
  Ticks span = policy.slice * policy.slices;
  for (const Policy& part : policy.parts) span = std::max(span, longest_span(part));
  return span;
}

constexpr Ticks slice_of(Ticks time, Ticks slice) {
  return time / slice - (time % slice < 0 ? 1 : 0);
}

/// **Returns** those of `stay` that the policy's window holds at `now`: the last so many, or those
/// of the slice that `now` lies in and of the ones before it.
inline Outcomes window_of(const Policy& policy, const Outcomes& stay, Ticks now) {
  Outcomes held;
  held.reserve(stay.size());
  for (std::size_t i = 0; i < stay.size(); ++i) {
    if (policy.last_calls > 0 && i + static_cast<std::size_t>(policy.last_calls) < stay.size())
      continue;
    if (policy.slices > 0 &&
        slice_of(stay[i].now, policy.slice) <= slice_of(now, policy.slice) - policy.slices)
      continue;
    held.push_back(stay[i]);
  }
  return held;
}

inline Evidence evidence_of(const Policy& policy, const Outcomes& stay, Ticks now) {
  Evidence seen{0, 0, 0};
  for (const Policy& part : policy.parts) {  // of several: the largest of each number
    const Evidence one = evidence_of(part, stay, now);
    seen = {std::max(seen.calls, one.calls), std::max(seen.failures, one.failures),
            std::max(seen.slow, one.slow)};
  }
  if (policy.kind != Policy::Kind::one) return seen;
  for (const Outcome& call : window_of(policy, stay, now)) {
    const bool failed = call.verdict == Verdict::failure;
    if (policy.limit.rule == Rule::consecutive_failures && !failed) seen = {0, 0, 0};
    if (policy.limit.rule != Rule::consecutive_failures || failed) seen.calls += 1;
    if (failed && policy.limit.rule != Rule::slow_call_rate) seen.failures += 1;
    // The user's policy of these tests: more failures than successes by so many.
    if (policy.limit.rule == Rule::custom && !failed && seen.failures > 0) seen.failures -= 1;
    if (policy.limit.rule == Rule::slow_call_rate && call.took > policy.slower_than) seen.slow += 1;
  }
  if (policy.limit.rule == Rule::failure_count && policy.slices > 0) seen.calls = 0;  // not counted
  return seen;
}

inline bool reaches(const Evidence& seen, const Limit& limit) {
  if (limit.rule != Rule::failure_rate && limit.rule != Rule::slow_call_rate)
    return static_cast<int>(seen.failures) >= limit.count;
  const int marked = static_cast<int>(limit.rule == Rule::failure_rate ? seen.failures : seen.slow);
  const int calls = static_cast<int>(seen.calls);
  return calls >= limit.min_calls && marked * limit.share.whole() >= calls * limit.share.part();
}

inline bool has_limit(const Policy& policy, const Limit& limit) {
  const auto part_has = [&](const Policy& part) { return has_limit(part, limit); };
  return policy.parts.empty() ? policy.limit == limit : std::ranges::any_of(policy.parts, part_has);
}

inline bool stands(const Policy& policy, const Outcomes& stay, Ticks now) {
  const auto part_stands = [&](const Policy& part) { return stands(part, stay, now); };
  if (policy.kind == Policy::Kind::any)
    return std::any_of(policy.parts.begin(), policy.parts.end(), part_stands);
  if (policy.kind == Policy::Kind::all)
    return std::all_of(policy.parts.begin(), policy.parts.end(), part_stands);
  return reaches(evidence_of(policy, stay, now), policy.limit);
}

/// **Returns** what a trip is explained with. **Requires** that the policy stands at its threshold.
inline Finding finding_of(const Policy& policy, const Outcomes& stay, Ticks now) {
  for (const Policy& part : policy.parts)
    if (policy.kind == Policy::Kind::any && stands(part, stay, now))
      return finding_of(part, stay, now);
  const Policy* first = &policy;
  while (!first->parts.empty()) first = &first->parts.front();
  return {evidence_of(policy, stay, now), first->limit};
}

}  // namespace model
