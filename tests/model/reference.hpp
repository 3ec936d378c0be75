// The circuit breaker said a second time: one thread, plain facts, a list of outcomes. Written from
// the documentation, to be compared with the real one step by step. Where that leaves room (a wait
// is kept to the millisecond, a lease to a 64th of itself), the reference takes what the circuit
// did, if it lies in that room, and holds it to that from then on.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "breaker/breaker.hpp"
#include "model/rules.hpp"

namespace model {

/// A point in time that is known to within a while. Each answer of the circuit narrows it down.
struct Instant {
  Ticks earliest = 0;
  Ticks latest = 0;

  bool has_come(Ticks now, bool observed) {
    if (now < earliest || now >= latest) return now >= latest;
    (observed ? latest : earliest) = observed ? now : now + 1;
    return observed;
  }
};

/// A permit, or the refusal of one.
struct Call {
  bool is_admitted = false;
  bool is_accounted = false;
  bool is_settled = false;
  Generation generation = 0;
  Ticks began = 0;
  Rejection rejection{};
  Verdict if_dropped = Verdict::ignored;
};

/// What the circuit told while an operation ran.
struct Told {
  std::vector<Transition> transitions;
  const Rejection* rejection = nullptr;
};

class Reference {
 public:
  Reference(const Config& config, const Policy& policy)
      : config_{config}, wait_{config.open_for.backoff()}, policy_{policy} {}

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
  void see(Ticks now) {  // windows of time may lose a span when the clock goes back
    const Ticks span = longest_span(policy_);
    if (now < newest_ && span > 0) inexact_until_ = newest_ + 2 * span;
    newest_ = std::max(newest_, now);
  }
  [[nodiscard]] bool is_exact(Ticks now) const {
    return now >= inexact_until_ && !comes_round(policy_, counted_, now, generation_);
  }

  Call acquire(Ticks now) {
    if (state_ == State::open && is_wait_over(now, hint(Reason::wait_over)))
      probe_anew(now, Reason::wait_over);
    else if (state_ == State::half_open && held_ < config_.probes)
      grant(now);
    else if (state_ == State::half_open && is_lease_over(now, hint(Reason::probe_lost)))
      probe_anew(now, Reason::probe_lost);
    else if (state_ != State::closed && state_ != State::disabled)
      return refuse(now);
    return admit(now, state_ != State::disabled);
  }

  Settled settle(Call& call, Verdict verdict, Ticks now, Ticks retry_after) {
    if (!call.is_admitted) return Settled::refused;
    if (call.is_settled) return Settled::repeated;
    call.is_settled = true;
    const bool stale = call.is_accounted && call.generation != generation_;
    ++(stale                         ? totals.stale
       : verdict == Verdict::success ? totals.succeeded
       : verdict == Verdict::failure ? totals.failed
                                     : totals.ignored);
    if (stale) ++stale_;
    if (stale || !call.is_accounted) return stale ? Settled::stale : Settled::unaccounted;
    if (state_ == State::half_open) --held_;
    if (verdict == Verdict::ignored) return Settled::counted;
    const Outcome outcome{verdict, now, now - call.began};
    const bool bad = is_bad(policy_, outcome);
    if (state_ == State::closed) {
      stay_.push_back(outcome);
      counted_.push_back({now, generation_});
      const bool trips = is_exact(now) ? stands(policy_, stay_, now) : hint(Reason::policy);
      if (bad && trips) open(0, retry_after, now, Reason::policy);
    } else if (bad) {
      if (++bad_ >= config_.reopen_after) open(step_ + 1, retry_after, now, Reason::probes_failed);
    } else if (++good_ >= close_after()) {
      move(State::closed, now, Reason::probes_succeeded);
    }
    return Settled::counted;
  }
  void drop(Call& call, Ticks now) {
    settle(call, call.if_dropped, now, 0);
    call = {};
  }

  bool trip(Ticks now, Ticks wait) {  // 0: the configured one
    if (state_ != State::closed && state_ != State::half_open) return false;
    wait == 0 ? open(0, 0, now, Reason::tripped) : open_for(wait, wait, now, Reason::tripped);
    longest_ = wait == 0 ? longest_ : detail::longest_wait;
    return true;
  }
  void put(State state, Ticks now, Reason reason) {
    if (state_ != state || state == State::closed) move(state, now, reason);
  }

  // ---- what the circuit shows; `seen` is what it did show, where there is room

  State state(Ticks now, State seen) {
    return state_ == State::open && is_wait_over(now, seen == State::half_open) ? State::half_open
                                                                                : state_;
  }
  bool would_admit(Ticks now, bool seen) {
    if (config_.mode == Mode::shadow) return true;
    if (state_ == State::open) return is_wait_over(now, seen);
    if (state_ == State::half_open) return held_ < config_.probes || is_lease_over(now, seen);
    return state_ != State::forced_open;
  }
  Snapshot snapshot(Ticks now, const Snapshot& seen) {
    return {state(now, seen.state),
            generation_,
            is_exact(now) ? evidence(now) : seen.evidence,
            moves,
            totals.refused,
            stale_,
            0};
  }

 private:
  [[nodiscard]] int close_after() const {
    return config_.close_after == Config::as_probes ? config_.probes : config_.close_after;
  }
  [[nodiscard]] Evidence evidence(Ticks now) const { return evidence_of(policy_, stay_, now); }

  /// Whether the circuit's next transition in this operation has this reason: asked where the
  /// documentation leaves room.
  [[nodiscard]] bool hint(Reason reason) const {
    return told_->transitions.size() > transitions.size() &&
           told_->transitions[transitions.size()].reason == reason;
  }

