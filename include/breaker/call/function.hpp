// Function: runs the function of a call under a guard, and the fallback if there is no good result.
#pragma once

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include "breaker/base/stay_id.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/fallback.hpp"
#include "breaker/call/guard.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/result.hpp"
#include "breaker/core/riding.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Settles a success when the scope is left, unless it is told that this is by an exception.
template <class Core>
class OnReturn {
 public:
  explicit OnReturn(Guard<Core>& guard) noexcept : guard_{&guard} {}
  ~OnReturn() {
    if (guard_ != nullptr) guard_->settle(Verdict::success);
  }
  OnReturn(const OnReturn&) = delete;
  OnReturn& operator=(const OnReturn&) = delete;
  void cancel() noexcept { guard_ = nullptr; }

 private:
  Guard<Core>* guard_;
};

/// A result that can't be moved comes to be in its place at the caller, where nobody can look at it:
/// that it was returned is a success.
template <class R, class Core, class Classifier, class Fn>
R run_in_place(Guard<Core>& guard, const Classifier& /*classifier*/, Fn&& fn) {
  static_assert(!JudgesResult<Classifier, R> && !JudgesEveryResult<Classifier> && !CarriesError<R>,
                "breaker: a result that can't be moved can't be judged; return a pointer to it, or "
                "use try_acquire() and settle the permit");
  OnReturn<Core> on_return{guard};
#if defined(__cpp_exceptions)
  try {
    return static_cast<AsGiven<Fn>>(fn)();
  } catch (...) {
    on_return.cancel();
    if (!std::current_exception()) guard.settle(Verdict::ignored);  // forced unwinding
    throw;
  }
#else
  return static_cast<AsGiven<Fn>>(fn)();
#endif
}

template <class R>
concept StaysInPlace = std::is_object_v<R> && !std::move_constructible<std::remove_cv_t<R>>;

template <class R, class Core, class Classifier, class Fn>
[[gnu::always_inline]] inline R run_guarded(Guard<Core>& guard, const Classifier& classifier,
                                            Fn&& fn) {
  if constexpr (std::is_void_v<R>) {
    static_cast<AsGiven<Fn>>(fn)();
    guard.settle(Verdict::success);
  } else if constexpr (StaysInPlace<R>) {
    return detail::run_in_place<R>(guard, classifier, std::forward<Fn>(fn));
  } else {
    std::remove_cv_t<R> result = static_cast<AsGiven<Fn>>(fn)();
    guard.judge(classifier, result);
    if constexpr (std::is_rvalue_reference_v<R>) {
      return std::move(result);
    } else {
      return result;  // by name, so that it is not copied
    }
  }
}

/// Run `fn` and let the guard settle. A catch clause would double the price of an exception: there
/// is one for the refusal of another circuit, and one for all only where a classifier judges
/// exceptions.
template <class R, class Core, class Classifier, class Fn>
[[gnu::always_inline]] inline R run(Core& core, const Classifier& classifier, Ticket ticket,
                                    Fn&& fn) {
  Guard<Core> guard{core, ticket};
#if defined(__cpp_exceptions)
  if constexpr (JudgesExceptions<Classifier>) {
    try {
      return detail::run_guarded<R>(guard, classifier, std::forward<Fn>(fn));
    } catch (const CircuitOpen& refusal) {
      guard.judge_exception(classifier, std::current_exception(),
                            detail::verdict_on(refusal, &core));
      throw;
    } catch (...) {
      guard.judge_exception(classifier, std::current_exception(), Verdict::failure);
      throw;
    }
  } else {
    try {
      return detail::run_guarded<R>(guard, classifier, static_cast<Fn&&>(fn));
    } catch (const CircuitOpen& refusal) {
      guard.settle_refused(refusal);
      throw;
    }
  }
#else
  return run_guarded<R>(guard, classifier, std::forward<Fn>(fn));
#endif
}

template <class R, class Core, class Classifier, class Fn, class Fallback>
R run_or_fall_back(Core& core, const Classifier& classifier, Ticket ticket, Fn&& fn,
                   Fallback&& fallback) {
  NoResult why{std::exception_ptr{}};
  {
    Guard<Core> guard{core, ticket};
#if defined(__cpp_exceptions)
    const auto judge = [&](Verdict by_default) {
      why = NoResult{std::current_exception()};
      return guard.judge_exception(classifier, why.exception(), by_default);
    };
    try {
#endif
      if constexpr (std::is_void_v<R>) {
        static_cast<AsGiven<Fn>>(fn)();
        guard.settle(Verdict::success);
        return;
      } else if constexpr (StaysInPlace<R>) {
        return detail::run_in_place<R>(guard, classifier, std::forward<Fn>(fn));
      } else {
        std::remove_cv_t<R> result = static_cast<AsGiven<Fn>>(fn)();
        if (guard.judge(classifier, result) != Verdict::failure) {
          if constexpr (std::is_rvalue_reference_v<R>) {
            return std::move(result);
          } else {
            return result;  // by name, so that it is not copied
          }
        }
      }
#if defined(__cpp_exceptions)
    } catch (const CircuitOpen& refusal) {
      const Verdict verdict = judge(detail::verdict_on(refusal, &core));
      if (verdict == Verdict::success) throw;
      if (verdict == Verdict::ignored) why = NoResult{refusal.rejection()};
    } catch (...) {
      if (judge(Verdict::failure) != Verdict::failure) throw;
    }
#endif
  }
  return detail::fall_back<R>(std::forward<Fallback>(fallback), why);
}

