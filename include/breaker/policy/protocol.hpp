// What a policy must be: a value, its settings, with a type for its evidence.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// How a policy stands after a call was booked. A default one is below.
struct Standing {
  /// How it stands.
  enum class Kind : std::uint8_t {
    below,     ///< It does not trip, or need not be asked: after a success, say.
    at_limit,  ///< Its numbers have reached their limits: it trips.
    stale,     ///< The stay is over: the call was not booked.
  };

  Kind kind = Kind::below;  ///< How it stands.
  std::uint8_t part = 0;    ///< Which part of a combined policy stands so, counted from 0.
  Numbers numbers = {};     ///< What it found, if it looked.
};

/// Evidence that is one number below 2^24, 0 if there is none. It lives in the circuit's own state
/// word, so that counting and tripping are one compare-exchange, and a clean success is free.
struct InWord {
  std::uint32_t value = 0;  ///< The number.
};

// Names that a policy may have. Each is asked for by name.

/// **Returns** when a policy or a listener needs the clock read: its `clock_use`. Without one, a policy
/// with InWord evidence and a listener need it never, any other policy when a call is settled.
template <class T>
inline constexpr ClockUse clock_use_of = [] {
  if constexpr (requires { T::clock_use; }) {
    return T::clock_use;
  } else if constexpr (requires { typename T::Evidence; }) {
    return std::is_same_v<typename T::Evidence, InWord> ? ClockUse::none : ClockUse::on_settle;
  } else {
    return ClockUse::none;
  }
}();

namespace detail {

/// How a policy stands, and by which settings.
struct Found {
  Standing standing = {};
  std::uint16_t version = 0;
};

template <class P>
concept CountsInWord = requires(const P& policy, InWord& evidence, const Outcome& outcome) {
  requires std::same_as<typename P::Evidence, InWord>;
  { policy.record(evidence, outcome) } noexcept -> std::same_as<Standing>;
};

template <class P>
concept CountsAlone =
    !std::same_as<typename P::Evidence, InWord> &&
    requires(const P& policy, typename P::Evidence& evidence, const Outcome& outcome) {
      { policy.record(evidence, outcome) } noexcept -> std::same_as<Standing>;
    };

template <class P>
concept CountsShared = requires(const P& policy, typename P::Evidence& evidence,
                                const Outcome& outcome, const Stay& stay) {
  { policy.record(evidence, outcome, stay) } noexcept -> std::same_as<Standing>;
};

}  // namespace detail

/// A policy decides "trip now?" from how calls end and when. It knows nothing of states, permits or
/// clocks. It is a trivially copyable, comparable value: its settings. What it has counted is its
/// `Evidence`, which the circuit keeps, one for each stay in the closed state. `record` books one
/// settled call (never an ignored one) and says how the policy stands. What `Evidence` is decides
/// where it lives and what `record` takes:
///
/// | `Evidence` is | `record` takes | it lives | costs |
/// |---|---|---|---|
/// | `InWord` | `(InWord&, const Outcome&)` | in the state word | a clean success is free |
/// | any plain struct | `(Evidence&, const Outcome&)` | behind the library's lock, new for each stay | one lock |
/// | fit for many threads | `(Evidence&, const Outcome&, const Stay&)` | in place | its own |
///
/// `record` is const and noexcept, and must not call the circuit. A success must not trip unless
/// `is_bad` says that it is bad. A policy that a circuit is to be `constinit` with has no padding.
/// Evidence is made from the policy, if it can be, else by default.
///
/// Optional members; functions are const and noexcept, except `require`:
///
/// | member | what it is for |
/// |---|---|
/// | `Standing look(const Evidence&, Ticks now, const Stay&)` | how it stands, for snapshots and all_of. InWord: `look(InWord)`; plain: `look(const Evidence&)` |
/// | `bool is_bad(const Outcome&)` | which calls are bad besides failures; as a probe such a call is a bad one |
/// | `Limits limits()`, `const Words& words()` | what `why()`, describe() and metrics say |
/// | `std::uint32_t window_calls()` | how many calls its window holds, for metrics |
/// | `void require()` | throws ConfigError; called before a circuit takes it |
/// | `static constexpr ClockUse clock_use` | when it needs the clock; default: none for InWord, else on_settle |
/// | `ClockUse needs_clock()` | the same for these settings, no more than `clock_use`; asked at each call |
/// | `Standing arrive(Evidence&, Ticks now, const Stay&)` | asked whenever a call arrives while closed; if that trips, the call is refused. `check()` asks `look` of such a policy. Plain: `arrive(Evidence&, Ticks now)`; not with InWord |
/// | `bool keeps(const P& before)` | whether evidence counted under `before` holds under this; default: only if nothing changed |
///
/// Optional members of shared evidence:
///
/// | member | what it is for |
/// |---|---|
/// | `bool is_clean(StayId)` | a success in that stay would change nothing, so it need not be booked |
/// | `void begin(const Stay&)` | a stay, in any state, has begun |
/// | `void adopt(const P&)` | new settings come |
/// | `void depart(Ticks began, StayId)` | a call ended, however it did, also when its stay is over; `began`: the time that `arrive` was told. Before `record` |
/// | `bool is_good(const Outcome&)`, `bool record_good(const Outcome&, const Stay&)` | book a call that is good whatever the settings, so that they need not be read; false: the stay is over |
template <class T>
concept TripPolicy = std::is_trivially_copyable_v<T> && std::copy_constructible<T> &&
                     std::equality_comparable<T> && requires { typename T::Evidence; } &&
                     (detail::CountsInWord<T> || detail::CountsAlone<T> || detail::CountsShared<T>);

