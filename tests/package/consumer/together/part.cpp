// The other translation unit.
#include "part.hpp"

int open_it(breaker::Verdict verdict) {
  shared_circuit.try_acquire().settle(verdict);
  shared_circuit.try_acquire().settle(verdict);
  return static_cast<int>(shared_circuit.listener().totals().failed);
}