/// A ticket that is a refusal, and whose it is.
template <class Judged>
struct RefusedTicket {
  [[nodiscard]] Rejection rejection() const noexcept { return ticket.rejection(); }
  [[nodiscard]] CircuitOpen refusal() const noexcept { return judged.refusal(ticket); }

  const Judged& judged;
  Ticket ticket;
};

/// As reject(): apart, so that it is not taken apart wherever something is called.
template <class R, class Judged>
[[gnu::noinline]] R reject(Ticket ticket, const Judged& judged) {
  return detail::reject<R>(RefusedTicket<Judged>{judged, ticket});
}

template <class Judged>
using ClassifierOf = std::remove_cvref_t<decltype(std::declval<Judged&>().classifier())>;

// Sentences are asked for here, as near to the caller as can be: they are what the compiler says first.

/// What CircuitBreaker::call() does. `may_probe`: also if the call would be a probe.
template <bool may_probe, class Judged, class Fn>
[[gnu::always_inline]] inline ResultOf<Fn> call(Judged& judged, Fn&& fn) {
  using R = ResultOf<Fn>;
  static_assert(detail::require_function<Fn>());
  static_assert(detail::require_judge_of<ClassifierOf<Judged>, std::remove_cvref_t<R>>());
  static_assert(detail::require_predicate_of<ClassifierOf<Judged>, std::remove_cvref_t<R>>());
  static_assert(detail::require_place_for_rejection<std::remove_cv_t<R>>());
  Ticket ticket;
  if (!judged.template acquire<may_probe, true>(ticket)) [[unlikely]]
    return detail::reject<std::remove_cv_t<R>>(ticket, judged.refuser());
  return detail::run<R>(judged.core(), judged.classifier(), ticket, static_cast<Fn&&>(fn));
}

/// Notes for as long as it lives that the thread is inside the probe of `outer`, which another thread
/// may have begun.
template <class Core>
class Ride {
 public:
  Ride(const Core& core, Ticket outer) noexcept : core_{core}, id_{outer.stay()} {
    rides.enter(&core_, id_);
  }
  ~Ride() { rides.leave(&core_, id_); }
  Ride(const Ride&) = delete;
  Ride& operator=(const Ride&) = delete;

 private:
  const Core& core_;
  const StayId id_;
};

/// The same, as part of the call of `outer`.
template <class Judged, class Fn>
ResultOf<Fn> call_within(Ticket outer, Judged& judged, Fn&& fn) {
  if (!judged.inside().may_ride(outer)) return detail::call<true>(judged, std::forward<Fn>(fn));
  static_assert(detail::require_function<Fn>());
  const Ride ride{judged.core(), outer};
  return detail::run<ResultOf<Fn>>(judged.core(), judged.classifier(), judged.ride(),
                                   std::forward<Fn>(fn));
}

/// The same, with a fallback.
template <bool may_probe, class Judged, class Fn, class Fallback>
[[gnu::always_inline]] inline ResultOf<Fn> call(Judged& judged, Fn&& fn, Fallback&& fallback) {
  using R = ResultOf<Fn>;
  static_assert(detail::require_function<Fn>());
  static_assert(detail::require_judge_of<ClassifierOf<Judged>, std::remove_cvref_t<R>>());
  static_assert(detail::require_predicate_of<ClassifierOf<Judged>, std::remove_cvref_t<R>>());
  static_assert(detail::require_fallback<R, Fallback>());
  Ticket ticket;
  if (!judged.template acquire<may_probe, true>(ticket)) [[unlikely]]
    return detail::fall_back<R>(std::forward<Fallback>(fallback), ticket.rejection());
  if constexpr (detail::fallback_kind<R, Fallback>() == FallbackKind::rejection) {
    return detail::run<R>(judged.core(), judged.classifier(), ticket, std::forward<Fn>(fn));
  } else {
    return detail::run_or_fall_back<R>(judged.core(), judged.classifier(), ticket,
                                       std::forward<Fn>(fn), std::forward<Fallback>(fallback));
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
