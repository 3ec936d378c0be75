// Classifiers: they turn the result or the exception of a call into a verdict.
#pragma once

#include <concepts>
#include <exception>
#include <utility>

#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/result.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

// By member name, never by probing a lambda. A template counts: its name can't be taken without
// arguments, so a member is looked for by the ambiguity that it makes with one of the same name in
// a base.
struct NamesOnResult {
  void on_result();
};
struct NamesOnException {
  void on_exception();
};
template <class T, class Names>
struct WithNames : T, Names {};

template <class T>
concept Derivable = std::is_class_v<T> && !std::is_final_v<T>;

template <class T>
concept JudgesResults = (Derivable<T> && !requires { &WithNames<T, NamesOnResult>::on_result; }) ||
                        requires { &T::on_result; };
template <class T>
concept JudgesExceptions =
    (Derivable<T> && !requires { &WithNames<T, NamesOnException>::on_exception; }) ||
    requires { &T::on_exception; };

}  // namespace detail

/// Judges the result or the exception of a call, by one or both of
/// `on_result(const R&)` for the results it knows, `on_exception(const std::exception_ptr&)`, each
/// returning a Verdict or a Judgement. Recognised by these names. What it does not judge goes by
/// the default rule. If it throws, the permit is handed back, nothing is counted, and the exception
/// reaches the caller. Called by many threads at a time.
template <class T>
concept ResultClassifier =
    std::copy_constructible<T> && (detail::JudgesResults<T> || detail::JudgesExceptions<T>);

/// What a classifier says of a call: a verdict; with a failure, how long the answer asked to wait
/// (HTTP `Retry-After`); or nothing.
struct Judgement {
  /// `wait`: what the answer asked for. Default: nothing.
  constexpr Judgement(Verdict how, Duration wait = {}) noexcept : verdict{how}, retry_after{wait} {}

  /// **Returns** the judgement of a classifier that leaves this call to the default rule.
  [[nodiscard]] static constexpr Judgement none() noexcept {
    Judgement judgement{Verdict::success};
    judgement.is_made = false;
    return judgement;
  }

  Verdict verdict;
  /// Counts with a failure, see Permit::settle(). Default: none.
  Duration retry_after;
  /// Whether the classifier judged this call at all, see none().
  bool is_made = true;
};

/// The default rule, alone: an exception is a failure; a result that carries an error
/// (std::expected, tl::expected, Boost.Outcome, absl::StatusOr, absl::Status, std::error_code) is a
/// failure; the rest is a success.
struct DefaultClassifier {};

/// What ignoring() returns.
template <class... Exceptions>
class Ignoring {
 public:
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const {
    return (is_a<Exceptions>(exception) || ...) ? Verdict::ignored : Judgement::none();
  }

 private:
  template <class Exception>
  static bool is_a([[maybe_unused]] const std::exception_ptr& exception) {
#if defined(__cpp_exceptions)
    try {
      std::rethrow_exception(exception);
    } catch (const Exception&) {
      return true;
    } catch (...) {
      return false;
    }
#else
    return false;
#endif
  }
};

/// **Returns** a classifier that takes exceptions of these types, and of types derived from them,
/// for ignored: they say nothing about the dependency's health (not found, cancelled by the
/// caller). Each type that is looked for costs a throw, on the failing path alone.
template <class... Exceptions>
[[nodiscard]] constexpr Ignoring<Exceptions...> ignoring() noexcept {
  return {};
}

/// What failing_on() returns.
template <class Predicate>
class FailingOn {
 public:
  // A result that the predicate can't take must not pass for a success in silence.
  static constexpr bool judges_every_result = true;

  constexpr explicit FailingOn(Predicate predicate) : fails_{std::move(predicate)} {}

  template <class R>
    requires std::predicate<const Predicate&, const R&>
  [[nodiscard]] constexpr Judgement on_result(const R& result) const {
    return fails_(result) ? Verdict::failure : Verdict::success;
  }

 private:
  [[no_unique_address]] Predicate fails_;
};

/// **Returns** a classifier for which a result is a failure where `fails(result)` is true, else a
/// success, also where the result carries an error. A call whose result the predicate can't take
/// does not compile.
template <class Predicate>
[[nodiscard]] constexpr FailingOn<Predicate> failing_on(Predicate fails) {
  return FailingOn<Predicate>{std::move(fails)};
}

namespace detail {

template <class C, class R>
concept JudgesResult = requires(const C& classifier, const R& result) {
  { classifier.on_result(result) } -> std::convertible_to<Judgement>;
};
template <class C>
concept JudgesEveryResult = requires { requires C::judges_every_result; };

/// The judgement of the first of two classifiers that objects; else success, if one of them says
/// so; else none.
template <class First, class Second>
class Either {
 public:
  static constexpr bool judges_every_result = JudgesEveryResult<First> || JudgesEveryResult<Second>;

  constexpr Either(First first, Second second)
      : first_{std::move(first)}, second_{std::move(second)} {}

  template <class R>
    requires(JudgesResult<First, R> || JudgesResult<Second, R>)
  [[nodiscard]] constexpr Judgement on_result(const R& result) const {
    return combine([&](const auto& classifier) -> Judgement {
      if constexpr (requires { classifier.on_result(result); }) return classifier.on_result(result);
      return Judgement::none();
    });
  }

  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const
    requires(JudgesExceptions<First> || JudgesExceptions<Second>)
  {
    return combine([&](const auto& classifier) -> Judgement {
      if constexpr (requires { classifier.on_exception(exception); })
        return classifier.on_exception(exception);
      return Judgement::none();
    });
  }

 private:
  template <class Ask>
  constexpr Judgement combine(Ask ask) const {
    const Judgement first = ask(first_);
    if (first.is_made && first.verdict != Verdict::success) return first;
    const Judgement second = ask(second_);
    return second.is_made ? second : first;
  }

  [[no_unique_address]] First first_;
  [[no_unique_address]] Second second_;
};

}  // namespace detail

/// **Returns** a classifier that asks `first` and, unless that says failure or ignored, `second`.
template <ResultClassifier First, ResultClassifier Second>
[[nodiscard]] constexpr detail::Either<First, Second> operator|(First first, Second second) {
  return {std::move(first), std::move(second)};
}

namespace detail {

template <class Classifier, class R>
constexpr Judgement judge_result(const Classifier& classifier, const R& result) {
  if constexpr (JudgesResult<Classifier, R>) {
    const Judgement judgement = classifier.on_result(result);
    if (judgement.is_made) return judgement;
  } else {
    static_assert(
        !JudgesEveryResult<Classifier>,
        "breaker: the predicate of failing_on() can't be called with what this function returns");
  }
  return has_error(result) ? Verdict::failure : Verdict::success;
}

template <class Classifier>
Judgement judge_exception([[maybe_unused]] const Classifier& classifier,
                          [[maybe_unused]] const std::exception_ptr& exception) {
  if constexpr (JudgesExceptions<Classifier>) {
    const Judgement judgement = classifier.on_exception(exception);
    if (judgement.is_made) return judgement;
  }
  return Verdict::failure;
}

}  // namespace detail

BREAKER_ABI_END
}  // namespace breaker
