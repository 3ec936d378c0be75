// CircuitBreaker: the page that explains the library.
//
// A circuit breaker stands between a service and something it depends on. It watches how calls end,
// stops sending them when too many fail, gives the dependency time, tries a few probes, and lets
// traffic back when they succeed.
//
//              policy trips                      open_for over, a call arrives
//    ┌────────┐ ───────────► ┌──────┐ ─────────────────────────────► ┌───────────┐
//    │ closed │              │ open │ ◄───────────────────────────── │ half-open │
//    └────────┘ ◄──────────  └──────┘   reopen_after bad probes      └───────────┘
//         ▲        close_after good probes                                 │
//         └────────────────────────────────────────────────────────────────┘
//    by hand: trip() → open · trip(wait): open for longer · retry_in(left): the wait ends then
//             force_open(): nobody in, no timer · disable(): everybody in, nothing counted
//             reset() → closed · restore(saved): as it was before a restart
//
// One word holds the state; every transition is one compare-exchange from the word that was read to
// the word that a pure function (core/word.hpp) computed from it. A call whose circuit is closed
// loads the word, runs, and loads it again.
//
// Every member function may be called by any thread at any time, from listeners too. Nothing
// allocates, and nothing waits for another thread, but where a policy of your own has a lock around
// it. A call that ends in another stay than it began in moves nothing; a probe counts as long as its
// recovery lasts. A permit must not outlive its circuit. One call in flight across exactly k·2^21
// transitions would be taken for a current one: it miscounts one result.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/classifier.hpp"
#include "breaker/call/fallback.hpp"
#include "breaker/call/guard.hpp"
#include "breaker/call/permit.hpp"
#include "breaker/call/result.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/clock.hpp"
#include "breaker/config.hpp"
#include "breaker/core/core.hpp"
#include "breaker/core/parts.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Says of a call that it must not be a probe: `circuit.call(never_probe, charge_card)`. It is refused
/// where only a probe could pass. If all calls of a circuit say so, it never closes again.
struct NeverProbe {};
inline constexpr NeverProbe never_probe{};

/// A circuit breaker.
/// ```
/// breaker::CircuitBreaker circuit{breaker::Config{.open_for = 30s}, breaker::ConsecutiveFailures{5}};
/// Price price = circuit.call([&] { return quotes.fetch(); },        // the result …
///                            [&] { return quotes.last_known(); });  // … or the fallback
/// ```
/// `Clock`: what tells the time (MonotonicClock). `Policy`: when to trip (TripPolicy).
/// `Classifier`: what counts as a failure (ResultClassifier). `Listener`: who hears of transitions
/// (TransitionListener). All are deduced from the constructor.
template <class Clock = SteadyClock, class Policy = ConsecutiveFailures,
          class Classifier = DefaultClassifier, class Listener = NoListener>
class CircuitBreaker {
  using Core = detail::Core<Clock, Policy, Listener>;

  static_assert(MonotonicClock<Clock>,
                "breaker: a clock needs a noexcept now() that gives a std::chrono::time_point, and "
                "is_steady (or accept_unsteady_clock)");
  static_assert(AnyPolicy<Policy>,
                "breaker: a policy needs bool record(const Outcome&) and clear(), both noexcept");

 public:
  using Permit = breaker::Permit<Core>;

  /// `parts`: a clock, a policy, a classifier, a listener, each optional, in any order. Two of a
  /// kind do not compile.
  /// **Throws** ConfigError naming the setting that is out of its range; what copying a part
  /// throws.
  template <class... Parts>
  constexpr explicit CircuitBreaker(const Config& config, Parts&&... parts)
      : core_{config, std::forward<Parts>(parts)...},
        // NOLINTNEXTLINE(bugprone-use-after-move): each member takes the one part that is its own
        classifier_{
            detail::take<detail::ClassifierRole, Classifier>(std::forward<Parts>(parts)...)} {
    static_assert(detail::require_parts<std::remove_cvref_t<Parts>...>());
  }

  /// All settings and parts by default.
  constexpr CircuitBreaker() : CircuitBreaker{Config{}} {}

  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // ---- calling

  /// Run `fn`, if the circuit admits the call, and settle the call by its result or its exception.
  /// **Returns** exactly what `fn` returns. Refused: the rejection inside that result, if it can
  /// carry an error.
  /// **Throws** what `fn` throws, untouched (a failure, unless the classifier says otherwise;
  /// forced unwinding of the thread is ignored). Refused, and the result can't say so: CircuitOpen.
  /// What the classifier throws.
  template <class Fn>
  auto call(Fn&& fn) -> detail::ResultOf<Fn> {
    return call_if<true>(fn);
  }
  /// The same, but never as a probe.
  template <class Fn>
  auto call(NeverProbe, Fn&& fn) -> detail::ResultOf<Fn> {
    return call_if<false>(fn);
  }

