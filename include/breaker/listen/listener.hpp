// What a listener must be able to hear; several as one, and none.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "breaker/base/atomic.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

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

/// Hears nothing, costs nothing. The default.
struct NoListener {};

/// Several listeners as one: `Listeners{log, counters}`. They are called in this order; one that
/// throws does not keep the rest from hearing. `get<T>()` finds one by its type.
template <class... Each>
class Listeners;

template <>
class Listeners<> {
 protected:
  template <class Tell>
  void for_each(const Tell& /*tell*/) noexcept {}
};

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

  /// Call `tell` with each listener.
  template <class Tell>
  void for_each(const Tell& tell) noexcept {
    tell(first_);
    Listeners<Rest...>::for_each(tell);
  }

 private:
  [[no_unique_address]] First first_;
};

template <class... Each>
Listeners(Each...) -> Listeners<Each...>;

namespace detail {

template <class T>
inline constexpr bool is_listeners = false;
template <class... Each>
inline constexpr bool is_listeners<Listeners<Each...>> = true;

/// Call `tell` with `listener`, or with each of several. Each is told in a guard of its own; what
/// one throws is counted in `errors`.
template <class Listener, class Tell>
void tell_each(Listener& listener, Atomic<std::uint32_t>& errors, const Tell& tell) noexcept {
  const auto guarded = [&](auto& one) noexcept {
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

// How a circuit tells its listener, or each of several that hears of such things.

template <class Listener>
void tell_admitted(Listener& listener, Atomic<std::uint32_t>& errors) noexcept {
  if constexpr (hears_admitted<Listener>) {
    tell_each(listener, errors, [](auto& one) {
      if constexpr (requires { one.on_admitted(); }) one.on_admitted();
    });
  }
}

template <class Listener>
void tell_settled(Listener& listener, Atomic<std::uint32_t>& errors,
                  const SettledCall& call) noexcept {
  if constexpr (hears_settled<Listener>) {
    tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one.on_settled(call); }) one.on_settled(call);
    });
  }
}

template <class Listener>
void tell_refused(Listener& listener, Atomic<std::uint32_t>& errors,
                  const Rejection& rejection) noexcept {
  if constexpr (hears_refused<Listener>) {
    tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one.on_refused(rejection); }) one.on_refused(rejection);
    });
  }
}

template <class Listener>
void tell_transition(Listener& listener, Atomic<std::uint32_t>& errors,
                     const Transition& transition) noexcept {
  if constexpr (hears_transitions<Listener>) {
    tell_each(listener, errors, [&](auto& one) {
      if constexpr (requires { one(transition); }) one(transition);
    });
  }
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
