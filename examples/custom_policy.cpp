// Your own trip policy: a value, its settings, and one function. No thought of threads or states.
// This one is a budget: a failure costs a point, a success earns back a tenth of one.
#include <breaker/breaker.hpp>

#include "check.hpp"

namespace {

struct FailureBudget {
  int points;

  /// What it has counted. The library keeps it, behind a lock, and makes a new one for each stay.
  struct Evidence {
    unsigned spent = 0;  // in tenths of a point
    unsigned calls = 0;
  };

  /// Book one settled call. **Returns** whether the budget is spent.
  breaker::Standing record(Evidence& seen, const breaker::Outcome& call) const noexcept {
    using Kind = breaker::Standing::Kind;
    ++seen.calls;
    if (call.verdict == breaker::Verdict::success) {
      if (seen.spent > 0) --seen.spent;
      return {Kind::below, 0, {{seen.spent, seen.calls}}};
    }
    seen.spent += 10;
    const bool is_spent = seen.spent >= static_cast<unsigned>(points) * 10;
    return {is_spent ? Kind::at_limit : Kind::below, 0, {{seen.spent, seen.calls}}};
  }

  bool operator==(const FailureBudget&) const = default;
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
  check(circuit.numbers().at[0] == 20, "the policy's numbers can be read");

  settle(breaker::Verdict::failure, 1);
  check(circuit.state() == breaker::State::open, "the third point opens the circuit");
  check(circuit.why().numbers.at[1] == 14, "and the numbers are kept with the transition");

  circuit.reset();
  check(circuit.numbers().at[0] == 0, "a closed circuit starts with a full budget");
}
