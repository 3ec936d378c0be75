// Names of circuits: the part, and where it is told.
#include "breaker/call/name.hpp"

#include <string>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constinit CircuitBreaker constant{Config{}, named("constant")};

template <class Function>
std::string refusal_of(Function function) {
  try {
    function();
  } catch (const CircuitOpen& open) {
    return open.what();
  }
  return "";
}

struct Elsewhere {  // the text stands elsewhere
  const std::string* text;
  [[nodiscard]] std::string_view circuit_name() const noexcept { return *text; }
};

}  // namespace

TEST_CASE("a name is copied, cut to what fits, and clean") {
  const std::string longest(Name::longest, 'n');

  CHECK(named("payments").circuit_name() == "payments");
  CHECK(named("").circuit_name().empty());
  CHECK(named(std::string_view{}).circuit_name().empty());
  CHECK(named(longest).circuit_name() == longest);
  CHECK(named(longest + "x").circuit_name() == longest);
  CHECK(named(longest.substr(1) + "ü").circuit_name() == longest.substr(1));
  CHECK(named(longest.substr(2) + "ü").circuit_name() == longest.substr(2) + "ü");
  CHECK(named(longest.substr(2) + "€").circuit_name() == longest.substr(2));
  CHECK(named("a\nb\x1b[1m\x7f").circuit_name() == "a?b?[1m?");
  CHECK(named("Zürich").circuit_name() == "Zürich");
}

TEST_CASE("a circuit knows its name, and one without is no larger") {
  CHECK(constant.name() == "constant");
  CHECK(CircuitBreaker{}.name().empty());
  STATIC_REQUIRE(sizeof(CircuitBreaker<>) ==
                 sizeof(CircuitBreaker{Config{}, ConsecutiveFailures{}}));
  STATIC_REQUIRE(sizeof constant <= sizeof(CircuitBreaker<>) + 64);
}

TEST_CASE("a refusal says whose circuit it is, and which number crossed which limit") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{2}, clock, named("payments")};
  const auto call = [&] { circuit.call([] {}); };
  for (int i = 0; i < 2; ++i) circuit.try_acquire().failure();

  CHECK(refusal_of(call) == "circuit payments is open for 30000 ms: 2 failures in a row (limit 2)");
  CHECK(circuit.try_acquire().refusal().what() == refusal_of(call));
  CHECK(circuit.try_acquire().refusal().name() == std::string{"payments"});
  CHECK(circuit.try_acquire().refusal().circuit() == circuit.try_acquire().circuit());

  clock.advance(30s);
  const auto probe = circuit.try_acquire();
  CHECK(refusal_of(call) ==
        "circuit payments is half-open, and its probes are out: ask again in 100 ms");
  CHECK(
      refusal_of([&] { circuit.call(never_probe, [] {}); }) ==
      "circuit payments lets only probes pass, and this call must not be one: ask again in 100 ms");
}

TEST_CASE("a refusal says why the circuit opened, also if not by its policy") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock, named("pay")};
  const auto call = [&] { circuit.call([] {}); };

  circuit.trip();
  CHECK(refusal_of(call) == "circuit pay is open for 30000 ms: tripped");
  clock.advance(30s);
  circuit.try_acquire().failure();
  CHECK(refusal_of(call) == "circuit pay is open for 30000 ms: probes_failed");
  circuit.force_open();
  CHECK(refusal_of(call) == "circuit pay is forced open: ask again in 300000 ms");
}

TEST_CASE("a refusal of a circuit without a name says for how long, and gives no cause") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock};
  circuit.trip();

  CHECK(refusal_of([&] { circuit.call([] {}); }) == "the circuit is open for 30000 ms");
}

TEST_CASE("a refusal that was made before the circuit moved on gives no wrong cause") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock, named("payments")};
  circuit.trip();
  const auto refused = circuit.try_acquire();
  circuit.reset();
  for (int i = 0; i < 5; ++i) circuit.try_acquire().failure();

  CHECK(refused.refusal().what() == std::string{"circuit payments is open for 30000 ms"});
}

TEST_CASE("a name may stand elsewhere") {
  const std::string text = "a name that is kept by somebody else";
  CircuitBreaker circuit{Config{}, Elsewhere{&text}};

  CHECK(circuit.name() == text);
}
