// The circuit breaker said a second time: one thread, plain facts, a list of outcomes. Written from
// the documentation, to be compared with the real one step by step. Where that leaves room
// (room.hpp), the reference takes what the circuit did, if it lies in there.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "proof/model/room.hpp"
#include "proof/model/rules.hpp"

namespace model {

/// A permit, or the refusal of one.
struct Call {
  bool is_admitted = false;
  bool is_accounted = false;
  bool is_settled = false;
  Generation generation = 0;
  Ticks began = 0;
  std::optional<Rejection> rejection{};
  Verdict if_dropped = Verdict::ignored;
};

class Reference {
 public:
  Reference(const Config& config, const Policy& policy)
      : config_{config}, wait_{config.open_for.backoff()}, policy_{policy} {
    if (config_.close_after == Config::as_probes) config_.close_after = config_.probes;
    if (!config_.probe_lease.is_given()) config_.probe_lease = wait_.first;
  }

  std::vector<Transition> transitions;  // of the current operation; the circuit's must be the same
  Transition last{{}, {}, Reason::none, 0, {}, {}, {0, 0, 0}, {}, true};
  std::uint64_t moves = 0;
  CallTotals totals{};

  /// An operation begins (or the circuit is looked at) at `now`, and the circuit `told` this.
  void begin(Ticks now, const Told& told) {
    transitions.clear();
    told_ = &told;
    see(now);
  }
  void see(Ticks now) { windows_.see(now); }
  [[nodiscard]] bool is_exact(Ticks now) const { return windows_.is_exact(now); }

  Call acquire(Ticks now) {
    if (is_shut()) {
      const Reason over = state_ == State::open ? Reason::wait_over : Reason::probe_lost;
      if (!is_over(now, hint(over))) return refuse(now);
      move(State::half_open, now, over);
    }
    if (state_ == State::half_open) grant(now);
    return admit(now, state_ != State::disabled);
  }

  Settled settle(Call& call, Verdict verdict, Ticks now, Ticks retry_after) {
    if (!call.is_admitted) return Settled::refused;
    if (std::exchange(call.is_settled, true)) return Settled::repeated;
    const bool stale = call.is_accounted && call.generation != generation_;
    ++(stale                         ? totals.stale
       : verdict == Verdict::success ? totals.succeeded
       : verdict == Verdict::failure ? totals.failed
                                     : totals.ignored);
    if (stale || !call.is_accounted) return stale ? Settled::stale : Settled::unaccounted;
    if (state_ == State::half_open) --held_;
    if (verdict == Verdict::ignored) return Settled::counted;
    if (verdict != Verdict::failure) retry_after = 0;
    const Outcome outcome{verdict, now, now - call.began};
    const bool bad = is_bad(policy_, outcome);
    if (state_ == State::closed) {
      windows_.count(outcome);
      const auto found = windows_.finding(now, hint(Reason::policy));
      if (bad && found) open(0, retry_after, now, Reason::policy, *found);
    } else if (bad) {
      if (++bad_ >= config_.reopen_after) open(step_ + 1, retry_after, now, Reason::probes_failed);
    } else if (++good_ >= config_.close_after) {
      move(State::closed, now, Reason::probes_succeeded);
    }
    return Settled::counted;
  }
  void drop(Call& call, Ticks now, const Call& next = {}) {  // … and take the next in its place
    settle(call, call.if_dropped, now, 0);
    call = next;
  }

  bool trip(Ticks now, Ticks wait) {  // 0: the configured one
    if (state_ != State::closed && state_ != State::half_open) return false;
    if (wait == 0) open(0, 0, now, Reason::tripped);
    if (wait != 0) open_for(wait, wait, detail::longest_wait, now, Reason::tripped);
    return true;
  }
  void put(State state, Ticks now, Reason reason) {
    if (state_ != state || state == State::closed) move(state, now, reason);
  }

  // ---- what the circuit shows; `seen` is what it did show, where there is room

