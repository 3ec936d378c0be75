// The other translation unit.
#include "part.hpp"

int open_it() {
  shared_circuit.try_acquire().failure();
  shared_circuit.try_acquire().failure();
  return static_cast<int>(shared_circuit.listener().totals().failed);
}
