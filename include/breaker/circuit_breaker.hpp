// CircuitBreaker: the page that explains the library.
//
// A circuit breaker stands between a service and something it depends on. It watches how calls end,
// stops sending them when too many fail, gives the dependency time, tries a few probes, and lets
// traffic back when they succeed.
//
//              policy trips                      open_for over, a call arrives
//    ┌────────┐ ───────────► ┌──────┐ ─────────────────────────────► ┌───────────┐
//    │ closed │              │ open │ ◄───────────────────────────── │ half-open │
//    └────────┘              └──────┘   reopen_after bad probes      └───────────┘
//         ▲        close_after good probes                                 │
//         └────────────────────────────────────────────────────────────────┘
//    by hand: trip() → open · trip(wait): open for longer · retry_in(left): the wait ends then
//             force_open(): nobody in, no timer · disable(): everybody in, nothing counted
//             reset() → closed · restore(saved): as it was before a restart
//
//    reconfigure(): new settings, while calls go on
//
// One word holds the state; every transition is one compare-exchange from the word that was read to
// the word that a pure function (core/calls.hpp, core/commands.hpp) computed from it. A call whose
// circuit is closed loads the word, runs, and loads it again.
//
// Every member function may be called by any thread at any time, from listeners too. Nothing
// allocates, and no call waits for another thread, except where the evidence of a user's policy has
// a lock around it. A call that ends in another stay than it began in changes nothing; a probe counts as
// long as its recovery lasts. A permit must not outlive its circuit. One call in flight across exactly k·2^21
// transitions would be taken for a current one: it miscounts one result.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/classifier.hpp"  // IWYU pragma: export
#include "breaker/call/fallback.hpp"
#include "breaker/call/function.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/judged_core.hpp"
#include "breaker/call/name.hpp"  // IWYU pragma: export
#include "breaker/call/permit.hpp"
#include "breaker/call/roles.hpp"
#include "breaker/clock.hpp"
#include "breaker/config.hpp"
#include "breaker/core/commands.hpp"
#include "breaker/core/core.hpp"
#include "breaker/core/milliseconds.hpp"
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
/// The value to say it with.
inline constexpr NeverProbe never_probe{};

/// A circuit breaker.
/// ```
/// breaker::CircuitBreaker circuit{breaker::Config{.open_for = 30s}, breaker::ConsecutiveFailures{5}};
/// Price price = circuit.call([&] { return quotes.fetch(); },        // the result …
///                            [&] { return quotes.last_known(); });  // … or the fallback
/// ```
/// `Clock`: what tells the time (MonotonicClock). `Policy`: when to trip (TripPolicy).
/// `Classifier`: what counts as a failure (ResultClassifier). `Listener`: who hears of transitions
/// (TransitionListener). `Name`: what its refusals call it (CircuitName). All are deduced from the
/// constructor.
template <class Clock = SteadyClock, class Policy = ConsecutiveFailures,
          class Classifier = DefaultClassifier, class Listener = NoListener, class Name = Unnamed>
class CircuitBreaker {
  using Core =
      detail::JudgedCore<detail::Core<Clock, Policy, Listener, detail::TakesTime<Classifier>>,
                         Classifier, Name>;

  static_assert(MonotonicClock<Clock>,
                "breaker: a clock needs a noexcept now() that gives a std::chrono::time_point, and "
                "is_steady (or accept_unsteady_clock)");
  static_assert(TripPolicy<Policy>,
                "breaker: a policy is a trivially copyable value with ==, a type Evidence, and "
                "Standing record(Evidence&, const Outcome&) const noexcept; see TripPolicy");
  static_assert(detail::require_members<Policy>());
  static_assert(detail::require_classifier<Classifier>());
  static_assert(detail::RequireListener<Listener>::holds());

 public:
  /// The right to make one call through a circuit like this.
  using Permit = breaker::Permit<Core>;

