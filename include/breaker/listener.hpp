// Listeners: several as one, and none.
#pragma once

#include <type_traits>
#include <utility>

#include "breaker/concepts.hpp"
#include "breaker/types.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI {

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
/// one throws goes to `count_error()`.
template <class Listener, class Tell, class CountError>
void tell_each(Listener& listener, const Tell& tell, const CountError& count_error) noexcept {
  const auto guarded = [&](auto& one) noexcept {
#if defined(__cpp_exceptions)
    try {
      tell(one);
    } catch (...) {
      count_error();
    }
#else
    static_cast<void>(count_error);
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

}  // namespace detail

}  // namespace breaker::inline BREAKER_ABI
