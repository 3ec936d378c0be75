// Member: one circuit of a fleet: what it has just done, what the others say of it, and what follows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/advise.hpp"
#include "breaker/fleet/link.hpp"
#include "breaker/fleet/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {
namespace detail {

/// **Returns** how much was enough for the policy of a circuit that it opened, in % of its usual limit.
template <class Circuit>
std::uint32_t score_of(const Circuit& circuit, const Transition& opened) noexcept {
  if constexpr (Advisable<const Circuit>) {
    constexpr int half = Circuit::part_count / 2;
    for (int part = 0; part < half; ++part) {
      const Limits usual = circuit.limits(part);
      const Limits lower = circuit.limits(half + part);
      if (opened.limits != lower || opened.words != &circuit.words(half + part)) continue;
      for (std::size_t i = 0; i < std::size(usual.at); ++i) {
        if (lower.at[i] < usual.at[i])
          return static_cast<std::uint32_t>(std::uint64_t{lower.at[i]} * 100 / usual.at[i]);
      }
    }
  }
  return 100;
}

/// One circuit. All members are called by the thread that calls step().
class Member {
 public:
  /// For how many open waits a probe that may be out elsewhere is waited for, beyond one's own wait: in
  /// vain, and altogether, if it is told again and again that such a probe has failed.
  static constexpr int patience = 3;
  static constexpr int longest_patience = 10;

  explicit Member(std::string_view name) : name_{name} {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] bool has_verdict(Ticks now) const noexcept { return now < bad_until_; }

  /// Ask the store what it knows, at `when` or before: something may have been missed.
  void query_at(Ticks when) noexcept { query_at_ = when < query_at_ ? when : query_at_; }

  /// A message came. It is heeded when the circuit is visited.
  template <class AnyLink>
  void hear(const Message& message, AnyLink& link) {
    const Milliseconds store_time = link.store_time();
    if (store_time == 0) query_at_ = at_once;  // it can't be judged, but the answer can
    if (store_time == 0 || message.epoch <= epoch_ || message.epoch > store_time + 1000) return;
    epoch_ = message.epoch;
    told_bad_ = message.bad ? message.bad_for : 0;
    is_told_ = true;
    Totals::add(link.totals().messages);
  }

  /// See what the circuit has done, heed what was told, speak if there is something to say.
  template <class Circuit, class AnyLink>
  void visit(Circuit& circuit, AnyLink& link) {
    observe(circuit, link);
    if (std::exchange(is_told_, false)) heed(circuit, told_bad_, link);
    if (link.is_down()) give_up_waiting(circuit, link);
    if (query_at_ <= link.now() && link.may_speak()) say(circuit, Op::query, link);
    if (link.now() >= true_until_) has_to_say_ = false;
    if (has_to_say_ && link.may_speak()) say(circuit, to_say_, link);
    if (is_to_ask(circuit, link)) ask(circuit, link);
  }

 private:
  static constexpr Ticks never = breaker::detail::ticks_max;
  static constexpr Ticks at_once = breaker::detail::ticks_min;

  // ---- what the circuit has done

  template <class Circuit, class AnyLink>
  void observe(Circuit& circuit, AnyLink& link) {
    if (circuit.snapshot().generation == generation_) return;
    const Transition last = circuit.why();
    if (last.generation == generation_ || last.reason == Reason::none) return;
    generation_ = last.generation;
    const State before = std::exchange(state_, last.to);
    const bool was_granted = std::exchange(granted_until_, 0) != 0;
    has_to_say_ = false;
    if (state_ == State::open) {
      opened(circuit, last, link);
      if (last.reason == Reason::probes_failed && (was_granted || has_verdict(link.now())))
        intend(Op::probe_failed, 100, link);
    } else if (state_ == State::half_open) {
      if (before == State::closed) intend(Op::vote, 100, link);  // it was open in between
    } else if (last.reason == Reason::probes_succeeded) {
      if (was_granted || has_verdict(link.now())) intend(Op::probe_succeeded, 100, link);
    }
    if (state_ == State::half_open && was_granted) granted_until_ = never;  // its probe is out
  }