  /// The same, with a fallback for when there is no good result. What it hears about is told by its
  /// parameter:
  /// `[](const Rejection&)` refused calls only; `[](const NoResult&)` also those that threw or
  /// returned something judged a failure; `[]` the same, details not wanted; or a value. An
  /// exception judged ignored, or a success, goes to the caller.
  /// **Returns** what `fn` or the fallback returns. **Throws** what the fallback or the classifier
  /// throws; as above what `fn` throws, if the fallback takes a Rejection.
  template <class Fn, class Fallback>
  auto call(Fn&& fn, Fallback&& fallback) -> detail::ResultOf<Fn> {
    return call_if<true>(fn, std::forward<Fallback>(fallback));
  }
  /// The same, but never as a probe.
  template <class Fn, class Fallback>
  auto call(NeverProbe, Fn&& fn, Fallback&& fallback) -> detail::ResultOf<Fn> {
    return call_if<false>(fn, std::forward<Fallback>(fallback));
  }

  /// Ask for the right to make one call, to be settled later: for asynchronous work.
  /// **Returns** a permit, or a refusal that says why and for how long. **Complexity** O(1).
  [[nodiscard]] Permit try_acquire() noexcept {
    detail::Ticket ticket;
    core_.template acquire<true>(ticket);
    return Permit{core_, ticket};
  }
  /// The same, but never for a probe.
  [[nodiscard]] Permit try_acquire(NeverProbe) noexcept {
    detail::Ticket ticket;
    core_.template acquire<false>(ticket);
    return Permit{core_, ticket};
  }

  // ---- observing

  /// **Returns** the state that the next caller meets: an open circuit whose wait is over answers
  /// half-open. Changes nothing; may be outdated when it returns.
  [[nodiscard]] State state() const noexcept { return core_.state(); }

  /// **Returns** whether a call would be admitted now. Takes nothing; may be outdated when it
  /// returns.
  [[nodiscard]] bool would_admit() const noexcept { return core_.would_admit(true); }
  [[nodiscard]] bool would_admit(NeverProbe) const noexcept { return core_.would_admit(false); }

  /// **Returns** the last transition with the numbers that caused it; its reason is `none` if there
  /// was no transition.
  [[nodiscard]] Transition why() const noexcept { return core_.why(); }

  /// **Returns** where the circuit stands, for restore() after a restart.
  [[nodiscard]] Saved saved() const noexcept { return core_.saved(); }

  /// **Returns** what the policy holds its numbers against; of a combined policy, its part number
  /// `part`, counted from 0.
  [[nodiscard]] Limit limit(int part = 0) const noexcept { return core_.limit(part); }

  /// **Returns** state, generation, the policy's evidence and the totals. Each number is right on
  /// its own.
  [[nodiscard]] Snapshot snapshot() const noexcept { return core_.snapshot(); }

  /// **Returns** the circuit's own copy of its listener: where Counters are read.
  [[nodiscard]] const Listener& listener() const noexcept { return core_.listener(); }

  // ---- by hand

  /// Open the circuit, for the first configured wait (or as long as the answers of this stay asked to
  /// wait, if that is longer), or for `wait` (above 0, up to 2^34 ms, rounded up to whole milliseconds).
  /// **Returns** whether it did: it works from closed and half-open; with a `wait` that is longer than
  /// what is left, also from open, which it extends. Elsewhere it changes nothing.
  /// **Throws** ConfigError if `wait` is out of its range. **Complexity**, as of all below: O(1),
  /// and what the listener does.
  bool trip() noexcept { return core_.command({detail::EventKind::trip}); }
  bool trip(Duration wait) {
    detail::require_wait(wait, "trip.wait");
    return core_.command({detail::EventKind::trip_for, {}, detail::in_milliseconds(wait)});
  }

  /// The wait of an open circuit ends in `left` from now, sooner or later than it would: somebody
  /// knows that the dependency is back, or when it will be. Range of `left`: 0 or more; above the
  /// longest configured wait it counts as that. Not a transition: the next caller after that time is
  /// the probe.
  /// **Returns** whether the circuit was open. **Throws** ConfigError if `left` is negative.
  bool retry_in(Duration left = std::chrono::seconds{0}) {
    detail::require_setting(left.ticks() >= 0, "retry_in.left", left.ticks(), "0 or more (in ns)");
    return core_.command({detail::EventKind::retry_in, {}, detail::in_milliseconds(left)});
  }

  /// Refuse every call until somebody calls reset() or disable(). Takes effect from every state.
  void force_open() noexcept { core_.command({detail::EventKind::force_open}); }

