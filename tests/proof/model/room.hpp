// Where the documentation leaves room, and how much. What the circuit did in it, it is held to.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/model/rules.hpp"
#include "proof/model/watched.hpp"

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
  [[nodiscard]] bool is_refused(RejectionReason reason) const {
    return rejection && rejection->reason == reason;
  }
};

/// Times of the clock are told apart modulo this.
inline constexpr Ticks clock_range = (Ticks{1} << 35) * ms;

/// The end of an open wait: a whole millisecond of the clock.
struct Wait {
  Ticks end = 0;
  Ticks longest = 0;  // that one may be; further ahead than that, the clock was set back

  [[nodiscard]] bool is_far(Ticks now) const {
    return now - end >= clock_range - longest - 2 * ms || end - now >= clock_range;
  }

  /// **Returns** whether it has come; `observed`: whether the circuit says so.
  [[nodiscard]] bool has_come(Ticks now, bool observed) const {
    if (is_far(now)) return observed;
    const Ticks left = end - up_to_ms(now);
    if (now < end && left > longest && left <= longest + ms) return observed;
    return now >= end || left > longest;
  }

  /// **Returns** whether less than `wait` is left.
  [[nodiscard]] bool comes_within(Ticks wait, Ticks now, bool observed) const {
    return has_come(now, observed) || (is_far(now) ? observed : end - now < wait);
  }

  /// **Returns** whether more than `wait` is left, in whole milliseconds.
  [[nodiscard]] bool exceeds(Ticks wait, Ticks now, bool observed) const {
    if (has_come(now, !observed)) return false;
    return is_far(now) ? observed : end - up_to_ms(now) > wait;
  }

  /// **Returns** how much of it is left; `said`: what the circuit says.
  [[nodiscard]] Ticks rest(Ticks now, Ticks said) const {
    return is_far(now) ? std::clamp(said, Ticks{1}, longest + ms) : end - now;
  }
};

/// The end of a lease, known to a 16th of it (if the first was shorter than 16 ns, to its share of one
/// of them). Each answer of the circuit narrows it down.
struct Lease {
  Ticks begin = 0;
  Ticks length = 0;
  Ticks grain = 0;
  Ticks earliest = 0;
  Ticks latest = 0;

  /// Granted `now`, for `length`, the first lease doubled so often.
  static Lease of(Ticks now, Ticks length, Ticks first) {
    const Ticks grain = length / std::min(first, Ticks{16});
    return {now, length, grain, now + length - grain, now + length};
  }

  /// **Returns** whether it has come; `observed`: whether the circuit says so.
  bool has_come(Ticks now, bool observed) {
    const Ticks far = 31 * length;  // after so long one more may pass
    if (now - latest >= far || earliest - now > far) return observed;
    if (now >= latest || now < begin - grain) return true;
    if (now < begin) return observed;  // the clock was set back
    if (now < earliest) return false;
    (observed ? latest : earliest) = observed ? now : now + 1;
    return observed;
  }
};

/// Until when the answers of a stay asked to wait. The latest of those that are ahead counts.
class Asked {
 public:
  explicit Asked(Ticks most) : most_{most} {}

  /// Answers may ask for so much from now on; a time that is further ahead counts as past.
  void adopt(Ticks most) { most_ = most; }

  void note(Ticks wait, Ticks now) {
    is_vague_ = is_vague_ || is_far(now);
    const Ticks until = up_to_ms(now) + std::min(up_to_ms(wait), most_);
    if (left(now) < until - up_to_ms(now)) until_ = until;
  }

  /// **Returns** the least and the most that the circuit may be asked for at `now`.
  [[nodiscard]] std::pair<Ticks, Ticks> range(Ticks now) const {
    if (is_vague_ || is_far(now)) return {0, most_};
    return {left(now), left(now)};
  }

 private:
  [[nodiscard]] bool is_far(Ticks now) const {
    return until_ &&
           (now - *until_ >= clock_range - most_ - 2 * ms || *until_ - now >= clock_range);
  }
  /// A time further ahead than an answer may ask for is past, or of a clock that was set back.
  [[nodiscard]] Ticks left(Ticks now) const {
    const Ticks left = until_ ? *until_ - up_to_ms(now) : 0;
    return left > 0 && left <= most_ ? left : 0;
  }

  Ticks most_;
  std::optional<Ticks> until_{};
  bool is_vague_ = false;
};

/// What the policy finds, over its windows. Those of time lose calls for a while when the clock is
/// set back, and in rare cases find old ones again.
class Windows {
 public:
  explicit Windows(const Policy& policy) : policy_{&policy}, span_{longest_span(policy)} {}

  /// The settings are these from now on.
  void adopt(const Policy& policy) {
    policy_ = &policy;
    span_ = longest_span(policy);
  }

  void see(Ticks now) {
    if (now < newest_ && span_ > 0) inexact_until_ = newest_ + 2 * span_;
    newest_ = std::max(newest_, now);
  }
  void begin_stay(Generation generation) {
    generation_ = generation;
    stay_.clear();
    watched_.begin_stay();
  }
  /// A call of this stay has arrived and got in; one has ended.
  void arrive(Ticks now) { watched_.add(now); }
  void depart(Ticks began) { watched_.depart(began); }
  void count(const Outcome& call) {
    stay_.push_back(call);
    counted_.push_back({call, generation_});
  }

