// What a function and a fallback given to call() must look like.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "breaker/base/member_name.hpp"
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

struct NamesThen {
  void then();
};
/// Whether there is a function, or several, of that name: a member of data is no function.
template <class T>
concept HasThen =
    ((Derivable<T> && !requires { &WithNames<T, NamesThen>::then; }) || requires { &T::then; }) &&
    !requires { requires std::is_member_object_pointer_v<decltype(&T::then)>; };
struct AnyReceiver {};
/// What has a `then`, can be connected to any receiver, is a coroutine or a sender by its own word, and has no value to look at yet.
template <class T>
concept TaskLike = requires { typename T::sender_concept; } ||
                   ((
                        HasThen<T> || requires { typename T::promise_type; } ||
                        requires(T&& task) { static_cast<T&&>(task).connect(AnyReceiver{}); }) &&
                    !requires(const T& task) { task.has_value(); });

template <class T>
concept IsUnfinished = FutureLike<T> || Awaitable<T> || TaskLike<T>;

/// Also an optional one, or one in an expected.
template <class T>
concept Unfinished = IsUnfinished<T> || requires(const T& task) {
  task.has_value();
  requires IsUnfinished<typename T::value_type>;
};

/// How a callable is called: as it was given, so that `operator()() &&` does; else as an lvalue.
template <class Fn, class... Args>
using AsGiven = std::conditional_t<std::invocable<Fn, Args...>, Fn&&, Fn&>;

template <class Fn, class... Args>
using AnswerOf = std::invoke_result_t<AsGiven<Fn, Args...>, Args...>;

/// Stands for any result.
struct Nothing {
  template <class T>
  operator T() const;
};
/// What `Fn` returns; Nothing if it can't be called, which require_function() then refuses with a
/// sentence.
template <class Fn>
struct ResultOfCall {
  using type = Nothing;
};
template <class Fn>
  requires std::invocable<AsGiven<Fn>>
struct ResultOfCall<Fn> {
  using type = AnswerOf<Fn>;
};
template <class Fn>
using ResultOf = typename ResultOfCall<Fn>::type;

template <class Fn>
consteval bool require_function() {
  static_assert(std::invocable<AsGiven<Fn>>,
                "breaker: call() takes a function that can be called without arguments");
  if constexpr (std::invocable<AsGiven<Fn>>) {
    using R = AnswerOf<Fn>;
    static_assert(!Unfinished<std::remove_cvref_t<R>>,
                  "breaker: this function returns before its work is done, so call() would judge "
                  "it too early; use try_acquire() and settle the permit when the work ends");
  }
  return true;
}

template <class T>
concept IsCallable = HasCallOperator<T> || requires { &T::operator(); } ||
                     std::is_function_v<std::remove_pointer_t<T>> || std::is_member_pointer_v<T>;

/// What a fallback wants to hear about, told by its parameter without looking into its body.
enum class FallbackKind {
  none,       // nothing that would do
  generic,    // it does not say
  nothing,    // []: refusals and failures, details not wanted
  each,       // both of what follows: an overload for each
  no_result,  // [](const NoResult&): refusals and failures
  rejection,  // [](const Rejection&): refusals only
  value,      // a value, instead of a callable: refusals and failures
};

// A reference result must come from a reference to the same or a derived object: a conversion would
// leave it dangling.
template <class From, class To>
concept GivesBack =
    std::is_void_v<To> || std::same_as<From, To> ||
    (std::convertible_to<From, To> &&
     (!std::is_reference_v<To> ||
      (std::is_reference_v<From> &&
       std::convertible_to<std::remove_reference_t<From>*, std::remove_reference_t<To>*>)));

template <class Given, class R, class... Args>
concept AnswersWith =
    std::invocable<AsGiven<Given, Args...>, Args...> && GivesBack<AnswerOf<Given, Args...>, R>;

// Asked with braces first: no template deduces a type from them, so that the body of a generic
// lambda is not compiled for this.
template <class Given, class R, class Why>
concept HearsOf = requires(Given&& fallback, const Why& why) {
  static_cast<Given&&>(fallback)({why});
} && AnswersWith<Given, R, const Why&>;

/// **Returns** the kind of a fallback for a function that returns `R`, in this order. A callable
/// wins over a value when its answer converts to the result, and is no value otherwise, unless it
/// is of the result's own type. `Given` is a reference where the fallback is an lvalue: a value is
/// then copied.
template <class R, class Given>
consteval FallbackKind fallback_kind() {
  using Fallback = std::decay_t<Given>;
  if constexpr (AnswersWith<Given, R>) {
    return FallbackKind::nothing;
  } else if constexpr (HearsOf<Given, R, NoResult> && HearsOf<Given, R, Rejection>) {
    return FallbackKind::each;
  } else if constexpr (HearsOf<Given, R, NoResult>) {
    return FallbackKind::no_result;
  } else if constexpr (HearsOf<Given, R, Rejection>) {
    return FallbackKind::rejection;
  } else if constexpr (!std::is_void_v<R> && !std::is_reference_v<R> &&
                       std::convertible_to<Given, R> &&
                       (!IsCallable<Fallback> || std::same_as<Fallback, std::remove_cv_t<R>>)) {
    return FallbackKind::value;
  } else if constexpr (HasCallOperator<Fallback> && !requires { &Fallback::operator(); }) {
    return FallbackKind::generic;
  } else {
    return FallbackKind::none;
  }
}

