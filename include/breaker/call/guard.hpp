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
template <class Circuit>
class Guard {
 public:
  Guard(Circuit& circuit, Ticket ticket) noexcept
      : circuit_{circuit},
        value_{Circuit::clock_use == ClockUse::both_ends ? ticket.value : 0},
        id_{ticket.id} {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Inlined also where an exception passes, so that the guard never has to be in memory.
  [[gnu::always_inline]] ~Guard() {
    if (stage_ != Stage::settled) [[unlikely]] {
      circuit_.settle_unwinding(value_, id_, stage_ == Stage::judging);
    }
  }

  /// **Returns** whether the function is still running, so that an exception is its own.
  [[nodiscard]] bool is_calling() const noexcept { return stage_ == Stage::calling; }

  void settle(const Judgement& judgement) noexcept {
    stage_ = Stage::settled;
    circuit_.settle({value_, id_}, judgement.verdict, judgement.retry_after.ticks());
  }

  /// Let the classifier judge, and settle. **Returns** the verdict. **Throws** what the classifier
  /// throws.
  template <class R>
  Verdict judge(const R& result) {
    stage_ = Stage::judging;
    return settled(judge_result(circuit_.classifier_, result));
  }
  /// A null `exception` is forced unwinding: the thread is being cancelled.
  Verdict judge_exception(const std::exception_ptr& exception) {
    if (!exception) return settled(Verdict::ignored);
    stage_ = Stage::judging;
    return settled(detail::judge_exception(circuit_.classifier_, exception));
  }

 private:
  enum class Stage : std::uint8_t { calling, judging, settled };

  Verdict settled(const Judgement& judgement) noexcept {
    settle(judgement);
    return judgement.verdict;
  }

  Circuit& circuit_;
  // A Ticket's members one by one: as a whole it would be put into memory before each call.
  const Ticks value_;
  const Id id_;
  Stage stage_ = Stage::calling;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