namespace detail {

/// **Returns** whether a call of this outcome is a bad one.
template <class P>
constexpr bool is_bad(const P& policy, const Outcome& outcome) noexcept {
  if constexpr (requires { policy.is_bad(outcome); }) {
    if (policy.is_bad(outcome)) return true;
  }
  return outcome.verdict == Verdict::failure;
}

/// **Returns** whether a call of this outcome may bring a policy up to its limit.
template <class P>
constexpr bool marks(const P& policy, const Outcome& outcome) noexcept {
  if constexpr (requires { policy.marks(outcome); }) {
    return policy.marks(outcome);
  } else {
    return detail::is_bad(policy, outcome);
  }
}

/// **Returns** whether evidence that was counted under `before` holds under `policy`.
template <class P>
constexpr bool keeps(const P& policy, const P& before) noexcept {
  if constexpr (requires { policy.keeps(before); }) {
    return policy.keeps(before);
  } else {
    return policy == before;
  }
}

/// Whether a policy says at run time when it needs the clock read.
template <class P>
concept AsksClock = requires(const P& policy) {
  { policy.needs_clock() } noexcept -> std::same_as<ClockUse>;
};

/// **Returns** when a policy with these settings needs the clock read.
template <class P>
constexpr ClockUse clock_use_now(const P& policy) noexcept {
  if constexpr (AsksClock<P>) {
    return policy.needs_clock();
  } else {
    return clock_use_of<P>;
  }
}

/// How many parts a policy has.
template <class P>
inline constexpr int parts_of = [] {
  if constexpr (requires { P::parts; }) {
    return P::parts;
  } else {
    return 1;
  }
}();

inline constexpr Words no_words{};

/// **Returns** what part number `part` of a policy holds its numbers against.
template <class P>
constexpr Limits limits_of(const P& policy, [[maybe_unused]] int part) noexcept {
  if constexpr (requires { policy.limits(part); }) {
    return policy.limits(part);
  } else if constexpr (requires { policy.limits(); }) {
    return policy.limits();
  } else {
    return {};
  }
}

/// **Returns** part number `part` of a policy in words.
template <class P>
constexpr const Words& words_of(const P& policy, [[maybe_unused]] int part) noexcept {
  if constexpr (requires { policy.words(part); }) {
    return policy.words(part);
  } else if constexpr (requires { policy.words(); }) {
    return policy.words();
  } else {
    return no_words;
  }
}

/// **Returns** how many calls the window of part number `part` holds; 0: there is no such number.
template <class P>
constexpr std::uint32_t window_calls_of(const P& policy, [[maybe_unused]] int part) noexcept {
  if constexpr (requires { policy.window_calls(part); }) {
    return policy.window_calls(part);
  } else if constexpr (requires { policy.window_calls(); }) {
    return policy.window_calls();
  } else {
    return 0;
  }
}

/// Refuse, each with a sentence, a policy with an optional member that can't be used. Always true.
template <class P>
consteval bool require_members() {
  using Calls = const Outcome&;
  static_assert(
      !requires { &P::is_bad; } ||
          requires(const P& policy, Calls call) { bool{policy.is_bad(call)}; },
      "breaker: a policy's is_bad() takes a const Outcome&, returns a bool, and is const");
  static_assert(
      !requires { &P::limits; } || requires(const P& policy) { Limits{policy.limits()}; } ||
          requires(const P& policy) { Limits{policy.limits(0)}; },
      "breaker: a policy's limits() returns Limits, and is const");
  static_assert(
      !requires { &P::words; } || requires(const P& policy) { policy.words().rule; } ||
          requires(const P& policy) { policy.words(0).rule; },
      "breaker: a policy's words() returns a const Words&, and is const");
  static_assert(
      !requires { &P::keeps; } || requires(const P& policy) { bool{policy.keeps(policy)}; },
      "breaker: a policy's keeps() takes a const P&, returns a bool, and is const");
  static_assert(
      !requires { &P::needs_clock; } || AsksClock<P>,
      "breaker: a policy's needs_clock() returns a ClockUse, and is const and noexcept");
  static_assert(
      !requires { &P::require; } || requires(const P& policy) { policy.require(); },
      "breaker: a policy's require() takes nothing, and is const");
  return true;
}

/// Whether the evidence of a policy, or of a part of it, is behind a lock.
template <class P>
inline constexpr bool has_lock = CountsAlone<P>;

template <class P>
constexpr void require_policy(const P& policy) {
  if constexpr (requires { policy.require(); }) policy.require();
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
