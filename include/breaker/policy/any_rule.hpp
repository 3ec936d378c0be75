// AnyRule: trips on rules that are known at run time only, from a file, say.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/bits.hpp"
#include "breaker/base/config_error.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/policy/packed_rule.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/types.hpp"
#include "breaker/window/call_ring.hpp"
#include "breaker/window/stay.hpp"
#include "breaker/window/time_window.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// A row or a score of a stay, safe for many threads.
class ScoreWord {
 public:
  /// Book one call. **Returns** false if the stay is over.
  bool record(const PackedRule& rule, bool marked, const Stay& stay,
              std::uint32_t& value) noexcept {
    std::uint64_t word = word_.load(acquire);  // pairs with the exchange below, see Stay::is_over
    for (;;) {
      const bool ours = TagBits::get(word) == stay.generation();
      if (!ours && stay.is_over()) return false;
      value = rule.next(ours ? static_cast<std::uint32_t>(ValueBits::get(word)) : 0, marked);
      const std::uint64_t next =
          always_set | TagBits::put(stay.generation()) | ValueBits::put(value);
      if (next == word || word_.compare_exchange_weak(word, next, release, acquire)) return true;
    }
  }

  [[nodiscard]] std::uint32_t value(const Stay& stay) const noexcept {
    // Acquire: who trips because of a failure finds what its answer asked for.
    const std::uint64_t word = word_.load(acquire);
    return TagBits::get(word) == stay.generation()
               ? static_cast<std::uint32_t>(ValueBits::get(word))
               : 0;
  }

  /// A stay is clean if `(control() ^ its clean word) & asked` is 0. @{
  [[nodiscard]] std::uint64_t control() const noexcept { return word_.load(relaxed); }
  static constexpr std::uint64_t asked = Bits<3, 23>::mask | Bits<29, 56>::mask;
  /// @}
  static constexpr std::uint64_t always_set = std::uint64_t{1} << 63;

 private:
  // The number of the stay lies where a state word has it; the value where a closed one has zeros.
  using TagBits = Bits<3, 23>;
  using ValueBits = Bits<29, 56>;

  Atomic<std::uint64_t> word_{always_set | TagBits::mask};  // of a stay that is far
};

/// What one rule counts, whatever its kind. Each kind has a place of its own, so that a rule of another
/// kind never meets what it would misread.
template <int cap>
struct RuleEvidence {
  using Last = CallRing<SizeUpTo<cap>>;
  using Ring = TimeWindow<10, 1>;

  constexpr explicit RuleEvidence(const PackedRule& rule) noexcept
      : last{rule.last_calls}, ring{rule.ring()} {}

  void adopt(const PackedRule& rule) noexcept {
    last.adopt(rule.last_calls);
    ring.adopt(rule.ring());
  }

  /// Book one call. **Returns** false if the stay is over.
  bool record(const PackedRule& rule, const Outcome& call, const Stay& stay) noexcept {
    const bool marked = rule.marks(call);
    std::uint32_t value = 0;
    if (rule.is_score()) return score.record(rule, marked, stay, value);
    if (rule.last_calls != 0) return last.record(marked, call.now, stay);
    return (!marked && !rule.is_share()) || ring.record(marked, call.now, stay);
  }

  [[nodiscard]] Standing look(const PackedRule& rule, Ticks now, const Stay& stay) const noexcept {
    Tally tally{0, 0};
    if (rule.is_score()) {
      tally.marked = score.value(stay);
    } else if (rule.last_calls != 0) {
      tally = last.tally(now, stay);
    } else if (rule.is_share()) {
      tally = ring.tally(now, stay);
    } else {
      tally.marked = ring.marked(now, stay);
    }
    return {.kind = rule.is_reached_by(tally) ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{tally.marked, tally.calls, 0}}};
  }

  /// **Returns** whether a success in that stay would change nothing; `asked`: asked_of() the rule.
  [[nodiscard]] bool is_clean(std::uint64_t asked, StayId id) const noexcept {
    const std::uint64_t control = (asked & 1) != 0 ? last.control() : score.control();
    return ((control ^ id.clean_word()) & asked) == 0;
  }

  /// **Returns** which bits must be those of the stay, of the word of the window if bit 0 is one of
  /// them, else of the score. That it never has is asked by its bit 63.
  static constexpr std::uint64_t asked_of(Shape shape) noexcept {
    switch (shape) {
      case Shape::always: return 0;
      case Shape::score: return ScoreWord::asked;
      case Shape::last_calls: return Last::asked;
      default: return ScoreWord::always_set;
    }
  }
  static constexpr std::uint64_t asks_each = ScoreWord::always_set | ScoreWord::always_set >> 1;

  ScoreWord score;
  Last last;
  Ring ring;
};

}  // namespace detail

