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
  bool is_probe = false;
  bool is_settled = false;
  Generation generation = 0;
  Generation recovery = 0;  // of a probe: the generation that its recovery began with
  Ticks began = 0;
  std::optional<Rejection> rejection{};
  Verdict if_dropped = Verdict::ignored;
};

class Reference {
 public:
  /// **Requires** that `policy`, as each that is adopted, outlives this.
  Reference(const Config& config, const Policy& policy)
      : config_{plain(config)}, backoff_{config.open_for.backoff()}, policy_{&policy} {}

  std::vector<Transition> transitions;  // of the current operation; the circuit's must be the same
  Transition last{{}, {}, Reason::none, 0, {}, {}, {}, {}, nullptr, true};
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

  Call acquire(Ticks now, bool may_probe) {
    look(now);
    if (lets_all_in()) return admit(now, state_ == State::closed);
    if (rides()) return admit(now, false);
    if (!may_probe) return refuse(now, why_no_probe(now));
    if (is_shut()) {
      const Reason over = state_ == State::open ? Reason::wait_over : Reason::probe_lost;
      if (!is_over(now, hint(over))) return refuse(now, why_shut());
      move(State::half_open, now, over);
    }
    ++held_;
    lease_ = Lease::of(now, lease(), config_.probe_lease.ticks());
    return admit(now, true);
  }

  /// Whether too many calls are out is asked. **Returns** whether that opens the circuit.
  bool look(Ticks now) {
    if (state_ != State::closed) return false;
    const auto found = windows_.finding_on_arrival(now, hint(Reason::policy));
    if (found) open(step_if_soon(now), now, Reason::policy, *found);
    return found.has_value();
  }

  /// The same for a call that is part of `outer`.
  Call acquire_within(const Call& outer, Ticks now) {
    if (is_riding(outer)) return admit(now, false);
    return acquire(now, true);
  }

  /// The function of `call` begins: what the thread asks for until it ends is part of that.
  void enter(const Call& call) { rides_.push_back(call); }
  void leave() { rides_.pop_back(); }

  Settled settle(Call& call, Verdict verdict, Ticks now, Ticks retry_after, bool trips = false) {
    if (!call.is_admitted) return Settled::refused;
    if (std::exchange(call.is_settled, true)) return Settled::repeated;
    if (call.is_accounted && call.generation == generation_) windows_.depart(call.began);
    const bool stale = call.is_accounted && !is_current(call);
    ++(stale                         ? totals.stale
       : verdict == Verdict::success ? totals.succeeded
       : verdict == Verdict::failure ? totals.failed
                                     : totals.ignored);
    if (stale || !call.is_accounted) return stale ? Settled::stale : Settled::unaccounted;
    if (call.is_probe && call.generation == generation_) --held_;  // a lost one has no slot
    if (verdict == Verdict::ignored) return Settled::counted;
    if (trips) {
      trip_by_classifier(now, retry_after);
      return Settled::counted;
    }
    if (verdict == Verdict::failure) ask(call, retry_after, now);
    const Outcome outcome{verdict, now, now - call.began};
    if (state_ == State::closed) {
      windows_.count(outcome);
      const auto found = windows_.finding(now, hint(Reason::policy));
      if (found) open(step_if_soon(now), now, Reason::policy, *found);
    } else if (is_bad(*policy_, outcome)) {
      if (++bad_ >= config_.reopen_after) open(step_, now, Reason::probes_failed);
    } else if (++good_ >= config_.close_after) {
      move(State::closed, now, Reason::probes_succeeded);
    }
    return Settled::counted;
  }
  void trip_by_classifier(Ticks now, Ticks wait) {
    if (wait > 0)
      open_for(std::min(up_to_ms(wait), detail::longest_wait), by_hand, now, Reason::classifier);
    else
      open(state_ == State::closed ? step_if_soon(now) : step_, now, Reason::classifier);
  }
  /// The answer to `call` asks to wait.
  void ask(const Call& call, Ticks retry_after, Ticks now) {
    if (retry_after > 0 && call.is_accounted && is_current(call)) asked_.note(retry_after, now);
  }
  void drop(Call& call, Ticks now, const Call& next = {}) {  // … and take the next in its place
    settle(call, call.if_dropped, now, 0);
    call = next;
  }

  // ---- by hand

