// What a listener must be able to hear; several as one, and none.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/keep_errno.hpp"
#include "breaker/base/member_name.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// One settled call, as a listener's `on_settled` hears of it.
struct SettledCall {
  Verdict verdict;  ///< How it counts.
  Settled settled;  ///< What became of that verdict.
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

template <class T>
concept HearsReconfigured =
    requires(T& listener, const Reconfigured& kept) { listener.on_reconfigured(kept); };

// Of a circuit in a registry, with its key.
template <class T>
concept HearsTransitionsOfKey =
    requires(T& listener, std::string_view key, const Transition& transition) {
      { listener(key, transition) } -> std::same_as<void>;
    };
template <class T>
concept HearsRefusedOfKey =
    requires(T& listener, std::string_view key, const Rejection& rejection) {
      listener.on_refused(key, rejection);
    };
template <class T>
concept HearsKeys = HearsTransitionsOfKey<T> || HearsRefusedOfKey<T>;

struct NamesOnAdmitted {
  void on_admitted();
};
struct NamesOnSettled {
  void on_settled();
};
struct NamesOnRefused {
  void on_refused();
};
struct NamesOnReconfigured {
  void on_reconfigured();
};
template <class T>
concept NamesAdmitted =
    (Derivable<T> && !requires { &WithNames<T, NamesOnAdmitted>::on_admitted; }) ||
    requires { &T::on_admitted; };
template <class T>
concept NamesSettled = (Derivable<T> && !requires { &WithNames<T, NamesOnSettled>::on_settled; }) ||
                       requires { &T::on_settled; };
template <class T>
concept NamesRefused = (Derivable<T> && !requires { &WithNames<T, NamesOnRefused>::on_refused; }) ||
                       requires { &T::on_refused; };
template <class T>
concept NamesReconfigured =
    (Derivable<T> && !requires { &WithNames<T, NamesOnReconfigured>::on_reconfigured; }) ||
    requires { &T::on_reconfigured; };

}  // namespace detail

/// Hears what happens, at least one of:
/// `void operator()(const Transition&)`: once for each committed transition, by the thread that
/// made it, after the atomic step. Events of different threads may arrive out of order, or at once;
/// their generations tell the order. `on_admitted()`, `on_settled(const SettledCall&)`,
/// `on_refused(const Rejection&)`: for each call; free when absent. `on_reconfigured(const
/// Reconfigured&)`: after new settings. No lock is held; it may call the circuit. What it throws is
/// swallowed and counted (Snapshot::listener_errors); errno, and GetLastError() on Windows, are as before. It must not cancel its
/// thread. A member of such a name that can't be called so does not compile. Optional: `static
/// constexpr ClockUse clock_use`, to be told how long calls took; `static constexpr bool counts_refusals =
/// false`: the circuit counts none, `snapshot().refused` is 0 (such a listener may hear nothing). In a Registry, transitions and
/// refusals also with the key: `void operator()(std::string_view key, const Transition&)`,
/// `on_refused(std::string_view key, const Rejection&)`; and `void forget() noexcept`: the next that is
/// heard is of another key. It must not use the registry.
template <class T>
concept TransitionListener =
    detail::HearsTransitions<T> || detail::HearsAdmitted<T> || detail::HearsSettled<T> ||
    detail::HearsRefused<T> || detail::HearsReconfigured<T> || detail::HearsKeys<T>;

/// Hears nothing, costs nothing. The default.
struct NoListener {};

/// Several listeners as one: `Listeners{log, counters}`. They are called in this order; one that
/// throws does not keep the rest from hearing. `get<T>()` finds one by its type.
template <class... Each>
class Listeners;

/// No listener: where Listeners ends.
template <>
class Listeners<> {
 protected:
  /// Tells nobody.
  template <class Tell>
  void for_each(const Tell& /*tell*/) noexcept {}
};

/// One listener and the rest.
template <TransitionListener First, TransitionListener... Rest>
class Listeners<First, Rest...> : private Listeners<Rest...> {
  static constexpr ClockUse use_of_first = [] {
    if constexpr (requires { First::clock_use; }) {
      return First::clock_use;
    } else {
      return ClockUse::none;
    }
  }();
  static constexpr ClockUse use_of_rest = [] {
    if constexpr (sizeof...(Rest) > 0) {
      return Listeners<Rest...>::clock_use;
    } else {
      return ClockUse::none;
    }
  }();

 public:
  /// The most that one of them wants of the clock.
  static constexpr ClockUse clock_use = use_of_first > use_of_rest ? use_of_first : use_of_rest;

  /// Keeps copies of them. **Throws** what copying or moving one throws.
  constexpr explicit Listeners(First first, Rest... rest)
      : Listeners<Rest...>{std::move(rest)...}, first_{std::move(first)} {}

  /// **Returns** the first listener of type `T`; without one, it does not compile.
  template <class T>
  [[nodiscard]] constexpr const T& get() const noexcept {
    if constexpr (std::is_same_v<T, First>) {
      return first_;
    } else {
      static_assert(sizeof...(Rest) > 0, "breaker: there is no listener of this type");
      return Listeners<Rest...>::template get<T>();
    }
  }

  /// As Counters::share().
  void share() noexcept {
    for_each([](auto& one) {
      if constexpr (requires { one.share(); }) one.share();
    });
  }

  /// Call `tell` with each listener.
  template <class Tell>
  void for_each(const Tell& tell) noexcept {
    tell(first_);
    Listeners<Rest...>::for_each(tell);
  }

