// Where the documentation leaves room, and how much. What the circuit did in it, it is held to.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/model/rules.hpp"

namespace model {

/// What the circuit told while an operation ran.
struct Told {
  std::vector<Transition> transitions;
  const Rejection* rejection = nullptr;

  /// **Returns** transition number `index` of the operation, if it has this reason.
  [[nodiscard]] const Transition* at(std::size_t index, Reason reason) const {
    const bool is_it = index < transitions.size() && transitions[index].reason == reason;
    return is_it ? &transitions[index] : nullptr;
  }
  [[nodiscard]] Ticks retry_after() const { return rejection ? rejection->retry_after.count() : 0; }
};

/// The end of a wait (known to the millisecond) or of a lease (to a 64th of it). Each answer of the
/// circuit narrows it down.
struct Deadline {
  Ticks earliest = 0;
  Ticks latest = 0;
  Ticks may_be_back = 0;  // before this the clock was set back so far that it may be over …
  Ticks is_back = 0;      // … and before this, that it is
  Ticks far = 0;          // this far away, one more may pass
  Ticks longest = 0;

  static Deadline of_wait(Ticks now, Ticks shortest, Ticks longest, Ticks allowed) {
    // After a year; after half a year, if waits of more than a month are allowed.
    const Ticks far = allowed > 32 * day ? 182 * day : 365 * day;
    return {now + shortest,
            now + longest,
            now + std::min(Ticks{0}, longest - allowed),
            now + shortest - allowed - 2 * ms,
            far,
            allowed};
  }
  static Deadline of_lease(Ticks now, Ticks lease) {
    return {now + lease - lease / 64, now + lease, now, now - lease / 64, 62 * lease, lease};
  }

  [[nodiscard]] bool is_far(Ticks now) const { return now - latest >= far || earliest - now > far; }

  /// **Returns** whether it has come; `observed`: whether the circuit says so.
  bool has_come(Ticks now, bool observed) {
    if (is_far(now)) return observed;
    if (now >= latest || now < is_back) return true;
    if (now < may_be_back) return observed;
    if (now < earliest) return false;
    (observed ? latest : earliest) = observed ? now : now + 1;
    return observed;
  }

  /// **Returns** how much of it is left; `said`: what the circuit says.
  Ticks rest(Ticks now, Ticks said) {
    if (is_far(now)) return std::clamp(said, Ticks{1}, up_to_ms(longest) + ms);
    if (said < earliest - now || said > latest - now) return earliest - now;
    earliest = latest = now + said;  // and it must keep its word
    return said;
  }
};

/// What the policy finds, over its windows. Those of time lose calls for a while when the clock is
/// set back, and in rare cases find old ones again.
class Windows {
 public:
  explicit Windows(const Policy& policy) : policy_{policy}, span_{longest_span(policy)} {}

  void see(Ticks now) {
    if (now < newest_ && span_ > 0) inexact_until_ = newest_ + 2 * span_;
    newest_ = std::max(newest_, now);
  }
  void begin_stay(Generation generation) {
    generation_ = generation;
    stay_.clear();
  }
  void count(const Outcome& call) {
    stay_.push_back(call);
    counted_.push_back({call, generation_});
  }

  [[nodiscard]] bool is_exact(Ticks now) const {
    return now >= inexact_until_ && !comes_round(policy_, now);
  }

  /// **Returns** what the circuit shows while closed; `seen`: what it did show.
  [[nodiscard]] Evidence evidence(Ticks now, const Evidence& seen) const {
    const Evidence least = evidence_of(policy_, stay_, never);
    const bool is_enough =
        seen.calls >= least.calls && seen.failures >= least.failures && seen.slow >= least.slow;
    if (is_enough && !is_exact(now) && could_hold(seen, now)) return seen;
    return evidence_of(policy_, stay_, now);
  }

  /// **Returns** what the policy trips with, if it does; `told`: what the circuit says of that.
  [[nodiscard]] std::optional<Finding> finding(Ticks now, const Transition* told) const {
    const bool exact = is_exact(now);
    if (!exact && told && has_limit(policy_, told->limit) && reaches(told->evidence, told->limit) &&
        could_hold(told->evidence, now))
      return Finding{told->evidence, told->limit};
    if (!stands(policy_, stay_, exact ? now : never)) return {};
    return finding_of(policy_, stay_, now);
  }

 private:
  struct Counted {
    Outcome call;
    Generation generation;
  };
  static constexpr Ticks never = std::numeric_limits<Ticks>::max();  // no window of time reaches it

  /// **Returns** whether so much was counted: in this stay or, where old calls may be found again,
  /// in all of them.
  [[nodiscard]] bool could_hold(const Evidence& seen, Ticks now) const {
    const bool any_stay = newest_ - now >= 3 * span_ || comes_round(policy_, now);
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
    for (const Counted& one : counted_) {
      if (!any_stay && one.generation != generation_) continue;
      calls += 1;
      failures += one.call.verdict == Verdict::failure ? 1 : 0;
    }
    return seen.calls <= calls && seen.failures <= failures && seen.slow <= calls;
  }

  /// **Returns** whether a window of time may at `now` take an old slice for a new one, because
  /// both have the same tag: 2^24 slices later, or a multiple, if nothing was recorded in its place
  /// since. Each generation in between stands for four spans.
  [[nodiscard]] bool comes_round(const Policy& policy, Ticks now) const {
    constexpr Ticks round = 1 << 24;
    const auto is_near = [&](const Counted& counted) {
      const Ticks apart = slice_of(now, policy.slice) - slice_of(counted.call.now, policy.slice) +
                          Ticks{4} * policy.slices * (generation_ - counted.generation);
      if (counted.generation == generation_ && apart < round / 2) return false;
      const Ticks to_round = (apart % round + round) % round;
      return std::min(to_round, round - to_round) < 2 * policy.slices;
    };
    const auto part_does = [&](const Policy& part) { return comes_round(part, now); };
    return (policy.slices > 0 && std::ranges::any_of(counted_, is_near)) ||
           std::ranges::any_of(policy.parts, part_does);
  }

  const Policy& policy_;
  const Ticks span_;
  Generation generation_ = 0;
  Outcomes stay_;                 // what was settled in this stay
  std::vector<Counted> counted_;  // in all of them
  Ticks newest_ = std::numeric_limits<Ticks>::min();
  Ticks inexact_until_ = newest_;
};

}  // namespace model
