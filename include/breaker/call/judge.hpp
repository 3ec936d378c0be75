// What a classifier may say of a result or an exception, and how a circuit asks it.
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <type_traits>

#include "breaker/base/duration.hpp"
#include "breaker/base/member_name.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/result.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

// By member name, never by probing a lambda.
struct NamesOnResult {
  void on_result();
};
struct NamesOnException {
  void on_exception();
};
template <class T>
concept JudgesResults = (Derivable<T> && !requires { &WithNames<T, NamesOnResult>::on_result; }) ||
                        requires { &T::on_result; };
template <class T>
concept NamesOnExceptions =
    (Derivable<T> && !requires { &WithNames<T, NamesOnException>::on_exception; }) ||
    requires { &T::on_exception; };
template <class T>
concept JudgesExceptions = NamesOnExceptions<T> && !requires { requires !T::judges_exceptions; };

}  // namespace detail

/// Judges the result or the exception of a call, by one or both of
/// `on_result(const R&)` for the results it knows, `on_exception(const std::exception_ptr&)`, each
/// returning a Verdict or a Judgement. Recognised by these names. What it does not judge goes by
/// the default rule; what it could judge only if it were written otherwise (not const, private, with
/// another return type) does not compile. One with `static constexpr bool takes_time = true` may take
/// how long the call took as a second parameter, std::chrono::nanoseconds; its circuit reads the
/// clock twice more for each call. If it throws, the permit is handed back, nothing is counted, and the exception
/// reaches the caller. Called by many threads at a time.
template <class T>
concept ResultClassifier =
    std::copy_constructible<T> && (detail::JudgesResults<T> || detail::JudgesExceptions<T>);

/// What a classifier says of a call: a verdict; with a failure, how long the answer asked to wait
/// (HTTP `Retry-After`); that the circuit opens at once; or nothing.
struct Judgement {
  /// `wait`: what the answer asked for. Default: nothing.
  constexpr Judgement(Verdict how, Duration wait = {}) noexcept : verdict{how}, retry_after{wait} {}

  /// **Returns** the judgement that the call failed, and that its circuit opens now, whatever the policy
  /// has counted: "quota exhausted". `wait`: for how long, above 0, up to 2^34 ms (longer counts as
  /// that), rounded up to whole milliseconds; not limited by Config::retry_after_max. Default: as long
  /// as if the policy had tripped. A call that comes too late to count changes nothing.
  [[nodiscard]] static constexpr Judgement trip(Duration wait = {}) noexcept {
    Judgement judgement{Verdict::failure, wait};
    judgement.trips = true;
    return judgement;
  }

  /// **Returns** the judgement of a classifier that leaves this call to the default rule.
  [[nodiscard]] static constexpr Judgement none() noexcept {
    Judgement judgement{Verdict::success};
    judgement.is_made = false;
    return judgement;
  }

  /// How the call counts.
  Verdict verdict;
  /// Counts with a failure, see Permit::settle(). Default: none.
  Duration retry_after;
  /// Whether the circuit opens at once, see trip(). Counts with a failure.
  bool trips = false;
  /// Whether the classifier judged this call at all, see none().
  bool is_made = true;
};

/// The default rule, alone: an exception is a failure; a result that carries an error
/// (std::expected, tl::expected, Boost.Outcome, absl::StatusOr, absl::Status, grpc::Status,
/// std::error_code, that of Boost, std::exception_ptr, a tuple or pair that has one of the last five)
/// is a failure; the rest is a success.
struct DefaultClassifier {};

