// Guard: settles a call when its function is left, however it is left.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>

#include "breaker/base/keep_errno.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/call/result.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** the verdict on a refusal that a function threw inside a call of `circuit`, by the
/// default rule. That another circuit refused says nothing about this circuit's dependency.
inline Verdict verdict_on(const CircuitOpen& refusal, const void* circuit) noexcept {
  const bool is_foreign = refusal.circuit() != nullptr && refusal.circuit() != circuit;
  return is_foreign ? Verdict::ignored : Verdict::failure;
}

/// The same, of any exception. What is no refusal is a failure.
inline Verdict verdict_on([[maybe_unused]] const std::exception_ptr& exception,
                          [[maybe_unused]] const void* circuit) noexcept {
#if defined(__cpp_exceptions)
  try {
    std::rethrow_exception(exception);
  } catch (const CircuitOpen& refusal) {
    return verdict_on(refusal, circuit);
  } catch (...) {
    return Verdict::failure;
  }
#else
  return Verdict::failure;
#endif
}

/// Settle the call of `ticket` by what a classifier said of it. **Returns** as Core::settle().
template <bool by_call, class Core>
Settled settle_judged(Core& core, Ticket ticket, const Judgement& judgement) noexcept {
  if (judgement.verdict == Verdict::failure) {
    const Ticks wait = judgement.retry_after.ticks();
    if (judgement.trips) return core.template trip_by<by_call>(ticket, wait);
    core.note_asked(ticket, wait);
  }
  return core.template settle<by_call>(ticket, judgement.verdict);
}

/// Holds the ticket of a running call. A guard, and not a catch clause that rethrows: that would
/// double the price of an exception.
template <class Core>
class Guard {
 public:
  [[gnu::always_inline]] Guard(Core& core, Ticket ticket) noexcept
      : core_{core}, began_{Core::notes_begin ? ticket.began() : 0}, stay_{ticket.stay()} {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Inlined also where an exception passes, so that the guard never has to be in memory.
  [[gnu::always_inline]] ~Guard() {
    if (stage_ != Stage::settled) [[unlikely]]
      settle_unwinding(core_, {stay_, began_}, stage_ == Stage::judging);
  }

  [[gnu::always_inline]] void settle(Verdict verdict) noexcept {
    stage_ = Stage::settled;
    core_.template settle<true>({stay_, began_}, verdict);
  }

  /// Let the classifier judge, and settle. **Returns** the verdict. **Throws** what the classifier
  /// throws.
  template <class Classifier, class R>
  Verdict judge(const Classifier& classifier, const R& result) {
    static_assert(detail::require_judge_of<Classifier, R>());
    if constexpr (JudgesResult<Classifier, R> || JudgesEveryResult<Classifier>) {
      stage_ = Stage::judging;
      [[maybe_unused]] const KeepErrno keep;
      return settled(detail::judge_result(classifier, result, took<Classifier>()));
    } else {
      const Verdict verdict = detail::has_error(result) ? Verdict::failure : Verdict::success;
      settle(verdict);
      return verdict;
    }
  }
  /// Judge the function's exception. A null `exception` is forced unwinding: the thread is being
  /// cancelled. `by_default`: unless the classifier says otherwise. **Returns** the verdict;
  /// success, if it is the classifier's own exception.
  template <class Classifier>
  Verdict judge_exception(const Classifier& classifier, const std::exception_ptr& exception,
                          Verdict by_default) {
    if (stage_ != Stage::calling) return Verdict::success;
    if constexpr (JudgesExceptions<Classifier>) {
      if (exception) {
        stage_ = Stage::judging;
        [[maybe_unused]] const KeepErrno keep;
        return settled(
            detail::judge_exception(classifier, exception, by_default, took<Classifier>()));
      }
    }
    const Verdict verdict = exception ? by_default : Verdict::ignored;
    settle(verdict);
    return verdict;
  }

  /// The function threw a refusal. Inlined, as above.
  [[gnu::always_inline]] void settle_refused(const CircuitOpen& refusal) noexcept {
    if (stage_ != Stage::calling) return;
    stage_ = Stage::settled;
    settle_refused(core_, {stay_, began_}, refusal);
  }

 private:
  enum class Stage : std::uint8_t { calling, judging, settled };

  /// **Returns** how long the call has taken, for a classifier that wants to know.
  template <class Classifier>
  std::chrono::nanoseconds took() const noexcept {
    if constexpr (TakesTime<Classifier>)
      return std::chrono::nanoseconds{core_.inside().since(began_)};
    return {};
  }

  Verdict settled(const Judgement& judgement) noexcept {
    stage_ = Stage::settled;
    detail::settle_judged<true>(core_, {stay_, began_}, judgement);
    return judgement.verdict;
  }

  [[gnu::noinline]] static void settle_refused(Core& core, Ticket ticket,
                                               const CircuitOpen& refusal) noexcept {
    core.template settle<true>(ticket, detail::verdict_on(refusal, &core));
  }

  /// An exception of the function is a failure; one of the classifier hands the permit back, and so
  /// does forced unwinding, which passes through here without an exception. (A thread that is
  /// cancelled inside a destructor that another exception runs is taken for failed: counting the
  /// exceptions before each call, to tell these apart, would weigh on every call.)
  [[gnu::noinline, gnu::cold]] static void settle_unwinding(Core& core, Ticket ticket,
                                                            bool is_judging) noexcept {
    const bool failed = !is_judging && std::uncaught_exceptions() > 0;
    core.template settle<true>(ticket, failed ? Verdict::failure : Verdict::ignored);
  }

  Core& core_;
  // A Ticket's members one by one: as a whole it would be put into memory before each call.
  const Ticks began_;
  const StayId stay_;
  Stage stage_ = Stage::calling;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
