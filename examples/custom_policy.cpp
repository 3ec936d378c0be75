// A trip policy of your own: two functions, and no thought of threads or states.
// This one is a budget: a failure costs a point, a success earns back a tenth of one.
#include <breaker/breaker.hpp>

#include "check.hpp"

namespace {

class FailureBudget {
 public:
  explicit constexpr FailureBudget(int points) : limit_{points * 10} {}

  /// Book one settled call. **Returns** whether the budget is spent. (The library holds a lock
  /// around it, and asks after failures alone.)
  bool record(const breaker::Outcome& outcome) noexcept {
    if (outcome.verdict == breaker::Verdict::failure) {
      spent_ += 10;
      ++failures_;
    } else if (spent_ > 0) {
      --spent_;
    }
    ++calls_;
    return spent_ >= limit_;
  }

  /// Start again: the circuit has changed its state.
  void clear() noexcept { *this = FailureBudget{limit_ / 10}; }

  /// Optional: the numbers that snapshot() shows, and that a transition keeps.
  breaker::Evidence evidence() const noexcept {
    return {.calls = calls_, .failures = failures_, .slow = 0};
  }

 private:
  int limit_;
  int spent_ = 0;  // in tenths of a point
  unsigned calls_ = 0;
  unsigned failures_ = 0;
};

}  // namespace

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{}, FailureBudget{3}};
  const auto settle = [&](breaker::Verdict verdict, int times) {
    for (int i = 0; i < times; ++i) circuit.try_acquire().settle(verdict);
  };

  settle(breaker::Verdict::failure, 2);
  settle(breaker::Verdict::success, 10);  // earns one point back
  settle(breaker::Verdict::failure, 1);
  check(circuit.state() == breaker::State::closed, "two points of three are spent");
  check(circuit.snapshot().evidence.failures == 3, "the snapshot shows the policy's numbers");

  settle(breaker::Verdict::failure, 1);
  check(circuit.state() == breaker::State::open, "the third point opens the circuit");
  check(circuit.why().evidence.calls == 14, "and the numbers are kept with the transition");

  circuit.reset();
  check(circuit.snapshot().evidence.failures == 0, "a closed circuit starts with a full budget");
}
