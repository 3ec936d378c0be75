// What objdump compares: the same call through a circuit of one's own and through one in shared memory.
#include <breaker/breaker.hpp>
#include <breaker/shared_memory.hpp>

namespace {

[[gnu::noinline]] int work(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

using Rate = breaker::FailureRate<>;

}  // namespace

extern "C" {

[[gnu::flatten]] int call_own(breaker::CircuitBreaker<>& circuit) {
  return circuit.call([] { return work(1); });
}
[[gnu::flatten]] int call_shared(breaker::SharedCircuit<>& circuit) {
  return circuit.call([] { return work(1); });
}
[[gnu::flatten]] int rate_own(breaker::CircuitOf<Rate>& circuit) {
  return circuit.call([] { return work(1); });
}
[[gnu::flatten]] int rate_shared(breaker::SharedCircuit<Rate>& circuit) {
  return circuit.call([] { return work(1); });
}
}
