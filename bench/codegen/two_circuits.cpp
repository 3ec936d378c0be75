// Two circuits of different types, one call each, for `size`: what a program takes on that has no more than that.
// BENCH_FALLBACK: the calls have a fallback.
#include <breaker/breaker.hpp>

namespace bench {
int operation(int answer);
}

template <class Policy>
int call_of(breaker::CircuitBreaker<breaker::SteadyClock, Policy>& circuit) {
#if BENCH_FALLBACK
  return circuit.call([] { return bench::operation(1); }, 2);
#else
  return circuit.call([] { return bench::operation(1); });
#endif
}

template int call_of(breaker::CircuitBreaker<breaker::SteadyClock, breaker::ConsecutiveFailures>&);
template int call_of(breaker::CircuitBreaker<breaker::SteadyClock, breaker::FailureRate<>>&);