  Call admit(Ticks now, bool is_accounted) {
    ++totals.admitted;
    return {.is_admitted = true,
            .is_accounted = is_accounted,
            .generation = is_accounted ? generation_ : 0,
            .began = now};
  }
  Call refuse(Ticks now) {
    ++totals.refused;
    if (config_.mode == Mode::shadow) return admit(now, false);
    const auto why = state_ == State::open        ? RejectionReason::open
                     : state_ == State::half_open ? RejectionReason::probes_busy
                                                  : RejectionReason::forced_open;
    const Ticks rest = state_ == State::open        ? rest_of_wait(now)
                       : state_ == State::half_open ? 0
                                                    : config_.retry_after_max.ticks();
    return {.generation = generation_, .rejection = {nanoseconds{rest}, generation_, why}};
  }
  Ticks rest_of_wait(Ticks now) {
    const Ticks said = told_->rejection ? told_->rejection->retry_after.count() : 0;
    if (is_far(now)) return std::clamp(said, Ticks{1}, up_to_ms(longest_) + ms);
    if (said < end_.earliest - now || said > end_.latest - now) return end_.earliest - now;
    end_ = {now + said, now + said};  // and it must keep its word
    return said;
  }

  /// More than a year past a wait, or half a year if waits of more than a month are allowed, the
  /// circuit may refuse for one more.
  [[nodiscard]] bool is_far(Ticks now) const {
    const Ticks far = longest_ > 32 * day ? 182 * day : 365 * day;
    return now - end_.latest > far || end_.earliest - now > far;
  }
  bool is_wait_over(Ticks now, bool observed) {
    if (is_far(now)) return observed;
    if (end_.earliest - now > longest_ + 2 * ms) return true;  // the clock was set back
    return end_.latest - now > longest_ ? observed : end_.has_come(now, observed);
  }
  bool is_lease_over(Ticks now, bool observed) {
    const Ticks idle = now - granted_;
    if (idle >= 63 * lease() || idle <= -63 * lease()) return observed;
    if (idle < 0) return idle < -lease() / 64 || observed;  // the clock was set back
    return lease_end_.has_come(now, observed);
  }
  [[nodiscard]] Ticks lease() const {
    return config_.probe_lease.is_given() ? config_.probe_lease.ticks() : wait_.first.ticks();
  }
  void grant(Ticks now) {
    ++held_;
    granted_ = now;
    lease_end_ = {now + lease() - lease() / 64, now + lease()};
  }
  void probe_anew(Ticks now, Reason reason) {
    const int step = step_;
    move(State::half_open, now, reason);
    step_ = step;
    grant(now);
  }

  void open(int step, Ticks asked, Ticks now, Reason reason) {
    Ticks wait = wait_.first.ticks();
    for (int i = 0; i < std::min(step, 30); ++i)
      wait = std::min(wait * wait_.factor, wait_.max.ticks());
    const Ticks at_least = std::min(asked, config_.retry_after_max.ticks());
    const Ticks cut = wait * wait_.jitter.part() / wait_.jitter.whole();
    open_for(std::max({wait - cut, at_least, Ticks{1}}), std::max(wait, at_least), now, reason);
    step_ = step;
    longest_ = std::max(wait_.max.ticks(), config_.retry_after_max.ticks());
  }
  void open_for(Ticks shortest, Ticks longest, Ticks now, Reason reason) {
    Ticks said = up_to_ms(longest);  // jitter: what the circuit drew, if it lies between
    if (hint(reason)) said = Ticks{told_->transitions[transitions.size()].open_for.count()} * ms;
    said = std::clamp(said, up_to_ms(shortest), up_to_ms(longest));
    move(State::open, now, reason, said);
    end_ = {now + std::max(shortest, said - ms + 1), now + std::min(longest, said) + ms - 1};
  }
  void move(State to, Ticks now, Reason reason, Ticks open_for = 0) {
    Finding found{{0, 0, 0}, {}};
    if (reason == Reason::policy) {
      found = finding_of(policy_, stay_, now);
      if (!is_exact(now))
        found = {told_->transitions[transitions.size()].evidence,
                 told_->transitions[transitions.size()].limit};
    }
    generation_ = (generation_ + 1) % (1u << 21);
    last = {state_,
            to,
            reason,
            generation_,
            nanoseconds{now},
            std::chrono::milliseconds{open_for / ms},
            found.evidence,
            found.limit,
            true};
    transitions.push_back(last);
    ++moves;
    state_ = to;
    held_ = good_ = bad_ = step_ = 0;
    stay_.clear();
  }

  const Config config_;
  const Backoff wait_;
  const Policy& policy_;
  const Told* told_ = nullptr;

  State state_ = State::closed;
  Generation generation_ = 0;
  std::uint32_t stale_ = 0;
  Outcomes stay_;                      // closed: what was settled in this stay
  std::vector<Counted> counted_;       // and in all of them
  int step_ = 0;                       // how often the probes failed since the circuit was closed
  Instant end_;                        // open: of the wait
  Ticks longest_ = 0;                  // open: no wait of this kind is longer
  int held_ = 0, good_ = 0, bad_ = 0;  // half-open
  Ticks granted_ = 0;                  // half-open: when the last slot was
  Instant lease_end_;
  Ticks newest_ = std::numeric_limits<Ticks>::min(), inexact_until_ = newest_;
};

}  // namespace model