  /// **Returns** whether any part shows numbers.
  [[nodiscard]] bool has_counted(Ticks now) const {
    for (int i = 0; i < policy_->part_count(); ++i)
      if (numbers(i, now, {}) != Numbers{}) return true;
    return false;
  }

  [[nodiscard]] bool is_exact(Ticks now) const {
    return now >= inexact_until_ && !comes_round(*policy_, now);
  }

  /// **Returns** what the circuit shows of a part while closed; `seen`: what it did show.
  [[nodiscard]] Numbers numbers(int part, Ticks now, const Numbers& seen) const {
    const Policy& its = policy_->part(part);
    if (its.rule == Rule::overdue) return watched_.numbers(its.out_for, now, seen);
    if (its.slices > 0 && !is_exact(now) && could_hold(seen, now)) return seen;
    return numbers_of(its, stay_, now);
  }

  /// **Returns** what the policy trips with after the call that was counted last, if it does; `told`: what
  /// the circuit says of that.
  [[nodiscard]] std::optional<Finding> finding(Ticks now, const Transition* told) const {
    const bool exact = is_exact(now);
    if (!exact && told && could_trip(*told) && could_hold(told->numbers, now))
      return Finding{told->numbers, told->limits, told->words};
    const auto is_overdue = [&](const Policy& part) { return this->is_overdue(part, now, told); };
    const Policy* part = tripping(*policy_, stay_, stay_.back(), exact ? now : never, is_overdue);
    if (part == nullptr) return {};
    return Finding{numbers_of(*part, stay_, now), part->limits, part->words};
  }

  /// The same when a call arrives, or somebody looks: a part on calls that are out makes the policy trip.
  [[nodiscard]] std::optional<Finding> finding_on_arrival(Ticks now, const Transition* told) const {
    for (int i = 0; i < policy_->part_count(); ++i) {
      const Policy& part = policy_->part(i);
      if (part.rule != Rule::overdue) continue;
      const bool all_must = policy_->kind == Policy::Kind::all;
      const Policy& says = all_must ? policy_->parts.front() : part;  // whose numbers a trip has
      const bool could_be_told = told != nullptr && told->words == says.words;
      if (!is_overdue(part, now, could_be_told ? told : nullptr)) continue;
      if (all_must && !stands(says, stay_, now)) continue;
      return finding_of(says, now, told);
    }
    return {};
  }

 private:
  struct Counted {
    Outcome call;
    Generation generation;
  };
  static constexpr Ticks never = std::numeric_limits<Ticks>::max();  // no window of time reaches it

  /// **Returns** whether so many are overdue that `part` trips; `told`: what the circuit says of a trip.
  [[nodiscard]] bool is_overdue(const Policy& part, Ticks now, const Transition* told) const {
    const std::uint32_t limit = part.limits.at[0];
    return watched_.least(part.out_for, now) >= limit ||
           (told != nullptr && watched_.most(part.out_for, now) >= limit);
  }
  [[nodiscard]] Finding finding_of(const Policy& part, Ticks now, const Transition* told) const {
    const Numbers seen = told != nullptr ? told->numbers : Numbers{};
    return {part.rule == Rule::overdue ? watched_.numbers(part.out_for, now, seen)
                                       : numbers_of(part, stay_, now),
            part.limits, part.words};
  }

  /// **Returns** whether a part of the policy trips with what is told.
  [[nodiscard]] bool could_trip(const Transition& told) const {
    for (int i = 0; i < policy_->part_count(); ++i) {
      const Policy& part = policy_->part(i);
      if (part.words == told.words && part.limits == told.limits && reaches(part, told.numbers))
        return true;
    }
    return false;
  }

  /// **Returns** whether so much was counted: in this stay or, where old calls may be found again,
  /// in all of them.
  [[nodiscard]] bool could_hold(const Numbers& seen, Ticks now) const {
    const bool any_stay = newest_ - now >= 3 * span_ || comes_round(*policy_, now);
    const auto calls = static_cast<std::uint32_t>(std::ranges::count_if(
        counted_, [&](const Counted& one) { return any_stay || one.generation == generation_; }));
    return seen.at[0] <= calls && seen.at[1] <= calls && seen.at[2] == 0;
  }

  /// **Returns** whether a window of time may at `now` take an old slice for a new one, because
  /// both have the same tag: 2^24 slices later, or a multiple, if nothing was recorded in its place
  /// since. Each generation in between stands for four spans.
  [[nodiscard]] bool comes_round(const Policy& policy, Ticks now) const {
    constexpr Ticks round = 1 << 24;
    const auto is_near = [&](const Counted& counted) {
      const Ticks apart = slice_of(now, policy.slice()) -
                          slice_of(counted.call.now, policy.slice()) +
                          Ticks{4} * policy.slices * (generation_ - counted.generation);
      if (counted.generation == generation_ && apart < round / 2) return false;
      const Ticks to_round = (apart % round + round) % round;
      return std::min(to_round, round - to_round) < 2 * policy.slices;
    };
    const auto part_does = [&](const Policy& part) { return comes_round(part, now); };
    return (policy.slices > 0 && std::ranges::any_of(counted_, is_near)) ||
           std::ranges::any_of(policy.parts, part_does);
  }

  const Policy* policy_;
  Ticks span_;
  Generation generation_ = 0;
  Outcomes stay_;                 // what was settled in this stay
  Watched watched_;               // what is out
  std::vector<Counted> counted_;  // in all of them
  Ticks newest_ = std::numeric_limits<Ticks>::min();
  Ticks inexact_until_ = newest_;
};

}  // namespace model
