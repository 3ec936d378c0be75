// One library makes a probe and calls back into another, whose call through the same circuit is part of it.
#include "behaviour/riding_libraries/libraries.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;

TEST_CASE("a call inside a probe passes, also where another shared library makes it") {
  breaker::ManualClock clock;
  Circuit circuit{breaker::Config{.open_for = 30s}, clock};
  circuit.trip();
  clock.advance(30s);
  struct Inside {
    Circuit& circuit;
    bool passes;
  } inside{circuit, false};

  call_back(
      circuit,
      [](void* data) {
        auto& [own, has_passed] = *static_cast<Inside*>(data);
        has_passed = passes(own);
      },
      &inside);

  CHECK(inside.passes);
  CHECK(circuit.state() == breaker::State::closed);
}