/// Trips on one to three rules that are known at run time only, of any kind: those of a sentence, see
/// parse(), or of rule_of(policy). It decides as the policies do that it stands for. A window of calls
/// holds up to `Cap`, a window of time moves on in 10 slices, without stripes. It allocates
/// nothing: the places for three rules and `Cap` calls are in the circuit. Numbers, limits and words
/// are, for each part, those of the policy that it stands for.
template <int Cap = 100>
class AnyRule {
 public:
  /// **Throws** ConfigError naming what a policy of this type can not trip on.
  constexpr explicit AnyRule(const TripRules& rules)
      : rules_{rule_at(rules, 0), rule_at(rules, 1), rule_at(rules, 2)},
        count_{static_cast<std::uint16_t>(rules.count)},
        is_all_{static_cast<std::uint16_t>(rules.trip == TripRules::Trip::on_all ? 1 : 0)} {
    detail::require_setting(rules.count >= 1 && rules.count <= TripRules::most, "AnyRule.count",
                            rules.count, "1 to 3");
    for (int i = 0; i != rules.count; ++i) detail::require_rule(rules.rule[i], Cap);
  }

  /// What the circuit asks of a policy, from here on: see TripPolicy. @{
  static constexpr int parts = TripRules::most;
  static constexpr ClockUse clock_use = ClockUse::both_ends;

  /// What the rules count.
  class Evidence {
   public:
    /// Nothing counted.
    constexpr explicit Evidence(const AnyRule& policy) noexcept
        : of_{One{policy.rules_[0]}, One{policy.rules_[1]}, One{policy.rules_[2]}},
          of_each_{One::asked_of(policy.rules_[0].shape()), One::asked_of(policy.rules_[1].shape()),
                   One::asked_of(policy.rules_[2].shape())},
          asked_{policy.asked()},
          clock_use_{policy.needs_clock()} {}

    /// What the circuit asks of evidence: see TripPolicy. @{
    static constexpr bool is_clean_without_clock = true;
    [[nodiscard]] bool is_clean(StayId id) const noexcept {
      const std::uint64_t asked = asked_.load(detail::relaxed);
      return of_[0].is_clean(asked, id) || (asked == One::asks_each && is_each_clean(id));
    }
    [[nodiscard]] ClockUse needs_clock() const noexcept { return clock_use_.load(detail::relaxed); }
    void begin(const Stay& stay) noexcept {
      for (One& one : of_) one.last.begin(stay);
    }
    void adopt(const AnyRule& policy) noexcept {
      for (int i = 0; i != parts; ++i) {
        of_[i].adopt(policy.rules_[i]);
        of_each_[i].store(One::asked_of(policy.rules_[i].shape()), detail::relaxed);
      }
      asked_.store(policy.asked(), detail::relaxed);
      clock_use_.store(policy.needs_clock(), detail::relaxed);
    }
    /// @}

   private:
    friend AnyRule;
    using One = detail::RuleEvidence<Cap>;

    [[nodiscard, gnu::noinline]] bool is_each_clean(StayId id) const noexcept {
      for (int i = 0; i != parts; ++i)
        if (!of_[i].is_clean(of_each_[i].load(detail::relaxed), id)) return false;
      return true;
    }

    One of_[parts];
    // What calls ask while all goes well. Each guards itself: they change before a new stay begins.
    detail::Atomic<std::uint64_t> of_each_[parts];
    detail::Atomic<std::uint64_t> asked_;
    detail::Atomic<ClockUse> clock_use_;
  };

