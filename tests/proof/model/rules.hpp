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

/// What a policy counts. `surplus` is the user's policy of these tests: more failures than successes by
/// so many. `overdue`: calls that are out, see watched.hpp.
enum class Rule : std::uint8_t {
  row,
  failure_rate,
  failure_count,
  slow_rate,
  bad_rate,
  surplus,
  overdue
};

/// When a policy trips: a rule over a window, or any or all of several.
struct Policy {
  enum class Kind : std::uint8_t { one, any, all };
  Kind kind = Kind::one;
  std::vector<Policy> parts{};
  Rule rule = Rule::row;
  Limits limits{};
  const Words* words = &detail::no_words;
  int last_calls = 0;  // the window: so many calls …
  int slices = 0;      // … or so many slices of time …
  Ticks span = 0;      // … of this length together; neither: the whole stay
  Ticks slower_than = std::numeric_limits<Ticks>::max();
  Ticks out_for = 0;  // overdue: what has been out for longer

  friend bool operator==(const Policy&, const Policy&) = default;

  [[nodiscard]] Ticks slice() const { return slices == 0 ? 0 : span / slices; }
  [[nodiscard]] int part_count() const {
    return parts.empty() ? 1 : static_cast<int>(parts.size());
  }
  [[nodiscard]] const Policy& part(int number) const {
    return parts.empty() ? *this : parts[static_cast<std::size_t>(number)];
  }
};

/// What a trip is explained with.
struct Finding {
  Numbers numbers{};
  Limits limits{};
  const Words* words = nullptr;
};

/// **Returns** whether a probe of this outcome is a bad one.
inline bool is_bad(const Policy& policy, const Outcome& call) {
  const auto bad = [&](const Policy& part) { return is_bad(part, call); };
  if (policy.kind == Policy::Kind::any) return std::ranges::any_of(policy.parts, bad);
  if (policy.kind == Policy::Kind::all) return std::ranges::all_of(policy.parts, bad);
  return call.verdict == Verdict::failure || call.took > policy.slower_than;
}

/// **Returns** whether a call of this outcome makes a policy look whether it trips.
inline bool asks(const Policy& policy, const Outcome& call) {
  const auto bad = [&](const Policy& part) { return is_bad(part, call); };
  if (policy.kind != Policy::Kind::one) return std::ranges::any_of(policy.parts, bad);
  return policy.rule == Rule::slow_rate ? call.took > policy.slower_than : is_bad(policy, call);
}

/// **Returns** whether what was counted under `before` holds under `policy`.
inline bool keeps(const Policy& policy, const Policy& before) {
  for (std::size_t i = 0; i < policy.parts.size(); ++i)
    if (!keeps(policy.parts[i], before.parts[i])) return false;
  if (policy.rule == Rule::surplus) return policy == before;
  if (policy.rule == Rule::overdue) return true;
  return policy.last_calls == before.last_calls && policy.span == before.span &&
         policy.slower_than == before.slower_than;
}

inline Ticks longest_span(const Policy& policy) {
  Ticks span = policy.slice() * policy.slices;
  for (const Policy& part : policy.parts) span = std::max(span, longest_span(part));
  return span;
}

constexpr Ticks slice_of(Ticks time, Ticks slice) {
  return time / slice - (time % slice < 0 ? 1 : 0);
}

/// **Returns** the calls of `stay` that the window of `part` holds at `now`: the last N, or those in the current
/// slice and in the slices before it, as many as the window has.
inline Outcomes window_of(const Policy& part, const Outcomes& stay, Ticks now) {
  Outcomes held;
  held.reserve(stay.size());
  for (std::size_t i = 0; i < stay.size(); ++i) {
    if (part.last_calls > 0 && i + static_cast<std::size_t>(part.last_calls) < stay.size())
      continue;
    if (part.slices > 0 &&
        slice_of(stay[i].now, part.slice()) <= slice_of(now, part.slice()) - part.slices)
      continue;
    held.push_back(stay[i]);
  }
  return held;
}

/// **Returns** what `part`, which is one rule, has counted.
inline Numbers numbers_of(const Policy& part, const Outcomes& stay, Ticks now) {
  std::uint32_t marked = 0;
  std::uint32_t calls = 0;
  for (const Outcome& call : window_of(part, stay, now)) {
    const bool failed = call.verdict == Verdict::failure;
    const bool slow = call.took > part.slower_than;
    calls += 1;
    if (part.rule == Rule::row && !failed) marked = 0;
    if (part.rule == Rule::surplus && !failed && marked > 0) marked -= 1;
    if (part.rule == Rule::slow_rate ? slow : failed || (part.rule == Rule::bad_rate && slow))
      marked += 1;
  }
  const bool counts_calls =
      part.rule != Rule::row && (part.rule != Rule::failure_count || part.slices == 0);
  return {{marked, counts_calls ? calls : 0, 0}};
}

/// **Returns** whether `part`, which is one rule, trips with these numbers.
inline bool reaches(const Policy& part, const Numbers& seen) {
  const auto& limits = part.limits.at;
  const auto [marked, calls, unused] = seen.at;
  const bool is_rate = part.rule == Rule::failure_rate || part.rule == Rule::slow_rate ||
                       part.rule == Rule::bad_rate;
  if (!is_rate) return marked >= limits[0];
  return calls >= limits[2] && marked * limits[1] >= calls * limits[0];
}

inline bool stands(const Policy& part, const Outcomes& stay, Ticks now) {
  return reaches(part, numbers_of(part, stay, now));
}

/// **Returns** what the policy trips with after `call`, the last of `stay`, if it does: null, or the part
/// whose numbers say it. `is_overdue(part)`: whether a part on calls that are out stands at its limit. It
/// trips when calls arrive, not when they end, unless all parts must.
template <class IsOverdue>
const Policy* tripping(const Policy& policy, const Outcomes& stay, const Outcome& call, Ticks now,
                       const IsOverdue& is_overdue) {
  const bool all_must = policy.kind == Policy::Kind::all;
  const auto part_stands = [&](const Policy& part) {
    if (part.rule == Rule::overdue) return all_must && is_overdue(part);
    return stands(part, stay, now);
  };
  if (policy.kind == Policy::Kind::all) {
    const bool all = asks(policy, call) && std::ranges::all_of(policy.parts, part_stands);
    return all ? &policy.parts.front() : nullptr;
  }
  for (int i = 0; i < policy.part_count(); ++i) {
    const Policy& part = policy.part(i);
    if (asks(part, call) && part_stands(part)) return &part;
  }
  return nullptr;
}

}  // namespace model