  bool trip(Ticks now) {
    if (state_ != State::closed && state_ != State::half_open) return false;
    open(0, now, Reason::tripped);
    return true;
  }
  bool trip_for(Ticks now, Ticks wait) {
    wait = up_to_ms(wait);
    const bool extends =
        state_ == State::open && wait_.comes_within(wait, now, hint(Reason::tripped));
    if (state_ != State::closed && state_ != State::half_open && !extends) return false;
    open_for(wait, by_hand, now, Reason::tripped);
    return true;
  }
  bool retry_in(Ticks now, Ticks left) {
    if (state_ != State::open) return false;
    begin_wait(std::min(up_to_ms(left), longest_wait()), now);
    return true;
  }
  void put(State state, Ticks now, Reason reason) {
    if (state_ == state && state != State::closed) return;
    move(state, now, reason);
    step_ = 0;
  }
  void restore(const Saved& saved, Ticks now) {
    const Ticks left = Ticks{saved.left.count()} * ms;
    if (saved.state == State::open)
      return open_for(saved.step == by_hand ? left : std::min(left, longest_wait()), saved.step,
                      now, Reason::restored);
    move(saved.state, now, Reason::restored);
    step_ = saved.step;
  }

  // ---- new settings

  /// `seen`: what the circuit said that it kept.
  Reconfigured reconfigure(const Config& config, const Policy& policy, Ticks now,
                           const Reconfigured& seen) {
    const bool keeps_evidence = would_keep(policy);
    const bool cuts = fit(config, now, !seen.kept_wait);
    if (!keeps_evidence) clear_evidence(now);
    adopt(config, policy);
    fit_again(now);
    // Where old calls may be found again, it clears them once more.
    if (!keeps_evidence && !windows_.is_exact(now) && is_told_of_clearing()) clear_evidence(now);
    return {keeps_evidence, !cuts, times_};
  }

  // The same in steps, between which other threads may come.

  [[nodiscard]] bool would_keep(const Policy& policy) const { return keeps(policy, *policy_); }
  /// An open wait is cut to the longest that `config` allows, a lease begins anew. `observed`: whether the
  /// circuit says that it was cut. **Returns** whether it is.
  bool fit(const Config& config, Ticks now, bool observed) {
    const bool is_asked = Ticks{last.open_for.count()} * ms > wait_of(step_);
    const Ticks longest =
        is_asked ? longest_wait_of(config) : up_to_ms(config.open_for.backoff().max.ticks());
    return cut(longest, now, observed);
  }
  void clear_evidence(Ticks now) {
    if (state_ == State::closed) move(State::closed, now, Reason::reconfigured);
  }
  [[nodiscard]] bool is_told_of_clearing() const { return hint(Reason::reconfigured) != nullptr; }
  [[nodiscard]] bool has_counted(Ticks now) const {
    return state_ == State::closed && windows_.has_counted(now);
  }
  void adopt(const Config& config, const Policy& policy) {
    if (policy != *policy_) last.limits = {}, last.words = nullptr;  // are those no more
    policy_ = &policy;
    windows_.adopt(policy);
    ++times_;
    config_ = plain(config);
    backoff_ = config.open_for.backoff();
    asked_.adopt(up_to_ms(config.retry_after_max.ticks()));
  }
  [[nodiscard]] std::uint16_t times() const { return times_; }
  /// The same as fit() for what was done meanwhile; no wait is longer from now on.
  bool fit_again(Ticks now) {
    const bool cuts = cut(longest_wait(), now, false);
    if (step_ != by_hand) wait_.longest = longest_wait();
    return cuts;
  }

  // ---- what the circuit shows; `seen` is what it did show, where there is room

  [[nodiscard]] State state(Ticks now, State seen) {
    const bool over = state_ == State::open && is_over(now, seen == State::half_open);
    return over ? State::half_open : state_;
  }
  [[nodiscard]] bool would_admit(Ticks now, bool seen) {
    return config_.mode == Mode::shadow || rides() || !is_shut() || is_over(now, seen);
  }
  [[nodiscard]] bool would_admit_no_probe() const {
    return config_.mode == Mode::shadow || rides() || lets_all_in();
  }
  [[nodiscard]] Snapshot snapshot(Ticks now, const Snapshot& seen) {
    const auto stale = static_cast<std::uint32_t>(totals.stale);
    return {state(now, seen.state),
            generation_,
            numbers(0, now, seen.numbers),
            moves,
            totals.refused,
            stale,
            0};
  }
  [[nodiscard]] Numbers numbers(int part, Ticks now, const Numbers& seen) const {
    return state_ == State::closed ? windows_.numbers(part, now, seen) : Numbers{};
  }
  [[nodiscard]] Saved saved(Ticks now, const Saved& seen) const {
    Saved saved{state_, {}, step_};
    if (state_ == State::half_open) {
      // As if the wait were over. (After the last two steps the next one is the same.)
      saved = {State::open, {}, opening_ == by_hand ? by_hand : std::min(opening_, last_step - 1)};
    } else if (state_ == State::open && !wait_.has_come(now, seen.left.count() == 0)) {
      const Ticks left = wait_.rest(now, Ticks{seen.left.count()} * ms);
      saved.left = std::chrono::milliseconds{std::min(up_to_ms(left), detail::longest_wait) / ms};
    }
    return saved;
  }