namespace detail {

/// Its circuit times each call, and tells how long it took.
template <class C>
concept TakesTime = requires {
  requires !std::is_member_object_pointer_v<decltype(&C::takes_time)>;
  requires C::takes_time;
};

template <class C, class R>
concept JudgesResultAlone = requires(const C& classifier, const R& result) {
  { classifier.on_result(result) } -> std::convertible_to<Judgement>;
};
template <class C, class R>
concept JudgesResultAndTime =
    requires(const C& classifier, const R& result, std::chrono::nanoseconds took) {
      { classifier.on_result(result, took) } -> std::convertible_to<Judgement>;
    };
template <class C, class R>
concept JudgesResult = JudgesResultAlone<C, R> || (TakesTime<C> && JudgesResultAndTime<C, R>);

template <class C>
concept JudgesExceptionAlone = requires(const C& classifier, const std::exception_ptr& exception) {
  { classifier.on_exception(exception) } -> std::convertible_to<Judgement>;
};
template <class C>
concept JudgesExceptionAndTime = requires(const C& classifier, const std::exception_ptr& exception,
                                          std::chrono::nanoseconds took) {
  { classifier.on_exception(exception, took) } -> std::convertible_to<Judgement>;
};
template <class C>
concept JudgesException = JudgesExceptionAlone<C> || (TakesTime<C> && JudgesExceptionAndTime<C>);

template <class C>
concept JudgesEveryResult = requires { requires C::judges_every_result; };

/// **Returns** what a classifier says of a result, or an exception, that it judges. @{
template <class C, class R>
constexpr Judgement ask(const C& classifier, const R& result,
                        [[maybe_unused]] std::chrono::nanoseconds took) {
  if constexpr (TakesTime<C> && JudgesResultAndTime<C, R>) {
    return classifier.on_result(result, took);
  } else {
    return classifier.on_result(result);
  }
}
template <class C>
Judgement ask_of_exception(const C& classifier, const std::exception_ptr& exception,
                           [[maybe_unused]] std::chrono::nanoseconds took) {
  if constexpr (TakesTime<C> && JudgesExceptionAndTime<C>) {
    return classifier.on_exception(exception, took);
  } else {
    return classifier.on_exception(exception);
  }
}
/// @}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

// Makes the compiler say that a member is private: that can't be asked.
template <class T>
struct PublicOnResult : T {
  using T::on_result;  // breaker: a classifier's on_result must be public
};

#pragma GCC diagnostic pop

/// Whether one that is not const, or a temporary, would judge a result that may be changed, or moved.
template <class C, class R>
concept WouldJudge = requires(C&& classifier, R&& result) {
  static_cast<C&&>(classifier).on_result(static_cast<R&&>(result));
} || requires(C&& classifier, R&& result) {
  static_cast<C&&>(classifier).on_result(static_cast<R&&>(result), std::chrono::nanoseconds{});
};

/// **Returns** whether a member function takes what on_result may: a result, and perhaps a time.
template <class C, class V, class First, class... Rest>
consteval bool takes_a_result(V (C::*)(First, Rest...) const) {
  return !std::is_rvalue_reference_v<First> &&
         (sizeof...(Rest) == 0 || std::is_same_v<void(Rest...), void(std::chrono::nanoseconds)>);
}
template <class C, class V>
consteval bool takes_a_result(V (C::*)() const) {
  return false;
}

/// Refuse, with a sentence, a classifier whose on_exception can't be used. Always true.
template <class C>
consteval bool require_classifier() {
  static_assert(
      !requires { requires std::is_member_object_pointer_v<decltype(&C::takes_time)>; },
      "breaker: a classifier's takes_time is static constexpr");
  static_assert(!JudgesExceptions<C> || JudgesException<C> || !JudgesExceptionAndTime<C>,
                "breaker: a classifier that takes how long a call took says so: static constexpr "
                "bool takes_time = true");
  static_assert(!JudgesExceptions<C> || JudgesException<C> || JudgesExceptionAndTime<C>,
                "breaker: a classifier's on_exception takes a const std::exception_ptr&, returns a "
                "Verdict or a Judgement, and is const and public");
  // Asking needs the complete type: the compiler says if a member is private.
  if constexpr (Derivable<C> && JudgesResults<C>) return !std::is_final_v<PublicOnResult<C>>;
  return true;
}

template <class First, class Second>
class Either;  // what operator| returns
template <class C>
inline constexpr bool is_either = false;
template <class First, class Second>
inline constexpr bool is_either<Either<First, Second>> = true;

/// Refuse, each with a sentence, a classifier, or a part of one, whose on_result would judge an `R`
/// if it were written otherwise. Always true.
template <class C, class R>
consteval bool require_judge_of() {
  if constexpr (std::is_void_v<R>) {
    return true;
  } else if constexpr (is_either<C>) {
    return detail::require_judge_of<typename C::FirstPart, R>() &&
           detail::require_judge_of<typename C::SecondPart, R>();
  } else if constexpr (!JudgesResult<C, R>) {
    static_assert(
        !requires { requires !detail::takes_a_result(&C::on_result); },
        "breaker: a classifier's on_result takes a const R&, and, with takes_time, a "
        "std::chrono::nanoseconds");
    static_assert(!JudgesResultAndTime<C, R>,
                  "breaker: a classifier that takes how long a call took says so: static constexpr "
                  "bool takes_time = true");
    static_assert(
        !requires(const C& classifier, const R& result) { classifier.on_result(result); } &&
            !requires(const C& classifier, const R& result) {
              classifier.on_result(result, std::chrono::nanoseconds{});
            },
        "breaker: a classifier's on_result returns a Verdict or a Judgement");
    static_assert(!WouldJudge<C&, R&> && !WouldJudge<C&, R> && !WouldJudge<C, R>,
                  "breaker: a classifier's on_result takes a const R&, and is const");
  }
  return true;
}

/// Refuse, with a sentence, a classifier of every result that can't judge an `R`. Always true.
template <class C, class R>
consteval bool require_predicate_of() {
  static_assert(
      std::is_void_v<R> || JudgesResult<C, R> || !JudgesEveryResult<C>,
      "breaker: the predicate of failing_on() can't be called with what this function returns");
  return true;
}

/// **Returns** what a classifier says of a result, or an exception; none if it leaves it alone. @{
template <class Classifier, class R>
constexpr Judgement judged_by(const Classifier& classifier, const R& result,
                              std::chrono::nanoseconds took) {
  static_assert(detail::require_judge_of<Classifier, R>());
  static_assert(detail::require_predicate_of<Classifier, R>());
  if constexpr (JudgesResult<Classifier, R>) return detail::ask(classifier, result, took);
  return Judgement::none();
}
template <class Classifier>
Judgement judged_by(const Classifier& classifier, const std::exception_ptr& exception,
                    std::chrono::nanoseconds took) {
  static_assert(detail::require_classifier<Classifier>());
  if constexpr (JudgesExceptions<Classifier>)
    return detail::ask_of_exception(classifier, exception, took);
  return Judgement::none();
}
/// @}

template <class Classifier, class R>
constexpr Judgement judge_result(const Classifier& classifier, const R& result,
                                 [[maybe_unused]] std::chrono::nanoseconds took = {}) {
  static_assert(detail::require_judge_of<Classifier, R>());
  static_assert(detail::require_predicate_of<Classifier, R>());
  if constexpr (JudgesResult<Classifier, R>) {
    const Judgement judgement = detail::ask(classifier, result, took);
    if (judgement.is_made) return judgement;
  }
  return detail::has_error(result) ? Verdict::failure : Verdict::success;
}

template <class Classifier>
Judgement judge_exception([[maybe_unused]] const Classifier& classifier,
                          [[maybe_unused]] const std::exception_ptr& exception,
                          Verdict by_default = Verdict::failure,
                          [[maybe_unused]] std::chrono::nanoseconds took = {}) {
  static_assert(detail::require_classifier<Classifier>());
  if constexpr (JudgesExceptions<Classifier>) {
    const Judgement judgement = detail::ask_of_exception(classifier, exception, took);
    if (judgement.is_made) return judgement;
  }
  return by_default;
}

}  // namespace detail

/// **Returns** how a circuit with this classifier judges a result, or an exception that is not null and
/// no refusal: by the default rule, if the classifier leaves it alone. For code that settles permits of
/// its own accord; Permit::settle_by() asks the circuit's own. `took`: how long the call took, for a
/// classifier that takes it. **Throws** what the classifier throws. @{
template <class Classifier, class R>
[[nodiscard]] constexpr Judgement judge(const Classifier& classifier, const R& result,
                                        std::chrono::nanoseconds took = {}) {
  return detail::judge_result(classifier, result, took);
}
template <class Classifier>
[[nodiscard]] Judgement judge(const Classifier& classifier, const std::exception_ptr& exception,
                              std::chrono::nanoseconds took = {}) {
  return detail::judge_exception(classifier, exception, Verdict::failure, took);
}
/// @}

BREAKER_ABI_END
}  // namespace breaker
