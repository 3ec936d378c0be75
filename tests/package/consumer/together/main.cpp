// Two translation units see one circuit.
#include "part.hpp"

int main() {
  const bool both_counted =
      open_it(breaker::Verdict::failure) == 2 && shared_circuit.listener().totals().failed == 2;
  return both_counted && shared_circuit.state() == breaker::State::open ? 0 : 1;
}