  template <class Circuit, class AnyLink>
  void opened(Circuit& circuit, const Transition& last, AnyLink& link) {
    open_for_ = breaker::detail::to_ticks(last.open_for);
    own_deadline_ = link.now() + left_of(circuit);
    waits_on_ = false;
    is_by_hand_ = last.reason == Reason::tripped;
    failed_at_ = breaker::detail::ticks_min;
    if (last.reason == Reason::policy) intend(Op::vote, detail::score_of(circuit, last), link);
    is_unsure_ = has_to_say_ && score_ < 100 && has_verdict(link.now());
    if (is_unsure_) has_to_say_ = false;  // a vote would change nothing
    if (last.reason == Reason::classifier) intend(Op::vote, 100, link);
  }

  /// It is true as long as a lease lasts, unless the circuit moves on before.
  template <class AnyLink>
  void intend(Op op, std::uint32_t score, const AnyLink& link) noexcept {
    has_to_say_ = true;
    true_until_ = link.now() + link.settings().lease.ticks();
    to_say_ = op;
    score_ = score;
  }

  /// **Returns** how much is left of an open circuit's wait.
  template <class Circuit>
  static Ticks left_of(const Circuit& circuit) noexcept {
    return breaker::detail::to_ticks(circuit.saved().left);
  }

  // ---- what the others say

  /// The verdict "bad" stands for `bad_for`; 0: it has ended. It is heeded no longer than the settings
  /// say.
  template <class Circuit, class AnyLink>
  void heed(Circuit& circuit, Milliseconds bad_for, AnyLink& link) {
    const Ticks now = link.now();
    const bool stood = has_verdict(now);
    Ticks most = link.settings().longest_verdict.ticks();
    const Ticks by_own_wait = link.settings().lease.ticks() + 2 * open_for_;
    if (state_ == State::open && by_own_wait < most) most = by_own_wait;
    const Ticks told = detail::from_milliseconds(bad_for);
    const Ticks lasts = told < most ? told : most;
    bad_until_ = now + lasts;
    if (lasts > 0) failed_at_ = now;
    if constexpr (Advisable<Circuit>) {
      if (lasts > 0 || stood) {
        fleet::advise(circuit, std::chrono::nanoseconds{lasts});
        observe(circuit, link);
      }
    }
    if (state_ != State::open || is_by_hand_) return;
    if (lasts > 0 && waits_on_) {  // a probe failed elsewhere: the next one may be ours
      no_later_than(circuit, open_for_ + link.any_below(open_for_ / 2));
    } else if (lasts == 0 && stood) {
      no_later_than(circuit, link.any_below(link.settings().spread.ticks()));
    }
  }

  template <class Circuit>
  static void no_later_than(Circuit& circuit, Ticks soon) {
    if (soon < left_of(circuit)) circuit.retry_in(std::chrono::nanoseconds{soon});
  }

  // ---- what it says

  template <class Circuit, class AnyLink>
  void say(Circuit& circuit, Op op, AnyLink& link) {
    const Answer answer = link.exchange(name_, op, score_, open_for_);
    if (answer.kind == Answer::Kind::failed) {
      query_at_ = at_once;  // when the store is there again
      return;               // what it has to say is said then, too, if it is true still
    }
    if (op == Op::query) {
      query_at_ = never;
    } else if (answer.kind == Answer::Kind::late) {
      return;  // now the store's time is known better: once more
    } else {
      has_to_say_ = false;
      if (op == Op::vote) Totals::add(link.totals().votes);
    }
    take(circuit, answer, link);
  }

