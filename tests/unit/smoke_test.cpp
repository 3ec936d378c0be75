#include "breaker/breaker.hpp"
#include "support/catch.hpp"

TEST_CASE("a fresh circuit is closed") {
  const breaker::CircuitBreaker<> circuit;

  CHECK(circuit.state() == breaker::State::closed);
}
