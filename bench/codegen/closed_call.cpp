// One call through a closed circuit, for objdump. The operation is elsewhere: it may throw.
#include <breaker/breaker.hpp>
#include <breaker/window/striped_count_window.hpp>

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

// These write: they count each call, where no other thread does.

extern "C" int closed_call_counted(
    breaker::CircuitBreaker<breaker::SteadyClock, breaker::ConsecutiveFailures,
                            breaker::DefaultClassifier, breaker::Counters<8>>& circuit) {
  return circuit.call([] { return bench::operation(1); });
}

extern "C" int closed_call_last_100_striped(
    breaker::CircuitBreaker<breaker::SteadyClock, breaker::FailureRate<breaker::LastCalls<100, 8>>>&
        circuit) {
  return circuit.call([] { return bench::operation(1); });
}

extern "C" int closed_call_time(
    breaker::CircuitBreaker<breaker::CachedClock, breaker::FailureRate<breaker::Within<10, 8>>>&
        circuit) {
  return circuit.call([] { return bench::operation(1); });
}