 private:
  static constexpr int last_step = 30;
  static constexpr int by_hand = 31;

  /// **Returns** `config` with the numbers that its defaults stand for.
  static Config plain(Config config) {
    if (config.close_after == Config::as_probes) config.close_after = config.probes;
    if (!config.probe_lease.is_given()) config.probe_lease = config.open_for.backoff().first;
    return config;
  }

  /// **Returns** whether a verdict on `call` counts: a call of the closed time in its stay, a probe in its
  /// recovery, as far as renewals are told apart.
  [[nodiscard]] bool is_current(const Call& call) const {
    if (!call.is_probe) return call.generation == generation_;
    return state_ == State::half_open && call.recovery == recovery_ &&
           generation_ - call.generation <= 63;
  }

  /// **Returns** whether what is part of `call` gets in with it.
  [[nodiscard]] bool is_riding(const Call& call) const {
    return call.is_admitted && call.is_probe && is_current(call);
  }

  /// **Returns** whether the thread runs the function of such a call.
  [[nodiscard]] bool rides() const {
    return std::ranges::any_of(rides_, [this](const Call& call) { return is_riding(call); });
  }

  [[nodiscard]] bool lets_all_in() const {
    return state_ == State::closed || state_ == State::disabled;
  }
  /// Nobody gets in, unless a wait or a lease is over.
  [[nodiscard]] bool is_shut() const {
    return state_ == State::open || state_ == State::forced_open ||
           (state_ == State::half_open && held_ >= slots());
  }
  [[nodiscard]] int slots() const {
    return config_.slow_start ? std::min(config_.probes, 1 + good_) : config_.probes;
  }
  bool is_over(Ticks now, bool observed) {
    if (state_ == State::open) return wait_.has_come(now, observed);
    return state_ == State::half_open && lease_.has_come(now, observed);
  }

  /// **Returns** the circuit's next transition in this operation, if it has this reason: asked
  /// where the documentation leaves room.
  [[nodiscard]] const Transition* hint(Reason reason) const {
    return told_->at(transitions.size(), reason);
  }

  Call admit(Ticks now, bool is_accounted) {
    ++totals.admitted;
    Call call{.is_admitted = true, .is_accounted = is_accounted, .began = now};
    if (!is_accounted) return call;
    if (state_ == State::closed) windows_.arrive(now);
    call.is_probe = state_ == State::half_open;
    call.generation = generation_;
    call.recovery = recovery_;
    return call;
  }

  [[nodiscard]] RejectionReason why_shut() const {
    if (state_ == State::half_open) return RejectionReason::probes_busy;
    return state_ == State::open ? RejectionReason::open : RejectionReason::forced_open;
  }
  [[nodiscard]] RejectionReason why_no_probe(Ticks now) {
    const bool observed = told_->is_refused(RejectionReason::needs_probe);
    const bool is_due = state_ == State::open && is_over(now, observed);
    return is_due || state_ == State::half_open ? RejectionReason::needs_probe : why_shut();
  }
  Call refuse(Ticks now, RejectionReason reason) {
    ++totals.refused;
    if (config_.mode == Mode::shadow) return admit(now, false);
    // While probes are out, a hint.
    const Ticks lease = config_.probe_lease.ticks();
    const Ticks told = told_->retry_after();
    Ticks retry_after = std::min(100 * ms, std::clamp(told, lease - lease / 16, lease));
    if (reason == RejectionReason::open) retry_after = wait_.rest(now, told);
    if (reason == RejectionReason::forced_open) retry_after = longest_wait();
    return {.generation = generation_,
            .rejection = Rejection{nanoseconds{retry_after}, generation_, reason}};
  }

  /// **Returns** how long the current lease lasts: each renewal doubles it, as far as the longest open
  /// wait allows.
  [[nodiscard]] Ticks lease() const {
    Ticks lease = config_.probe_lease.ticks();
    for (int i = 0; i < renewals_ && 2 * lease <= backoff_.max.ticks(); ++i) lease *= 2;
    return lease;
  }

