// The result, or the fallback: a price service fails, and its last known prices stand in.
// What a fallback takes says when it runs: refused calls only, failed ones too, or "don't care".
#include <breaker/breaker.hpp>
#include <chrono>
#include <stdexcept>

#include "check.hpp"

using namespace std::chrono_literals;

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = 30s},
                                  breaker::ConsecutiveFailures{3}};
  bool is_up = true;
  int requests = 0;
  const auto fetch = [&] {
    ++requests;
    if (!is_up) throw std::runtime_error{"no answer"};
    return 42;
  };

  // Don't care why there is no price: a function without parameters, or simply a value.
  check(circuit.call(fetch, [] { return -1; }) == 42, "a good result passes through");
  is_up = false;
  check(circuit.call(fetch, -1) == -1, "a value stands in for a call that failed");

  // Want to know: NoResult tells a refusal from an exception. It never throws past the caller.
  bool has_thrown = false;
  circuit.call(fetch, [&](const breaker::NoResult& why) {
    has_thrown = why.exception() != nullptr;
    return -1;
  });
  check(has_thrown, "the fallback hears of the exception");

  // Only for refused calls: what the service throws stays the caller's business.
  const auto refused_only = [](const breaker::Rejection&) { return -2; };
  bool has_reached_caller = false;
  try {
    circuit.call(fetch, refused_only);
  } catch (const std::runtime_error&) {
    has_reached_caller = true;
  }
  check(has_reached_caller, "a fallback for refusals alone lets exceptions out");

  // That was the third failure in a row: the circuit is open, and the service is left in peace.
  const int requests_before = requests;
  check(circuit.call(fetch, refused_only) == -2, "a refused call is answered by the fallback");
  check(requests == requests_before, "a refused call does not reach the service");

  // No fallback at all: the refusal is thrown, and says for how long.
  try {
    circuit.call(fetch);
  } catch (const breaker::CircuitOpen& open) {
    check(open.rejection().retry_after > 29s, "without a fallback the refusal is thrown");
  }
}
