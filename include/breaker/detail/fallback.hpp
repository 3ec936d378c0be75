// What a function and a fallback given to call() must look like.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "breaker/result.hpp"
#include "breaker/types.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::detail {

template <class T>
concept FutureLike = requires(T& future) {
  future.get();
  future.wait();
  future.valid();
};
template <class T>
concept Awaitable = requires(T&& value) { static_cast<T&&>(value).await_ready(); } ||
                    requires(T&& value) { static_cast<T&&>(value).operator co_await(); } ||
                    requires(T&& value) { operator co_await(static_cast<T&&>(value)); };

template <class Fn>
consteval bool require_function() {
  static_assert(std::invocable<Fn&>,
                "breaker: call() takes a function that can be called without arguments");
  if constexpr (std::invocable<Fn&>) {
    using R = std::invoke_result_t<Fn&>;
    static_assert(!FutureLike<std::remove_cvref_t<R>> && !Awaitable<std::remove_cvref_t<R>>,
                  "breaker: this function returns before its work is done, so call() would judge "
                  "it too early; use "
                  "try_acquire() and settle the permit when the work ends");
  }
  return true;
}

// Whether a class has any operator(), also an overloaded or generic one: looked for by the
// ambiguity it makes.
struct NamesCall {
  void operator()();
};
template <class T>
struct WithCall : T, NamesCall {};
template <class T>
concept HasCallOperator =
    std::is_class_v<T> && !std::is_final_v<T> && !requires { &WithCall<T>::operator(); };
template <class T>
concept HasOneCallOperator = requires { &T::operator(); };

/// What a fallback wants to hear about, told by its parameter without looking into its body.
enum class FallbackKind {
  unclear,    // generic: it would fit two kinds
  nothing,    // []: refusals and failures, details not wanted
  no_result,  // [](const NoResult&): refusals and failures
  rejection,  // [](const Rejection&): refusals only
  value,      // a value, instead of a callable: refusals and failures
};

/// **Returns** the kind of a fallback, in this order.
template <class Fallback>
consteval FallbackKind fallback_kind() {
  if constexpr (std::invocable<Fallback&>) {
    return FallbackKind::nothing;
  } else if constexpr (HasCallOperator<Fallback> && !HasOneCallOperator<Fallback>) {
    return FallbackKind::unclear;
  } else if constexpr (std::invocable<Fallback&, const NoResult&>) {
    return FallbackKind::no_result;
  } else if constexpr (std::invocable<Fallback&, const Rejection&>) {
    return FallbackKind::rejection;
  } else {
    return FallbackKind::value;
  }
}

template <class To, class From>
concept GivesBack = std::is_void_v<To> || (std::convertible_to<From, To> &&
                                           (!std::is_reference_v<To> || std::is_reference_v<From>));

template <class R, class Fallback>
consteval bool require_fallback() {
  constexpr FallbackKind kind = fallback_kind<Fallback>();
  static_assert(kind != FallbackKind::unclear,
                "breaker: a generic fallback fits two kinds; give its parameter a type: const "
                "Rejection& (refused "
                "calls) or const NoResult& (failed calls too)");
  if constexpr (kind == FallbackKind::nothing) {
    static_assert(
        GivesBack<R, std::invoke_result_t<Fallback&>>,
        "breaker: what the fallback returns does not convert to what the function returns");
  } else if constexpr (kind == FallbackKind::no_result) {
    static_assert(
        GivesBack<R, std::invoke_result_t<Fallback&, const NoResult&>>,
        "breaker: what the fallback returns does not convert to what the function returns");
  } else if constexpr (kind == FallbackKind::rejection) {
    static_assert(
        GivesBack<R, std::invoke_result_t<Fallback&, const Rejection&>>,
        "breaker: what the fallback returns does not convert to what the function returns");
  } else if constexpr (kind == FallbackKind::value) {
    static_assert(!std::is_void_v<R> && !std::is_reference_v<R> && std::convertible_to<Fallback, R>,
                  "breaker: a fallback is a callable that takes nothing, a const Rejection& or a "
                  "const NoResult&, or a "
                  "value of what the function returns (not for void, nor for a reference)");
  }
  return true;
}

/// **Returns** the fallback's answer. **Requires** a rejection in `why`, if that is all the
/// fallback takes.
template <class R, class Fallback>
R fall_back(Fallback&& fallback, const NoResult& why) {
  constexpr FallbackKind kind = fallback_kind<std::remove_reference_t<Fallback>>();
  if constexpr (kind == FallbackKind::nothing) {
    return static_cast<R>(fallback());
  } else if constexpr (kind == FallbackKind::no_result) {
    return static_cast<R>(fallback(why));
  } else if constexpr (kind == FallbackKind::rejection) {
    return static_cast<R>(fallback(*why.rejection()));
  } else {
    return static_cast<R>(std::forward<Fallback>(fallback));
  }
}

}  // namespace breaker::inline BREAKER_ABI::detail
