// Errors as values: a refused call comes back inside the result that the function returns anyway.
// Works with std::expected and tl::expected, and with your own type of the same shape.
#include <breaker/breaker.hpp>
#include <chrono>
#include <system_error>

#include "check.hpp"
#include "lookup.hpp"

using namespace std::chrono_literals;

int main() {
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = 30s},
                                  breaker::ConsecutiveFailures{2}};
  int requests = 0;

  const auto look_up = [&]() -> Lookup {
    if (++requests == 1) return Lookup{"192.0.2.7"};
    return Lookup{Lookup::unexpected_type{std::make_error_code(std::errc::timed_out)}};
  };

  check(circuit.call(look_up).value() == "192.0.2.7", "a good result passes through");

  // A result with an error inside is a failure; it reaches the caller as it is.
  for (int i = 0; i < 2; ++i)
    check(circuit.call(look_up).error() == std::errc::timed_out, "so does an error");

  // The circuit is open: the refusal is an error like any other, told apart by its code.
  const Lookup refused = circuit.call(look_up);
  check(!refused.has_value(), "a refused call has no value");
  check(refused.error() == breaker::Errc::circuit_open, "its error says that the circuit is open");
  check(refused.error() == std::errc::connection_refused, "which means: connection refused");
  check(requests == 3, "a refused call does not reach the function");

  // With a fallback the caller need not look.
  const auto cached = [](const breaker::Rejection&) { return Lookup{"192.0.2.1"}; };
  check(circuit.call(look_up, cached).value() == "192.0.2.1", "the fallback stands in");
}