  /// `parts`: a clock, a policy, a classifier, a listener, a name, each optional, in any order. Two
  /// of a kind do not compile.
  /// **Throws** ConfigError naming the setting that is out of its range; what copying a part
  /// throws.
  template <class... Parts>
  constexpr explicit CircuitBreaker(const Config& config, Parts&&... parts)
      : core_{
            (detail::require_places<Clock, Policy, Classifier, Listener, Name, Parts...>(), config),
            std::forward<Parts>(parts)...} {
    static_assert(!detail::hears_keys<Listener>,
                  "breaker: a listener that takes a key is one for a Registry: a circuit has none");
  }

  /// Refuses, with a sentence, a first part that is no Config.
  template <detail::CircuitPart First, class... Rest>
  constexpr explicit CircuitBreaker(First&&, Rest&&...) : CircuitBreaker{Config{}} {
    static_assert(detail::is_config<First>, "breaker: a circuit's Config comes first");
  }

  /// All settings and parts by default.
  constexpr CircuitBreaker() : CircuitBreaker{Config{}} {}

  CircuitBreaker(const CircuitBreaker&) = delete;  // permits have its address: make it in place
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // ---- calling

  /// Run `fn`, if the circuit admits the call, and settle the call by its result or its exception.
  /// **Returns** exactly what `fn` returns; if that can't be moved, it is not judged, and a success.
  /// Refused: the rejection inside that result, if it can carry an error.
  /// **Throws** what `fn` throws, untouched (a failure, unless the classifier says otherwise;
  /// forced unwinding of the thread is ignored, and so is a CircuitOpen of another circuit, unless the
  /// classifier says otherwise). Refused, and the result can't say so: CircuitOpen. What the classifier
  /// throws.
  template <class Fn>
  [[gnu::always_inline]] auto call(Fn&& fn) -> detail::ResultOf<Fn> {
    return detail::call<true>(core_, static_cast<Fn&&>(fn));
  }
  /// The same for a call that is part of the one of `outer`, see try_acquire(outer).
  template <class Fn>
  auto call(const Permit& outer, Fn&& fn) -> detail::ResultOf<Fn> {
    return detail::call_within(ticket_of(outer), core_, std::forward<Fn>(fn));
  }
  /// The same, but never as a probe.
  template <class Fn>
  [[gnu::always_inline]] auto call(NeverProbe, Fn&& fn) -> detail::ResultOf<Fn> {
    return detail::call<false>(core_, std::forward<Fn>(fn));
  }