  /// Recorded for every rule before any is asked, as any_of() and all_of() do: a call that the first rule
  /// has counted is not stale.
  Standing record(Evidence& seen, const Outcome& call, const Stay& stay) const noexcept {
    if (stay.is_over()) return {.kind = Standing::Kind::stale};
    bool is_marked = false;
    for (int i = 0; i != count_; ++i) {
      if (!seen.of_[i].record(rules_[i], call, stay))
        return {.kind = i == 0 ? Standing::Kind::stale : Standing::Kind::below};
      is_marked = is_marked || rules_[i].marks(call);
    }
    if (!is_marked) return {};
    return judge(seen, &call, call.now, stay);
  }

  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay) const noexcept {
    return judge(seen, nullptr, now, stay);
  }
  /// **Returns** how part number `part` stands.
  [[nodiscard]] Standing look(const Evidence& seen, Ticks now, const Stay& stay,
                              int part) const noexcept {
    return part < count_ ? seen.of_[part].look(rules_[part], now, stay) : Standing{};
  }

  [[nodiscard]] constexpr bool is_bad(const Outcome& call) const noexcept {
    for (int i = 0; i != count_; ++i) {
      const bool is_one = rules_[i].marks(call) || call.verdict == Verdict::failure;
      if (is_one != (is_all_ != 0)) return is_one;
    }
    return is_all_ != 0;
  }

  [[nodiscard]] constexpr Limits limits(int part) const noexcept {
    return part < count_ ? rules_[part].limits() : Limits{};
  }
  [[nodiscard]] constexpr const Words& words(int part) const noexcept {
    return part < count_ ? rules_[part].words() : detail::no_words;
  }
  [[nodiscard]] constexpr std::uint32_t window_calls(int part) const noexcept {
    return part < count_ ? rules_[part].window_calls() : 0;
  }
  [[nodiscard]] constexpr ClockUse needs_clock() const noexcept {
    ClockUse most = ClockUse::none;
    for (int i = 0; i != count_; ++i)
      if (rules_[i].clock_use() > most) most = rules_[i].clock_use();
    return most;
  }
  [[nodiscard]] constexpr bool keeps(const AnyRule& before) const noexcept {
    if (count_ != before.count_ || is_all_ != before.is_all_) return false;
    for (int i = 0; i != count_; ++i)
      if (!rules_[i].keeps(before.rules_[i])) return false;
    return true;
  }
  /// @}

  /// Let `share` of each limit be enough, see advised().
  constexpr void lower(Ratio share) noexcept {
    for (int i = 0; i != count_; ++i) rules_[i].lower(share);
  }

  /// **Returns** what it trips on, as data.
  [[nodiscard]] constexpr TripRules rule() const noexcept {
    TripRules rules;
    rules.count = count_;
    rules.trip = is_all_ != 0 ? TripRules::Trip::on_all : TripRules::Trip::on_any;
    for (int i = 0; i != count_; ++i) rules.rule[i] = rules_[i].rule();
    return rules;
  }

  friend constexpr bool operator==(const AnyRule&, const AnyRule&) noexcept = default;

 private:
  static constexpr detail::PackedRule rule_at(const TripRules& rules, int i) noexcept {
    constexpr Rule none{.kind = Rule::Kind::count};  // whose shape is `always`
    return detail::PackedRule{i < rules.count ? rules.rule[i] : none};
  }

  /// What the evidence of the whole policy is asked for a clean stay.
  [[nodiscard]] constexpr std::uint64_t asked() const noexcept {
    using One = detail::RuleEvidence<Cap>;
    if (count_ == 1) return One::asked_of(rules_[0].shape());
    for (int i = 0; i != count_; ++i)
      if (rules_[i].shape() == detail::Shape::never) return One::asked_of(detail::Shape::never);
    return One::asks_each;
  }

  /// **Returns** how the rules stand; `call`: only of those that it is marked for, under any.
  Standing judge(const Evidence& seen, const Outcome* call, Ticks now,
                 const Stay& stay) const noexcept {
    Standing first{};
    for (int i = 0; i != count_; ++i) {
      if (call != nullptr && is_all_ == 0 && !rules_[i].marks(*call)) continue;
      Standing one = seen.of_[i].look(rules_[i], now, stay);
      one.part = static_cast<std::uint8_t>(i);
      const bool is_at_limit = one.kind == Standing::Kind::at_limit;
      if (is_at_limit != (is_all_ != 0)) return one;
      if (i == 0) first = one;
    }
    return first;
  }

  detail::PackedRule rules_[parts];
  std::uint16_t count_;
  std::uint16_t is_all_;
};

namespace detail {
template <int cap>
inline constexpr bool is_marked_shareable<AnyRule<cap>> = true;
}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
