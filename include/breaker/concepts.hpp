// Every requirement on user types, with its meaning in words.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "breaker/types.hpp"
#include "breaker/version.hpp"
#include "breaker/window/stay.hpp"

namespace breaker::inline BREAKER_ABI {

// ---- clocks

/// Specialise to true for a clock that may be set back and that you take all the same. The circuit
/// stays safe (an open wait is never longer than the longest allowed one), but waits and windows
/// follow the clock.
template <class Clock>
inline constexpr bool accept_unsteady_clock = false;

namespace detail {

template <class T>
inline constexpr bool is_time_point = false;
template <class Clock, class Duration>
inline constexpr bool is_time_point<std::chrono::time_point<Clock, Duration>> = true;

template <class T>
concept HasNow = requires(const T& clock) { clock.now(); };

template <class T>
concept ReadsTime = HasNow<T> && requires(const T& clock) {
  { clock.now() } noexcept;
  requires is_time_point<std::remove_cvref_t<decltype(clock.now())>>;
};

}  // namespace detail

/// A clock that the circuit reads: `now()` is const (or static), noexcept, callable by any thread
/// at any time, gives a std::chrono::time_point, and never goes back (`is_steady`, or
/// accept_unsteady_clock). All std::chrono steady clocks fit.
template <class T>
concept MonotonicClock = detail::ReadsTime<T> && std::copy_constructible<T> &&
                         (T::is_steady || accept_unsteady_clock<T>);

// ---- policies

/// What a policy found when it was asked.
struct Finding {
  bool at_threshold = false;  ///< It stands at its threshold or above.
  int part = 0;               ///< Which part of a combined policy found this, counted from 0.
  Evidence evidence = {0, 0, 0};
};

/// A trip policy of your own. It decides "trip now?" from verdicts and time, and knows nothing of
/// states, permits or clocks. Two functions: `record` books one settled call (never an ignored one)
/// and returns whether it stands at its threshold; its answer is heeded after a failure, or after
/// what its `is_bad` says; `clear` forgets everything. Neither throws. It is sequential: the
/// library puts a mutex around it (Synchronized), so it must not call the circuit. A copy may start
/// with or without evidence: it is cleared before its first record.
///
/// Optional members: `static constexpr ClockUse clock_use` (default on_settle: `Outcome::now` is
/// set, `took` is 0), `bool is_bad(const Outcome&) const` (default: a failure is), `Evidence
/// evidence() const`, `Limit limit() const`.
template <class T>
concept TripPolicy = std::copy_constructible<T> && requires(T policy, const Outcome& outcome) {
  { policy.record(outcome) } noexcept -> std::same_as<bool>;
  { policy.clear() } noexcept;
};

/// A trip policy that any number of threads may use at a time, without a lock around it. It keeps
/// its evidence by stay: `record` first makes sure that what it adds to belongs to this stay, and
/// answers false, recording nothing, when that stay is over. `ask` says how the policy stands; of
/// two threads that ask after recording, at least one sees both calls. With a non-null `finding`,
/// `record` asks as well, and its answer includes the call just recorded. `is_bad`: the call is
/// worth asking about, and as a probe it is a bad one. `parts`: how many parts the policy has; the
/// `part` of a limit is below that.
///
/// Optional members, told by their names: `bool is_clean(std::uint64_t id) const noexcept`: a success
/// in the stay `id` (state and generation, as in the low 24 bits of the circuit's word) would change
/// nothing, so it need not be recorded; `void begin(const Stay&) noexcept`: a stay, in any state, has
/// begun.
template <class T>
concept ConcurrentPolicy =
    std::copy_constructible<T> &&
    requires(T policy, const T& shared, const Outcome& outcome, const Stay& stay, Finding* finding,
             Ticks now, int part) {
      { policy.record(outcome, stay, finding) } noexcept -> std::same_as<bool>;
      { policy.ask(now, stay) } noexcept -> std::same_as<Finding>;
      { shared.is_bad(outcome) } noexcept -> std::same_as<bool>;
      { shared.evidence(now, stay) } noexcept -> std::same_as<Evidence>;
      { shared.limit(part) } noexcept -> std::same_as<Limit>;
      requires std::same_as<std::remove_cvref_t<decltype(T::clock_use)>, ClockUse>;
      requires std::convertible_to<decltype(T::parts), int>;
    };

/// A trip policy whose whole evidence is a number below 2^40. It lives in the circuit's own state
/// word, so that counting and tripping are one compare-exchange. `after` is the number after one
/// more verdict; 0 is no evidence, and a success leaves it so.
template <class T>
concept WordPolicy =
    std::copy_constructible<T> && requires(const T& policy, std::uint64_t held, Verdict verdict) {
      { policy.after(held, verdict) } noexcept -> std::same_as<std::uint64_t>;
      { policy.trips_at(held) } noexcept -> std::same_as<bool>;
      { policy.evidence_of(held) } noexcept -> std::same_as<Evidence>;
      { policy.limit() } noexcept -> std::same_as<Limit>;
    };

/// Any of the three kinds.
template <class T>
concept AnyPolicy = TripPolicy<T> || ConcurrentPolicy<T> || WordPolicy<T>;

// ---- listeners

/// One settled call, as a listener's `on_settled` hears of it.
struct SettledCall {
  Verdict verdict;
  Settled settled;
  /// 0 unless the listener's or the policy's ClockUse is `both_ends`.
  std::chrono::nanoseconds took;
};

namespace detail {

template <class T>
concept HearsTransitions = requires(T& listener, const Transition& transition) {
  { listener(transition) } -> std::same_as<void>;
};
template <class T>
concept HearsAdmitted = requires(T& listener) { listener.on_admitted(); };
template <class T>
concept HearsSettled =
    requires(T& listener, const SettledCall& call) { listener.on_settled(call); };
template <class T>
concept HearsRefused =
    requires(T& listener, const Rejection& rejection) { listener.on_refused(rejection); };

}  // namespace detail

/// Hears what happens, at least one of:
/// `void operator()(const Transition&)`: once for each committed transition, by the thread that
/// made it, after the atomic step. Events of different threads may arrive out of order, or at once;
/// their generations tell the order. `on_admitted()`, `on_settled(const SettledCall&)`,
/// `on_refused(const Rejection&)`: for each call; free when absent. No lock is held; it may call
/// the circuit. What it throws is swallowed and counted (Snapshot::listener_errors). It must not
/// cancel its thread. Optional: `static constexpr ClockUse clock_use`, to be told how long calls
/// took.
template <class T>
concept TransitionListener = detail::HearsTransitions<T> || detail::HearsAdmitted<T> ||
                             detail::HearsSettled<T> || detail::HearsRefused<T>;

// ---- classifiers

namespace detail {

// By member name, never by probing a lambda. A template counts: its name can't be taken without
// arguments, so a member is looked for by the ambiguity that it makes with one of the same name in
// a base.
struct NamesOnResult {
  void on_result();
};
struct NamesOnException {
  void on_exception();
};
template <class T, class Names>
struct WithNames : T, Names {};

template <class T>
concept Derivable = std::is_class_v<T> && !std::is_final_v<T>;

template <class T>
concept JudgesResults = (Derivable<T> && !requires { &WithNames<T, NamesOnResult>::on_result; }) ||
                        requires { &T::on_result; };
template <class T>
concept JudgesExceptions =
    (Derivable<T> && !requires { &WithNames<T, NamesOnException>::on_exception; }) ||
    requires { &T::on_exception; };

}  // namespace detail

/// Judges what came of a call, by one or both of
/// `on_result(const R&)` for the results it knows, `on_exception(const std::exception_ptr&)`, each
/// returning a Verdict or a Judgement. Recognised by these names. What it does not judge goes by
/// the default rule. If it throws, the permit is handed back, nothing is counted, and the exception
/// reaches the caller. Called by many threads at a time.
template <class T>
concept ResultClassifier =
    std::copy_constructible<T> && (detail::JudgesResults<T> || detail::JudgesExceptions<T>);

}  // namespace breaker::inline BREAKER_ABI