  State state(Ticks now, State seen) {
    const bool over = state_ == State::open && is_over(now, seen == State::half_open);
    return over ? State::half_open : state_;
  }
  bool would_admit(Ticks now, bool seen) {
    return config_.mode == Mode::shadow || !is_shut() || is_over(now, seen);
  }
  Snapshot snapshot(Ticks now, const Snapshot& seen) {
    Evidence evidence{0, 0, 0};
    if (state_ == State::closed) evidence = windows_.evidence(now, seen.evidence);
    const auto stale = static_cast<std::uint32_t>(totals.stale);
    return {state(now, seen.state), generation_, evidence, moves, totals.refused, stale, 0};
  }

 private:
  /// Nobody gets in, unless a wait or a lease is over.
  [[nodiscard]] bool is_shut() const {
    return state_ == State::open || state_ == State::forced_open ||
           (state_ == State::half_open && held_ >= config_.probes);
  }
  bool is_over(Ticks now, bool observed) {
    return state_ != State::forced_open && end_.has_come(now, observed);
  }

  /// **Returns** the circuit's next transition in this operation, if it has this reason: asked
  /// where the documentation leaves room.
  [[nodiscard]] const Transition* hint(Reason reason) const {
    return told_->at(transitions.size(), reason);
  }

  Call admit(Ticks now, bool is_accounted) {
    ++totals.admitted;
    return {true, is_accounted, false, is_accounted ? generation_ : 0, now};
  }
  Call refuse(Ticks now) {
    ++totals.refused;
    if (config_.mode == Mode::shadow) return admit(now, false);
    Rejection why{{}, generation_, RejectionReason::probes_busy};
    if (state_ == State::open)
      why = {nanoseconds{end_.rest(now, told_->retry_after())}, generation_, RejectionReason::open};
    if (state_ == State::forced_open)
      why = {nanoseconds{config_.retry_after_max.ticks()}, generation_,
             RejectionReason::forced_open};
    return {.generation = generation_, .rejection = why};
  }
  void grant(Ticks now) {
    ++held_;
    end_ = Deadline::of_lease(now, config_.probe_lease.ticks());
  }

  void open(int step, Ticks asked, Ticks now, Reason reason, const Finding& found = {}) {
    const Ticks most = wait_.max.ticks();
    const Ticks may_ask = config_.retry_after_max.ticks();
    Ticks wait = wait_.first.ticks();
    for (int i = 0; i < std::min(step, 30); ++i) wait = std::min(wait * wait_.factor, most);
    const Ticks cut = wait * wait_.jitter.part() / wait_.jitter.whole();
    asked = std::min(asked, may_ask);
    open_for(std::max({wait - cut, asked, Ticks{1}}), std::max(wait, asked),
             std::max(most, may_ask), now, reason, found);
    step_ = step;
  }
  void open_for(Ticks shortest, Ticks longest, Ticks allowed, Ticks now, Reason reason,
                const Finding& found = {}) {
    // With jitter: what the circuit drew, if it lies between.
    const Transition* told = hint(reason);
    const Ticks said = std::clamp(told ? Ticks{told->open_for.count()} * ms : up_to_ms(longest),
                                  up_to_ms(shortest), up_to_ms(longest));
    move(State::open, now, reason, said, found);
    end_ = Deadline::of_wait(now, std::max(shortest, said - ms + 1),
                             std::min(longest, said) + ms - 1, allowed);
  }
  void move(State to, Ticks now, Reason reason, Ticks open_for = 0, const Finding& found = {}) {
    generation_ = (generation_ + 1) % (1u << 21);
    const std::chrono::milliseconds wait{open_for / ms};
    last = {state_,         to,          reason, generation_, nanoseconds{now}, wait,
            found.evidence, found.limit, true};
    transitions.push_back(last);
    ++moves;
    state_ = to;
    held_ = good_ = bad_ = 0;
    if (to != State::half_open) step_ = 0;  // else the backoff goes on
    windows_.begin_stay(generation_);
  }

  Config config_;
  Backoff wait_;
  const Policy& policy_;
  const Told* told_ = nullptr;

  State state_ = State::closed;
  Generation generation_ = 0;
  Windows windows_{policy_};           // closed: what was settled in this stay
  int step_ = 0;                       // how often the probes failed since the circuit was closed
  int held_ = 0, good_ = 0, bad_ = 0;  // half-open
  Deadline end_;                       // open: of the wait; half-open: of the last lease
};

}  // namespace model
