// Guard: settles a call when its function is left, however it is left.
#pragma once

#include <cstdint>
#include <exception>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/classifier.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Holds the ticket of a running call. A guard, and not a catch clause that rethrows: that would
/// double the price of an exception.
template <class Core>
class Guard {
 public:
  Guard(Core& core, Ticket ticket) noexcept
      : core_{core},
        began_{Core::clock_use == ClockUse::both_ends ? ticket.began() : 0},
        stay_{ticket.stay()} {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Inlined also where an exception passes, so that the guard never has to be in memory.
  [[gnu::always_inline]] ~Guard() {
    if (stage_ != Stage::settled) [[unlikely]] {
      settle_unwinding(core_, {stay_, began_}, stage_ == Stage::judging);
    }
  }

  /// **Returns** whether the function is still running, so that an exception is its own.
  [[nodiscard]] bool is_calling() const noexcept { return stage_ == Stage::calling; }

  void settle(const Judgement& judgement) noexcept {
    stage_ = Stage::settled;
    core_.settle({stay_, began_}, judgement.verdict, judgement.retry_after.ticks());
  }

  /// Let the classifier judge, and settle. **Returns** the verdict. **Throws** what the classifier
  /// throws.
  template <class Classifier, class R>
  Verdict judge(const Classifier& classifier, const R& result) {
    stage_ = Stage::judging;
    return settled(judge_result(classifier, result));
  }
  /// A null `exception` is forced unwinding: the thread is being cancelled.
  template <class Classifier>
  Verdict judge_exception(const Classifier& classifier, const std::exception_ptr& exception) {
    if (!exception) return settled(Verdict::ignored);
    stage_ = Stage::judging;
    return settled(detail::judge_exception(classifier, exception));
  }

 private:
  enum class Stage : std::uint8_t { calling, judging, settled };

  Verdict settled(const Judgement& judgement) noexcept {
    settle(judgement);
    return judgement.verdict;
  }

  /// An exception of the function is a failure; one of the classifier hands the permit back, and so
  /// does forced unwinding, which passes through here without an exception. (A thread that is
  /// cancelled inside a destructor that another exception runs is taken for failed: counting the
  /// exceptions before each call, to tell these apart, would weigh on every call.)
  [[gnu::noinline]] static void settle_unwinding(Core& core, Ticket ticket,
                                                 bool is_judging) noexcept {
    const bool failed = !is_judging && std::uncaught_exceptions() > 0;
    core.settle(ticket, failed ? Verdict::failure : Verdict::ignored, 0);
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