  /// The same, with a fallback for when there is no good result. What it hears about is told by its
  /// parameter: `[](const Rejection&)` refused calls only; `[](const NoResult&)` also those that
  /// threw or returned something judged a failure, and those that another circuit refused, inside
  /// `fn`; `[]` the same, details not wanted; an overload for each of the two; or a value, which is
  /// not narrowed, also in braces: `call(fn, {})`. A callable is no value, unless it is of the
  /// result's type. Any other exception judged ignored, or a success, goes to the caller.
  /// **Returns** what `fn` or the fallback returns. **Throws** what the fallback or the classifier
  /// throws; as above what `fn` throws, if the fallback takes a Rejection.
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
    requires(!std::is_same_v<std::remove_cvref_t<Fn>, Permit>)
  [[gnu::always_inline]] auto call(Fn&& fn, Fallback&& fallback) -> detail::ResultOf<Fn> {
    return detail::call<true>(core_, std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
  /// The same, but never as a probe.
  template <class Fn, class Fallback = std::remove_cv_t<detail::ResultOf<Fn>>>
  [[gnu::always_inline]] auto call(NeverProbe, Fn&& fn, Fallback&& fallback)
      -> detail::ResultOf<Fn> {
    return detail::call<false>(core_, std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }

  /// Ask for the right to make one call, to be settled later: for asynchronous work.
  /// **Returns** a permit, or a refusal that says why and for how long. **Complexity** O(1).
  [[nodiscard]] Permit try_acquire() noexcept {
    detail::Ticket ticket;
    core_.template acquire<true, false>(ticket);
    return Permit{core_, ticket};
  }
  /// The same for a call that is part of the one of `outer`, on another thread, say: while that is
  /// a probe of this circuit and its recovery lasts, it is admitted and not accounted for. (Without
  /// saying so are the calls that a thread makes while it runs the function of a probe that `call`
  /// admitted.)
  [[nodiscard]] Permit try_acquire(const Permit& outer) noexcept {
    if (!core_.inside().may_ride(ticket_of(outer))) return try_acquire();
    return Permit{core_, core_.ride()};
  }
  /// The same, but never for a probe.
  [[nodiscard]] Permit try_acquire(NeverProbe) noexcept {
    detail::Ticket ticket;
    core_.template acquire<false, false>(ticket);
    return Permit{core_, ticket};
  }

  /// Ask the policy whether calls hang, see Overdue: for a timer, where all callers may. **Returns**
  /// whether that opened the circuit. **Complexity** O(watched calls); nothing, where none are.
  bool(check)() noexcept { return core_.ask(); }  // no macro of that name

  // ---- observing

  /// **Returns** the state that the next caller meets: an open circuit whose wait is over answers
  /// half-open. Changes nothing; may be outdated when it returns.
  [[nodiscard]] State state() const noexcept { return core_.inside().state(); }

  /// **Returns** whether a call by this thread would be admitted now. Takes nothing; may be outdated
  /// when it returns.
  [[nodiscard]] bool would_admit() const noexcept {
    return core_.inside().would_admit(true, &core_);
  }
  /// The same, but not as a probe.
  [[nodiscard]] bool would_admit(NeverProbe) const noexcept {
    return core_.inside().would_admit(false, &core_);
  }

  /// **Returns** the last transition with the numbers that caused it; its reason is `none` if there
  /// was no transition.
  [[nodiscard]] Transition why() const noexcept { return core_.inside().why(); }

  /// **Returns** where the circuit stands, for restore() after a restart.
  [[nodiscard]] Saved saved() const noexcept { return core_.inside().saved(); }

  /// How many parts the policy has: 1, unless it is combined. A part's number below is from 0.
  static constexpr int part_count = detail::parts_of<Policy>;

  /// **Returns** the policy in force.
  [[nodiscard]] Policy policy() const noexcept { return core_.inside().policy(); }

  /// **Returns** what part number `part` of the policy has counted in this stay; zeros unless closed.
  [[nodiscard]] Numbers numbers(int part = 0) const noexcept {
    return core_.inside().numbers(part);
  }

  /// **Returns** what part number `part` of the policy holds its numbers against.
  [[nodiscard]] Limits limits(int part = 0) const noexcept {
    return detail::limits_of(core_.inside().policy(), part);
  }

  /// **Returns** part number `part` of the policy in words: its rule, what its numbers count. Good
  /// for as long as the program runs.
  [[nodiscard]] const Words& words(int part = 0) const noexcept {
    return detail::words_of(core_.inside().policy(), part);
  }

  /// **Returns** state, generation, the policy's numbers and the totals. Each number is right on
  /// its own.
  [[nodiscard]] Snapshot snapshot() const noexcept { return core_.inside().snapshot(); }

  /// **Returns** the circuit's name, see named(); empty if it has none. Valid as long as the circuit.
  [[nodiscard]] std::string_view name() const noexcept { return core_.name(); }

  /// **Returns** the circuit's own copy of its listener: where Counters are read.
  [[nodiscard]] const Listener& listener() const noexcept { return core_.inside().listener; }

  // ---- by hand

  /// Open the circuit, for the first configured wait (or as long as the answers of this stay asked
  /// to wait, if that is longer), or for `wait` (above 0, up to 2^34 ms, rounded up to whole
  /// milliseconds).
  /// **Returns** whether it did: it works from closed and half-open; with a `wait` that is longer than
  /// what is left, also from open, which it extends. Elsewhere it changes nothing.
  /// **Throws** ConfigError if `wait` is out of its range. **Complexity**, as of all below: O(1),
  /// and what the listener does.
  bool trip() noexcept { return core_.command({detail::EventKind::trip}); }
  /// The same, for `wait`.
  bool trip(Duration wait) {
    detail::require_wait(wait, "trip.wait");
    return core_.command({detail::EventKind::trip_for, {}, detail::in_milliseconds(wait)});
  }

  /// The wait of an open circuit ends in `left` from now, sooner or later than it would: somebody
  /// knows that the dependency is back, or when it will be. Range of `left`: 0 or more; above the
  /// longest configured wait (of `open_for` and `retry_after_max` the longer) it counts as that. Not a
  /// transition: the next caller after that time is the probe.
  /// **Returns** whether the circuit was open. **Throws** ConfigError if `left` is negative.
  bool retry_in(Duration left = std::chrono::seconds{0}) {
    detail::require_setting(left.ticks() >= 0, "retry_in.left", left.ticks(), "0 or more (in ns)");
    return core_.command({detail::EventKind::retry_in, {}, detail::in_milliseconds(left)});
  }

  /// Refuse every call until somebody calls reset() or disable(). Takes effect from every state.
  void force_open() noexcept { core_.command({detail::EventKind::force_open}); }

  /// Let every call pass and count nothing, until reset() or force_open(). Works from every state.
  void disable() noexcept { core_.command({detail::EventKind::disable}); }

  /// Close the circuit and clear its evidence. Takes effect from every state. Totals survive.
  void reset() noexcept { core_.command({detail::EventKind::reset}); }

  // ---- new settings

  /// Take new settings, while calls go on. State, backoff and totals stay. An open wait stays,
  /// unless more of it is left than the longest new `open_for`, to which it is cut: one that
  /// answers asked for only to the new `retry_after_max`, if that is longer, and one by
  /// `trip(wait)` not at all. Probes keep their slots; a lease counts from now. What is counted
  /// stays if the policy says so (the library's: if nothing has changed except thresholds); else a
  /// closed circuit begins a new stay. Each call is judged by the old settings or by the new ones,
  /// never by a mixture. The seed of the jitter is one of the settings.
  /// **Returns** what was kept. **Throws** ConfigError naming the setting that is out of its range;
  /// then nothing has changed. **Thread safety** of two at a time, one waits for the other; no call
  /// waits. Not in a signal handler, and not for a circuit in memory that processes share.
  Reconfigured reconfigure(const Config& config) {
    validate(config);
    return core_.reconfigure(detail::Rules{config}, nullptr);
  }
  /// The same, with a new policy.
  Reconfigured reconfigure(const Config& config, const Policy& policy) {
    validate(config);
    detail::require_policy(policy);
    return core_.reconfigure(detail::Rules{config}, &policy);
  }

  /// Put the circuit where saved() said that one stood: a service that restarts during an outage goes
  /// on waiting, and its backoff goes on. A wait that is longer than the longest configured one is cut
  /// to that, except one by `trip(wait)`.
  /// **Throws** ConfigError naming the field that is out of its range; then nothing changes.
  void restore(const Saved& saved) { core_.command(detail::event_of(saved, core_.gate())); }

 private:
  friend detail::Peek;
  friend detail::CoreOf;

  /// **Returns** the ticket of `outer`; none, if it is empty or another circuit's.
  [[nodiscard]] detail::Ticket ticket_of(const Permit& outer) const noexcept {
    return outer.circuit() == &core_ ? outer.ticket() : detail::Ticket{};
  }

  BREAKER_NO_UNIQUE_ADDRESS Core core_;
};

CircuitBreaker() -> CircuitBreaker<>;
template <detail::CircuitPart First, class... Rest>
CircuitBreaker(First, Rest...) -> CircuitBreaker<>;
template <class... Parts>
CircuitBreaker(Config, Parts...) -> CircuitBreaker<
    typename detail::Pick<detail::ClockRole, SteadyClock, Parts...>::type,
    typename detail::Pick<detail::PolicyRole, ConsecutiveFailures, Parts...>::type,
    typename detail::Pick<detail::ClassifierRole, DefaultClassifier, Parts...>::type,
    typename detail::Pick<detail::ListenerRole, NoListener, Parts...>::type,
    typename detail::Pick<detail::NameRole, Unnamed, Parts...>::type>;

/// The type of the circuit that is made from a Config and these parts, in any order: for members.
/// `CircuitOf<FailureRate<>, AnyClock> circuit_;`
template <class... Parts>
using CircuitOf = decltype(CircuitBreaker{std::declval<Config>(), std::declval<Parts>()...});

BREAKER_ABI_END
}  // namespace breaker
