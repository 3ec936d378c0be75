// Where the documentation leaves room, and how much. What the circuit did in it, it is held to.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "breaker/breaker.hpp"
#include "model/rules.hpp"

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
  Ticks began = 0;
  Ticks earliest = 0;
  Ticks latest = 0;
  Ticks longest = 0;  // if more than this is left, the clock was set back: it is over …
  Ticks slack = 0;    // … or, within so much, may be
  Ticks far = 0;      // this far away, one more may pass

  static Deadline of_wait(Ticks now, Ticks shortest, Ticks longest, Ticks allowed) {
    // After a year; after half a year, if waits of more than a month are allowed.
    const Ticks far = allowed > 32 * day ? 182 * day : 365 * day;
    return {now, now + shortest, now + longest, allowed, 2 * ms, far};
  }
  static Deadline of_lease(Ticks now, Ticks lease) {
    return {now, now + lease - lease / 64, now + lease, lease, 0, 62 * lease};
  }

  [[nodiscard]] bool is_far(Ticks now) const { return now - latest >= far || earliest - now > far; }

  /// **Returns** whether it has come; `observed`: whether the circuit says so.
  bool has_come(Ticks now, bool observed) {
    if (is_far(now)) return observed;
    if (now >= latest || earliest - now > longest + slack) return true;
    if (now < began && latest - now > longest) return observed;
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
  void count(const Outcome& call, Generation generation) { counted_.push_back({call, generation}); }

  /// **Returns** what the circuit shows of `stay`; `seen`: what it did show.
  [[nodiscard]] Evidence evidence(const Outcomes& stay, Ticks now, Generation generation,
                                  const Evidence& seen) const {
    return is_exact(now, generation) ? evidence_of(policy_, stay, now) : seen;
  }
  /// **Returns** what the policy trips with, if it does; `told`: what the circuit says of that.
  [[nodiscard]] std::optional<Finding> finding(const Outcomes& stay, Ticks now,
                                               Generation generation,
                                               const Transition* told) const {
    if (!is_exact(now, generation)) {
      if (!told) return {};
      return Finding{told->evidence, told->limit};
    }
    if (!stands(policy_, stay, now)) return {};
    return finding_of(policy_, stay, now);
  }

 private:
  struct Counted {
    Outcome call;
    Generation generation;
  };

  [[nodiscard]] bool is_exact(Ticks now, Generation generation) const {
    return now >= inexact_until_ && !comes_round(policy_, now, generation);
  }

  /// **Returns** whether a window of time may at `now` take an old slice for a new one, because
  /// both have the same tag: 2^24 slices later, or a multiple, if nothing was recorded in its place
  /// since. Each generation in between stands for four spans.
  [[nodiscard]] bool comes_round(const Policy& policy, Ticks now, Generation generation) const {
    constexpr Ticks round = 1 << 24;
    const auto is_near = [&](const Counted& counted) {
      const Ticks apart = slice_of(now, policy.slice) - slice_of(counted.call.now, policy.slice) +
                          Ticks{4} * policy.slices * (generation - counted.generation);
      if (counted.generation == generation && apart < round / 2) return false;
      const Ticks to_round = (apart % round + round) % round;
      return std::min(to_round, round - to_round) < 2 * policy.slices;
    };
    const auto part_does = [&](const Policy& part) { return comes_round(part, now, generation); };
    return (policy.slices > 0 && std::ranges::any_of(counted_, is_near)) ||
           std::ranges::any_of(policy.parts, part_does);
  }

  const Policy& policy_;
  const Ticks span_;
  std::vector<Counted> counted_;  // in all stays
  Ticks newest_ = std::numeric_limits<Ticks>::min();
  Ticks inexact_until_ = newest_;
};

}  // namespace model