 private:
  BREAKER_NO_UNIQUE_ADDRESS First first_;
};

template <class... Each>
Listeners(Each...) -> Listeners<Each...>;

namespace detail {
template <class... Each>
inline constexpr bool is_marked_shareable<Listeners<Each...>> = (is_shareable<Each> && ...);

template <class T>
inline constexpr bool is_listeners = false;
template <class... Each>
inline constexpr bool is_listeners<Listeners<Each...>> = true;

/// Refuses, each with a sentence, what a listener has the name for, and can't hear. Always true.
template <class T>
struct RequireListener {
  static consteval bool holds() {
    static_assert(!HasCallOperator<T> || HearsTransitions<T> || HearsTransitionsOfKey<T>,
                  "breaker: a listener's operator() takes a const Transition& and returns void");
    static_assert(!NamesAdmitted<T> || HearsAdmitted<T>,
                  "breaker: a listener's on_admitted takes nothing, and is public");
    static_assert(!NamesSettled<T> || HearsSettled<T>,
                  "breaker: a listener's on_settled takes a const SettledCall&, and is public");
    static_assert(!NamesRefused<T> || HearsRefused<T> || HearsRefusedOfKey<T>,
                  "breaker: a listener's on_refused takes a const Rejection&, and is public");
    static_assert(
        !NamesReconfigured<T> || HearsReconfigured<T>,
        "breaker: a listener's on_reconfigured takes a const Reconfigured&, and is public");
    return true;
  }
};
template <class... Each>
struct RequireListener<Listeners<Each...>> {
  static consteval bool holds() { return (RequireListener<Each>::holds() && ...); }
};

template <class Listener>
inline constexpr bool hears_keys = HearsKeys<Listener>;
template <class... Each>
inline constexpr bool hears_keys<Listeners<Each...>> = (HearsKeys<Each> || ...);

using ErrorCount = Atomic<std::uint16_t>;

/// Whether a listener never changes errno, so that it need not be kept.
template <class T>
inline constexpr bool leaves_errno = false;

struct KeepNothing {};

/// Call `tell` with `listener`, or with each of several. Each is told in a guard of its own; what
/// one throws is counted in `errors`.
template <class Listener, class Tell>
void tell_each(Listener& listener, ErrorCount& errors, const Tell& tell) noexcept {
  const auto guarded = [&]<class One>(One& one) noexcept {
    [[maybe_unused]] const std::conditional_t<leaves_errno<One>, KeepNothing, KeepErrno> keep;
#if defined(__cpp_exceptions)
    try {
      tell(one);
    } catch (...) {
      errors.fetch_add(1, relaxed);
    }
#else
    static_cast<void>(errors);
    tell(one);
#endif
  };
  if constexpr (is_listeners<Listener>) {
    listener.for_each(guarded);
  } else {
    guarded(listener);
  }
}

// A part of `Listeners` may lack what another has: whether any hears of a thing decides whether it
// is told at all.
template <class T>
inline constexpr bool hears_admitted = HearsAdmitted<T>;
template <class... Each>
inline constexpr bool hears_admitted<Listeners<Each...>> = (HearsAdmitted<Each> || ...);

template <class T>
inline constexpr bool hears_settled = HearsSettled<T>;
template <class... Each>
inline constexpr bool hears_settled<Listeners<Each...>> = (HearsSettled<Each> || ...);

template <class T>
inline constexpr bool hears_refused = HearsRefused<T>;
template <class... Each>
inline constexpr bool hears_refused<Listeners<Each...>> = (HearsRefused<Each> || ...);

template <class T>
inline constexpr bool hears_transitions = HearsTransitions<T>;
template <class... Each>
inline constexpr bool hears_transitions<Listeners<Each...>> = (HearsTransitions<Each> || ...);

// Whether a listener that counts calls, where no time is wanted, hears of clean successes at once.
template <class T, ClockUse use>
inline constexpr bool counts_settled =
    hears_settled<T> && leaves_errno<T> && use < ClockUse::on_settle;

// How a circuit tells its listener, or each of several that hears of such things.

template <class Listener>
[[gnu::always_inline]] inline void tell_admitted(Listener& listener, ErrorCount& errors) noexcept {
  if constexpr (hears_admitted<Listener>) {
    detail::tell_each(listener, errors, [](auto& one) {
      if constexpr (requires { one.on_admitted(); }) one.on_admitted();
    });
  }
}

template <class Listener>
void tell_settled(Listener& listener, ErrorCount& errors, const SettledCall& call) noexcept {
  if constexpr (hears_settled<Listener>) {
    detail::tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one.on_settled(call); }) one.on_settled(call);
    });
  }
}

template <class Listener>
void tell_refused(Listener& listener, ErrorCount& errors, const Rejection& rejection) noexcept {
  if constexpr (hears_refused<Listener>) {
    detail::tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one.on_refused(rejection); }) one.on_refused(rejection);
    });
  }
}

template <class Listener>
void tell_reconfigured(Listener& listener, ErrorCount& errors, const Reconfigured& kept) noexcept {
  detail::tell_each(listener, errors, [&](auto& one) {
    if constexpr (requires { one.on_reconfigured(kept); }) one.on_reconfigured(kept);
  });
}

template <class Listener>
void tell_transition(Listener& listener, ErrorCount& errors,
                     const Transition& transition) noexcept {
  if constexpr (hears_transitions<Listener>) {
    detail::tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one(transition); }) one(transition);
    });
  }
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
