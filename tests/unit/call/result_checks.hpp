// What must hold for each library's result type, put through a circuit.
#pragma once

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

namespace result_checks {

/// Call `fn` through a circuit that trips on the first failure. **Returns** where the circuit
/// stands then.
template <class Fn>
breaker::State state_after(Fn fn) {
  breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{1}};
  static_cast<void>(circuit.call(fn));
  return circuit.state();
}

/// **Returns** what a refused call of `fn` comes back as; `fn` does not run.
template <class Fn>
auto refused(Fn fn) {
  breaker::CircuitBreaker circuit{breaker::Config{}};
  circuit.force_open();
  bool has_run = false;
  auto result = circuit.call([&] {
    has_run = true;
    return fn();
  });
  CHECK_FALSE(has_run);
  return result;
}

}  // namespace result_checks