  // ---- new settings

  bool cut(Ticks longest, Ticks now, bool observed) {
    lease_ = Lease::of(now, lease(), config_.probe_lease.ticks());
    if (state_ != State::open || step_ == by_hand || !wait_.exceeds(longest, now, observed))
      return false;
    begin_wait(longest, now);
    return true;
  }

  // ---- opening

  static Ticks longest_wait_of(const Config& config) {
    return up_to_ms(
        std::max(config.open_for.backoff().max.ticks(), config.retry_after_max.ticks()));
  }
  [[nodiscard]] Ticks longest_wait() const { return longest_wait_of(config_); }
  [[nodiscard]] Ticks wait_of(int step) const {
    const Ticks factor = backoff_.factor.hundredths();
    const Ticks most = up_to_ms(backoff_.max.ticks());
    Ticks wait = up_to_ms(backoff_.first.ticks());
    for (int i = 0; i < step; ++i) wait = std::min((wait / ms * factor + 99) / 100 * ms, most);
    return wait;
  }
  /// **Returns** the step of a circuit that its policy trips at `now`: the backoff goes on if it was
  /// closed for a shorter time than its last wait.
  [[nodiscard]] int step_if_soon(Ticks now) const {
    return step_ > 0 && now - began_ < wait_of(step_ - 1) ? step_ : 0;
  }

  void open(int step, Ticks now, Reason reason, const Finding& found = {}) {
    const Ticks wait = wait_of(step);
    const Ticks cut = wait / ms * backoff_.jitter.part() / backoff_.jitter.whole() * ms;
    const auto [asked, may_be_asked] = asked_.range(now);
    // With jitter: what the circuit drew, if it lies between.
    const Ticks shortest = std::max({wait - cut, asked, ms});
    const Ticks longest = std::max(wait, may_be_asked);
    const Transition* told = hint(reason);
    const Ticks drawn = told ? Ticks{told->open_for.count()} * ms : longest;
    open_for(std::clamp(drawn, shortest, longest), step, now, reason, found);
  }
  void open_for(Ticks wait, int step, Ticks now, Reason reason, const Finding& found = {}) {
    move(State::open, now, reason, wait, found);
    step_ = opening_ = step;
    begin_wait(wait, now);
  }
  /// The wait ends at a whole millisecond: never early. No wait is over at once.
  void begin_wait(Ticks wait, Ticks now) {
    wait_ = {wait == 0 ? down_to_ms(now) : up_to_ms(now) + wait,
             step_ == by_hand ? detail::longest_wait : longest_wait()};
  }

  void move(State to, Ticks now, Reason reason, Ticks open_for = 0, const Finding& found = {}) {
    generation_ = (generation_ + 1) % (1u << 21);
    const std::chrono::milliseconds wait{open_for / ms};
    const Transition transition{state_,           to,   reason,        generation_,
                                nanoseconds{now}, wait, found.numbers, found.limits,
                                found.words,      true};
    transitions.push_back(transition);
    ++moves;
    state_ = to;
    held_ = 0;
    windows_.begin_stay(generation_);
    if (reason == Reason::probe_lost) {  // the recovery goes on, and so does what began it
      ++renewals_;
      last.generation = generation_;
      return;
    }
    last = transition;
    if (reason == Reason::wait_over)
      step_ = opening_ == by_hand ? 0 : std::min(opening_ + 1, last_step);
    began_ = now;
    recovery_ = generation_;
    renewals_ = good_ = bad_ = 0;
    asked_ = Asked{up_to_ms(config_.retry_after_max.ticks())};
  }

  Config config_;
  Backoff backoff_;
  const Policy* policy_;
  const Told* told_ = nullptr;

  State state_ = State::closed;
  Generation generation_ = 0;
  Ticks began_ = 0;            // the stay, or the recovery
  Windows windows_{*policy_};  // closed: what was settled in this stay
  Asked asked_{up_to_ms(config_.retry_after_max.ticks())};
  int step_ = 0;  // of the backoff: open: of this opening; else of the next one, if it comes soon
  int opening_ = 0;          // the last opening's
  Wait wait_;                // open
  std::uint16_t times_ = 0;  // settings have come
  Lease lease_;              // half-open: the last one
  Generation recovery_ = 0;
  int renewals_ = 0, held_ = 0, good_ = 0, bad_ = 0;
  std::vector<Call> rides_;  // whose functions run
};

}  // namespace model
