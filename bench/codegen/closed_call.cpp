// One call through a closed circuit, for objdump. The operation is elsewhere: it may throw.
#include <breaker/breaker.hpp>

namespace bench {
int operation(int answer);
}

extern "C" int closed_call(breaker::CircuitBreaker<>& circuit) {
  return circuit.call([] { return bench::operation(1); });
}

extern "C" int closed_call_last_100(
    breaker::CircuitBreaker<breaker::SteadyClock, breaker::FailureRate<>>& circuit) {
  return circuit.call([] { return bench::operation(1); });
}