  template <class Circuit, class AnyLink>
  void take(Circuit& circuit, const Answer& answer, AnyLink& link) {
    const bool is_news = answer.epoch > epoch_ || (answer.bad_for == 0 && has_verdict(link.now()));
    if (answer.epoch != 0) epoch_ = answer.epoch;
    if (is_news) heed(circuit, answer.bad_for, link);
  }

  // ---- before it probes

  // Who opened on little, under advice, asks at once whether it may probe: if it was wrong, and the
  // fleet with it, that ends both.

  /// **Returns** until when this circuit waits for others' probes at most.
  [[nodiscard]] Ticks latest() const noexcept {
    const Ticks since =
        failed_at_ > own_deadline_ - open_for_ ? failed_at_ + open_for_ : own_deadline_;
    const Ticks latest = (since > own_deadline_ ? since : own_deadline_) + patience * open_for_;
    const Ticks most = own_deadline_ + longest_patience * open_for_;
    return latest < most ? latest : most;
  }

  template <class Circuit, class AnyLink>
  [[nodiscard]] bool is_to_ask(const Circuit& circuit, AnyLink& link) const noexcept {
    const Ticks now = link.now();
    if (state_ != State::open || is_by_hand_ || !has_verdict(now) || now < granted_until_ ||
        now >= latest() || !link.may_speak())
      return false;
    constexpr int turns_ahead = 3;
    return is_unsure_ || left_of(circuit) <= turns_ahead * link.settings().turn.ticks();
  }

  template <class Circuit, class AnyLink>
  void ask(Circuit& circuit, AnyLink& link) {
    const Answer answer = link.exchange(name_, Op::ask, 100, open_for_);
    const bool is_unsure = std::exchange(is_unsure_, false);
    if (answer.kind == Answer::Kind::failed) query_at_ = at_once;
    if (answer.kind != Answer::Kind::done) return;
    take(circuit, answer, link);
    const Ticks now = link.now();
    if (!has_verdict(now)) {
      if (is_unsure) intend(Op::vote, score_, link);
      return;
    }
    if (answer.yes) {
      granted_until_ = now + link.settings().lease.ticks();
      if (is_unsure) circuit.retry_in(std::chrono::nanoseconds{0});
      return;
    }
    const Ticks wished =
        now + detail::from_milliseconds(answer.wait) + link.any_below(open_for_ / 2);
    const Ticks until = wished < latest() ? wished : latest();
    if (until > now && (is_unsure || until - now > left_of(circuit)))
      waits_on_ = circuit.retry_in(std::chrono::nanoseconds{until - now});
  }

  /// Who waits for others and can't hear them waits no longer than it would alone.
  template <class Circuit, class AnyLink>
  void give_up_waiting(Circuit& circuit, AnyLink& link) {
    if (!std::exchange(waits_on_, false) || state_ != State::open) return;
    const Ticks left = own_deadline_ - link.now();
    circuit.retry_in(std::chrono::nanoseconds{left > 0 ? left : 0});
  }

  std::string name_;
  Generation generation_ = 0;
  State state_ = State::closed;

  // While open.
  Ticks open_for_ = breaker::detail::millisecond * 1000;
  Ticks own_deadline_ = 0;
  Ticks granted_until_ = 0;  // may probe
  bool waits_on_ = false;    // longer than its own wait
  bool is_by_hand_ = false;
  bool is_unsure_ = false;  // it opened under advice, and has not asked yet

  // What the others say.
  Ticks bad_until_ = breaker::detail::ticks_min;
  Ticks failed_at_ = breaker::detail::ticks_min;  // when that was told last
  Milliseconds epoch_ = 0;
  Milliseconds told_bad_ = 0;
  bool is_told_ = false;

  // What it has to say.
  bool has_to_say_ = false;
  Op to_say_ = Op::query;
  Ticks true_until_ = breaker::detail::ticks_min;
  std::uint32_t score_ = 100;
  Ticks query_at_ = never;
};

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