  /// Let every call pass and count nothing, until somebody calls reset() or force_open(). Takes
  /// effect from every state.
  void disable() noexcept { core_.command({detail::EventKind::disable}); }

  /// Close the circuit and clear its evidence. Takes effect from every state. Totals survive.
  void reset() noexcept { core_.command({detail::EventKind::reset}); }

  /// Put the circuit where saved() said that one stood: a service that restarts during an outage goes
  /// on waiting, and its backoff goes on. A wait that is longer than the longest configured one is cut
  /// to that, except one by `trip(wait)`.
  /// **Throws** ConfigError naming the field that is out of its range; then nothing changes.
  void restore(const Saved& saved) { core_.command(detail::event_of(saved, core_.gate())); }

 private:
  friend detail::Peek;
  using Guard = detail::Guard<Core>;

  template <bool may_probe, class Fn>
  [[gnu::always_inline]] detail::ResultOf<Fn> call_if(Fn& fn) {
    static_assert(detail::require_function<Fn>());
    using R = detail::ResultOf<Fn>;
    detail::Ticket ticket;
    if (!core_.template acquire<may_probe>(ticket)) [[unlikely]]
      return detail::reject<R>(ticket.rejection());
    return run<R>(ticket, fn);
  }

  template <bool may_probe, class Fn, class Fallback>
  [[gnu::always_inline]] detail::ResultOf<Fn> call_if(Fn& fn, Fallback&& fallback) {
    using R = detail::ResultOf<Fn>;
    static_assert(detail::require_function<Fn>());
    static_assert(detail::require_fallback<R, Fallback>());
    detail::Ticket ticket;
    if (!core_.template acquire<may_probe>(ticket)) [[unlikely]] {
      return detail::fall_back<R>(std::forward<Fallback>(fallback), ticket.rejection());
    }
    if constexpr (detail::fallback_kind<R, Fallback>() == detail::FallbackKind::rejection) {
      return run<R>(ticket, fn);
    } else {
      return run_or_fall_back<R>(ticket, fn, std::forward<Fallback>(fallback));
    }
  }

  /// Run `fn` and let the guard settle. A catch clause would double the price of an exception: it
  /// stands only where a classifier judges exceptions.
  template <class R, class Fn>
  R run(detail::Ticket ticket, Fn& fn) {
    Guard guard{core_, ticket};
    if constexpr (detail::JudgesExceptions<Classifier>) {
#if defined(__cpp_exceptions)
      try {
        return run_guarded<R>(guard, fn);
      } catch (...) {
        if (guard.is_calling()) guard.judge_exception(classifier_, std::current_exception());
        throw;
      }
#endif
    }
    return run_guarded<R>(guard, fn);
  }

  template <class R, class Fn>
  R run_guarded(Guard& guard, Fn& fn) {
    if constexpr (std::is_void_v<R>) {
      fn();
      guard.settle(Verdict::success);
    } else {
      R result = fn();
      guard.judge(classifier_, result);
      if constexpr (std::is_rvalue_reference_v<R>) {
        return std::move(result);
      } else {
        return result;  // by name, so that it is not copied
      }
    }
  }

  template <class R, class Fn, class Fallback>
  R run_or_fall_back(detail::Ticket ticket, Fn& fn, Fallback&& fallback) {
    std::exception_ptr exception;
    {
      Guard guard{core_, ticket};
#if defined(__cpp_exceptions)
      try {
#endif
        if constexpr (std::is_void_v<R>) {
          fn();
          guard.settle(Verdict::success);
          return;
        } else {
          R result = fn();
          if (guard.judge(classifier_, result) != Verdict::failure) {
            if constexpr (std::is_rvalue_reference_v<R>) {
              return std::move(result);
            } else {
              return result;  // by name, so that it is not copied
            }
          }
        }
#if defined(__cpp_exceptions)
      } catch (...) {
        exception = std::current_exception();
        if (!guard.is_calling() ||
            guard.judge_exception(classifier_, exception) != Verdict::failure)
          throw;
      }
#endif
    }
    return detail::fall_back<R>(std::forward<Fallback>(fallback), exception);
  }

  [[no_unique_address]] Core core_;
  [[no_unique_address]] const Classifier classifier_;
};

CircuitBreaker() -> CircuitBreaker<>;
template <class... Parts>
CircuitBreaker(Config, Parts...) -> CircuitBreaker<
    typename detail::Pick<detail::ClockRole, SteadyClock, Parts...>::type,
    typename detail::Pick<detail::PolicyRole, ConsecutiveFailures, Parts...>::type,
    typename detail::Pick<detail::ClassifierRole, DefaultClassifier, Parts...>::type,
    typename detail::Pick<detail::ListenerRole, NoListener, Parts...>::type>;

BREAKER_ABI_END
}  // namespace breaker
