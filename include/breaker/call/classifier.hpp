// Classifiers: the library's own, and how two are combined.
#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <utility>

#include "breaker/base/duration.hpp"
#include "breaker/base/shareable.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"  // IWYU pragma: export
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// **Returns** whether it is an `Exception`, or one is nested in it, however deep.
template <class Exception>
bool is_a([[maybe_unused]] const std::exception_ptr& exception) {
#if defined(__cpp_exceptions)
  try {
    std::rethrow_exception(exception);
  } catch (const Exception&) {
    return true;
  } catch (const std::nested_exception& outer) {
    return outer.nested_ptr() && detail::is_a<Exception>(outer.nested_ptr());
  } catch (...) {
    return false;
  }
#else
  return false;
#endif
}

}  // namespace detail

/// What ignoring().up_to() returns.
template <class... Exceptions>
class IgnoringUpTo {
 public:
  /// As up_to().
  constexpr explicit IgnoringUpTo(Duration longest) noexcept : longest_{longest.ticks()} {}

  /// What the circuit asks of a classifier, see ResultClassifier. @{
  static constexpr bool takes_time = true;
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception,
                                       std::chrono::nanoseconds took) const {
    if (took.count() > longest_ || !(detail::is_a<Exceptions>(exception) || ...))
      return Judgement::none();
    return Verdict::ignored;
  }
  /// @}

 private:
  Ticks longest_;
};

namespace detail {
template <class... Exceptions>
inline constexpr bool is_marked_shareable<IgnoringUpTo<Exceptions...>> = true;
}  // namespace detail

/// What ignoring() returns.
template <class... Exceptions>
class Ignoring {
 public:
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const {
    return (detail::is_a<Exceptions>(exception) || ...) ? Verdict::ignored : Judgement::none();
  }

  /// **Returns** a classifier that ignores them only from calls that took up to `longest`. After that
  /// the default rule holds: who gives up after 10 s has met a dependency that hangs.
  [[nodiscard]] constexpr IgnoringUpTo<Exceptions...> up_to(Duration longest) const noexcept {
    return IgnoringUpTo<Exceptions...>{longest};
  }
};

/// **Returns** a classifier that takes exceptions of these types, and of types derived from them,
/// for ignored: they say nothing about the dependency's health (cancelled by the caller). Those
/// nested in another (std::throw_with_nested) count as well. Each type that is looked for costs a
/// throw, and one more for each that is nested, on the failing path alone.
template <class... Exceptions>
[[nodiscard]] constexpr Ignoring<Exceptions...> ignoring() noexcept {
  return {};
}

/// What succeeding_on() returns.
template <class... Exceptions>
class SucceedingOn {
 public:
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception) const {
    return (detail::is_a<Exceptions>(exception) || ...) ? Verdict::success : Judgement::none();
  }
};

/// **Returns** a classifier that takes exceptions of these types for successes, as ignoring() finds
/// them: a timely "not found" says that the dependency is well, and closes a half-open circuit. The
/// exception still reaches the caller.
template <class... Exceptions>
[[nodiscard]] constexpr SucceedingOn<Exceptions...> succeeding_on() noexcept {
  return {};
}

/// What failing_on() returns.
template <class Predicate>
class FailingOn {
 public:
  /// A result that the predicate can't take must not pass for a success in silence.
  static constexpr bool judges_every_result = true;

  /// As failing_on().
  constexpr explicit FailingOn(Predicate predicate) : fails_{std::move(predicate)} {}

  /// What the circuit asks of a classifier, see ResultClassifier.
  template <class R>
    requires std::predicate<const Predicate&, const R&>
  [[nodiscard]] constexpr Judgement on_result(const R& result) const {
    return fails_(result) ? Verdict::failure : Verdict::success;
  }

 private:
  BREAKER_NO_UNIQUE_ADDRESS Predicate fails_;
};

/// **Returns** a classifier for which a result is a failure where `fails(result)` is true, else a
/// success, also where the result carries an error. A call whose result the predicate can't take
/// does not compile.
template <class Predicate>
[[nodiscard]] constexpr FailingOn<Predicate> failing_on(Predicate fails) {
  return FailingOn<Predicate>{std::move(fails)};
}

/// What failing_when_false() returns.
class FailingWhenFalse {
 public:
  /// What is neither true nor false must not pass for a success in silence.
  static constexpr bool judges_every_result = true;

  /// What the circuit asks of a classifier, see ResultClassifier.
  template <class R>
    requires std::constructible_from<bool, const R&>
  [[nodiscard]] constexpr Judgement on_result(const R& result) const {
    return static_cast<bool>(result) ? Verdict::success : Verdict::failure;
  }
};

/// **Returns** a classifier for which a result is a failure where it is false, null or empty: `false`, a null
/// pointer, a `std::optional` without a value. A call whose result is neither true nor false does not
/// compile. (For numbers below zero: `failing_on([](int n) { return n < 0; })`.)
[[nodiscard]] constexpr FailingWhenFalse failing_when_false() noexcept { return {}; }

namespace detail {

/// The judgement of the first of two classifiers that objects; else success, if one of them says
/// so; else none.
template <class First, class Second>
class Either {
 public:
  static constexpr bool judges_every_result = JudgesEveryResult<First> || JudgesEveryResult<Second>;
  static constexpr bool judges_exceptions = JudgesExceptions<First> || JudgesExceptions<Second>;
  static constexpr bool takes_time = TakesTime<First> || TakesTime<Second>;

  /// Each is asked for what it can't judge, see require_judge_of(). @{
  using FirstPart = First;
  using SecondPart = Second;
  /// @}

  constexpr Either(First first, Second second)
      : first_{std::move(first)}, second_{std::move(second)} {}

  template <class R>
    requires(JudgesResult<First, R> || JudgesResult<Second, R>)
  [[nodiscard]] constexpr Judgement on_result(const R& result,
                                              std::chrono::nanoseconds took = {}) const {
    return combine([&]<class C>(const C& classifier) -> Judgement {
      if constexpr (JudgesResult<C, R>) return detail::ask(classifier, result, took);
      return Judgement::none();
    });
  }

  [[nodiscard]] Judgement on_exception(const std::exception_ptr& exception,
                                       std::chrono::nanoseconds took = {}) const
    requires judges_exceptions
  {
    return combine([&]<class C>(const C& classifier) -> Judgement {
      if constexpr (JudgesExceptions<C>)
        return detail::ask_of_exception(classifier, exception, took);
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

  BREAKER_NO_UNIQUE_ADDRESS First first_;
  BREAKER_NO_UNIQUE_ADDRESS Second second_;
};

template <class First, class Second>
inline constexpr bool is_marked_shareable<Either<First, Second>> =
    is_shareable<First> && is_shareable<Second>;
}  // namespace detail

/// **Returns** a classifier that asks `first` and, unless that says failure or ignored, `second`: one that may say
/// trip goes first. For two classes that you wrote, say `using breaker::operator|;`.
template <ResultClassifier First, ResultClassifier Second>
[[nodiscard]] constexpr detail::Either<First, Second> operator|(First first, Second second) {
  static_assert(detail::require_classifier<First>() && detail::require_classifier<Second>());
  return {std::move(first), std::move(second)};
}

BREAKER_ABI_END
}  // namespace breaker
