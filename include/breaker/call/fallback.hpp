// What a function and a fallback given to call() must look like.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/call/result.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

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

/// What `Fn` returns; void if it can't be called, which require_function() then refuses with a
/// sentence.
template <class Fn>
struct ResultOfCall {
  using type = void;
};
template <std::invocable Fn>
struct ResultOfCall<Fn> {
  using type = std::invoke_result_t<Fn>;
};
template <class Fn>
using ResultOf = typename ResultOfCall<Fn&>::type;

template <class Fn>
consteval bool require_function() {
  static_assert(std::invocable<Fn&>,
                "breaker: call() takes a function that can be called without arguments");
  if constexpr (std::invocable<Fn&>) {
    using R = std::invoke_result_t<Fn&>;
    static_assert(!FutureLike<std::remove_cvref_t<R>> && !Awaitable<std::remove_cvref_t<R>>,
                  "breaker: this function returns before its work is done, so call() would judge "
                  "it too early; use try_acquire() and settle the permit when the work ends");
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
  none,       // nothing that would do
  generic,    // it would fit two kinds
  nothing,    // []: refusals and failures, details not wanted
  no_result,  // [](const NoResult&): refusals and failures
  rejection,  // [](const Rejection&): refusals only
  value,      // a value, instead of a callable: refusals and failures
};

// A reference result must come from a reference to the same or a derived object: a conversion would
// leave it dangling.
template <class From, class To>
concept GivesBack =
    std::is_void_v<To> ||
    (std::convertible_to<From, To> &&
     (!std::is_reference_v<To> ||
      (std::is_reference_v<From> &&
       std::convertible_to<std::remove_reference_t<From>*, std::remove_reference_t<To>*>)));

template <class Fallback, class R, class... Args>
concept AnswersWith =
    std::invocable<Fallback&, Args...> && GivesBack<std::invoke_result_t<Fallback&, Args...>, R>;

/// **Returns** the kind of a fallback for a function that returns `R`, in this order. A callable
/// wins over a value when its answer converts to the result. `Given` is a reference where the
/// fallback is an lvalue: a value is then copied.
template <class R, class Given>
consteval FallbackKind fallback_kind() {
  using Fallback = std::remove_reference_t<Given>;
  if constexpr (AnswersWith<Fallback, R>) {
    return FallbackKind::nothing;
  } else if constexpr (!std::invocable<Fallback&> && HasCallOperator<Fallback> &&
                       !HasOneCallOperator<Fallback>) {
    return FallbackKind::generic;
  } else if constexpr (AnswersWith<Fallback, R, const NoResult&>) {
    return FallbackKind::no_result;
  } else if constexpr (AnswersWith<Fallback, R, const Rejection&>) {
    return FallbackKind::rejection;
  } else if constexpr (!std::is_void_v<R> && !std::is_reference_v<R> &&
                       std::convertible_to<Given, R>) {
    return FallbackKind::value;
  } else {
    return FallbackKind::none;
  }
}

template <class R, class Given>
consteval bool require_fallback() {
  constexpr FallbackKind kind = fallback_kind<R, Given>();
  static_assert(kind != FallbackKind::generic,
                "breaker: a generic fallback fits two kinds; give its parameter a type: const "
                "Rejection& (refused calls) or const NoResult& (failed calls too)");
  static_assert(kind != FallbackKind::none,
                "breaker: a fallback is a callable that takes nothing, a const Rejection& or a "
                "const NoResult& and returns what converts to the function's result, or such a "
                "value (not for void, nor for a reference; a move-only one by std::move)");
  return true;
}

/// **Returns** the fallback's answer to `why`: a Rejection, or the exception of a call that failed
/// (null if it returned something judged a failure).
template <class R, class Fallback, class Why>
R fall_back(Fallback&& fallback, const Why& why) {
  constexpr FallbackKind kind = fallback_kind<R, Fallback>();
  if constexpr (kind == FallbackKind::nothing) {
    return static_cast<R>(fallback());
  } else if constexpr (kind == FallbackKind::no_result) {
    return static_cast<R>(fallback(NoResult{why}));
  } else if constexpr (kind == FallbackKind::rejection) {
    return static_cast<R>(fallback(why));
  } else {
    return static_cast<R>(std::forward<Fallback>(fallback));
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