template <class R, class Given>
consteval bool require_fallback() {
  constexpr FallbackKind kind = detail::fallback_kind<R, Given>();
  static_assert(kind != FallbackKind::generic,
                "breaker: a generic fallback fits two kinds, as one of std::bind_front may; give "
                "its parameter a type: [](const Rejection&) (refused calls) or [](const NoResult&) "
                "(failed calls too)");
  static_assert(kind != FallbackKind::none,
                "breaker: a fallback is a callable that takes nothing, a const Rejection& or a "
                "const NoResult& and returns what converts to the function's result, or such a "
                "value (not for void, nor for a reference; a move-only one by std::move)");
  return true;
}

template <class T>
using ArrayOfOne = T[1];

/// Whether nothing is lost, as in braces: also a pointer is no bool.
template <class From, class To>
concept FitsInBraces = std::same_as<std::remove_cvref_t<From>, std::remove_cv_t<To>> ||
                       requires(From&& from) { ArrayOfOne<To>{static_cast<From&&>(from)}; };

/// The same for a number or a pointer that goes into an optional.
template <class From, class To>
concept FitsInside = !std::is_scalar_v<std::remove_cvref_t<From>> || !requires(const To& to) {
  typename To::value_type;
  to.has_value();
} || requires { requires FitsInBraces<From, typename To::value_type>; };

/// A bool, or one that may be missing.
template <class T>
concept IsBool = std::same_as<T, bool> || requires(const T& result) {
  result.has_value();
  requires std::same_as<typename T::value_type, bool>;
};

template <class T>
concept IsView = std::ranges::enable_borrowed_range<std::remove_cv_t<T>>;  // string_view, span

template <class From, class To>
consteval bool any_would_dangle();

/// Whether `From` would become the view that is one of the types of an optional, an expected or a variant.
template <class From, class To>
inline constexpr bool becomes_a_view_in = false;
template <class From, template <class...> class Holder, class... Held>
inline constexpr bool becomes_a_view_in<From, Holder<Held...>> =
    ((IsView<Held> && std::convertible_to<From, Held>) || ...) &&
    !(std::same_as<From, Held> || ...);

/// Whether a view, or one inside another result, would look into an answer that ends with the call.
template <class From, class To>
inline constexpr bool would_dangle = [] {
  if constexpr (!std::is_class_v<From> || IsView<From>) {
    return false;
  } else if constexpr (requires {
                         requires std::tuple_size<From>::value == std::tuple_size<To>::value;
                       }) {
    return detail::any_would_dangle<From, To>();
  } else {
    return IsView<To> || (becomes_a_view_in<From, To> && !std::same_as<From, To>);
  }
}();

template <class From, class To>
consteval bool any_would_dangle() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (would_dangle<typename std::tuple_element<I, From>::type,
                         typename std::tuple_element<I, To>::type> ||
            ...);
  }(std::make_index_sequence<std::tuple_size<To>::value>{});
}

/// Refuse, each with a sentence, answers whose conversion to `R` is not what was meant.
template <class R, class Answer>
consteval bool require_answer() {
  static_assert(!would_dangle<Answer, R>,
                "breaker: the result would be a view of a fallback that ends with the call; give a "
                "view of what lasts, or let the function return an owner");
  static_assert(!IsBool<std::remove_cv_t<R>> ||
                    !(std::is_pointer_v<std::decay_t<Answer>> || IsCallable<std::decay_t<Answer>>),
                "breaker: a pointer or a function is no fallback for a bool");
  return true;
}

/// **Returns** the answer of a callable to `why`, or without it.
template <class R, class Fallback, class... Why>
R ask_fallback(Fallback&& fallback, const Why&... why) {
  static_assert(detail::require_answer<R, AnswerOf<Fallback, const Why&...>>());
  return static_cast<R>(static_cast<AsGiven<Fallback, const Why&...>>(fallback)(why...));
}

/// **Returns** the fallback's answer to `why`: a Rejection, or a NoResult.
template <class R, class Fallback, class Why>
R fall_back(Fallback&& fallback, const Why& why) {
  constexpr FallbackKind kind = detail::fallback_kind<R, Fallback>();
  if constexpr (kind == FallbackKind::nothing) {
    return detail::ask_fallback<R>(std::forward<Fallback>(fallback));
  } else if constexpr (kind == FallbackKind::no_result) {
    return detail::ask_fallback<R>(std::forward<Fallback>(fallback), NoResult{why});
  } else if constexpr (kind == FallbackKind::rejection || kind == FallbackKind::each) {
    return detail::ask_fallback<R>(std::forward<Fallback>(fallback), why);
  } else {
    static_assert(detail::require_answer<R, Fallback>());
    static_assert(FitsInBraces<Fallback, R> && FitsInside<Fallback, std::remove_cv_t<R>>,
                  "breaker: this value would be narrowed to the function's result; give one of "
                  "that type, or in braces: call(fn, {0})");
    return static_cast<R>(std::forward<Fallback>(fallback));
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
