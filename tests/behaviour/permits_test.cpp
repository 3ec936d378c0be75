// Permits: settled once, moved but not copied, empty when moved from.
#include <type_traits>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures>;

// Half-open with one slot: whether a permit holds it shows at once.
struct Recovering {
  ManualClock clock;
  Circuit circuit{Config{}, ConsecutiveFailures{1}, clock};

  Recovering() {
    circuit.trip();
    clock.advance(30s);
  }
};

}  // namespace

TEST_CASE("a permit is settled once, and what comes after is repeated and does nothing") {
  const Verdict first = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  const Verdict second = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  Recovering recovering;
  auto permit = recovering.circuit.try_acquire();

  CHECK(permit.settle(first) == Settled::counted);
  const Snapshot before = recovering.circuit.snapshot();
  CHECK(permit.settle(second) == Settled::repeated);

  CHECK(recovering.circuit.snapshot() == before);
  CHECK(permit);
}

TEST_CASE("a stale permit that is settled again is repeated, and stale is counted once") {
  Circuit circuit{Config{}};
  auto permit = circuit.try_acquire();
  circuit.reset();

  CHECK(permit.failure() == Settled::stale);
  CHECK(permit.failure() == Settled::repeated);

  CHECK(circuit.snapshot().stale == 1);
}

TEST_CASE("a refused permit settles nothing") {
  Recovering recovering;
  const auto probe = recovering.circuit.try_acquire();
  auto refused = recovering.circuit.try_acquire();

  CHECK(refused.success() == Settled::refused);

  CHECK(probe);
  CHECK(recovering.circuit.state() == State::half_open);
}

TEST_CASE("a moved-from permit is empty and settles nothing") {
  Recovering recovering;
  auto from = recovering.circuit.try_acquire();

  auto to = std::move(from);

  CHECK_FALSE(from);  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(from.failure() == Settled::refused);
  CHECK(to);
  CHECK(to.success() == Settled::counted);
}

TEST_CASE("a permit that is assigned over hands its slot back first") {
  Recovering recovering;
  auto permit = recovering.circuit.try_acquire();
  CHECK_FALSE(recovering.circuit.would_admit());

  permit = Circuit::Permit{};

  CHECK_FALSE(permit);
  CHECK(recovering.circuit.would_admit());
}

TEST_CASE("assigning a permit to itself keeps it") {
  Recovering recovering;
  auto permit = recovering.circuit.try_acquire();
  auto& same = permit;

  permit = std::move(same);

  CHECK(permit);
  CHECK_FALSE(recovering.circuit.would_admit());
  CHECK(permit.success() == Settled::counted);
}

TEST_CASE("swapped permits settle each its own circuit") {
  Recovering one;
  Recovering other;
  auto a = one.circuit.try_acquire();
  auto b = other.circuit.try_acquire();

  std::swap(a, b);
  a.success();

  CHECK(one.circuit.state() == State::half_open);
  CHECK(other.circuit.state() == State::closed);
  b.failure();
  CHECK(one.circuit.state() == State::open);
}

TEST_CASE("a permit that nobody gave is no permit") {
  Circuit::Permit permit;

  CHECK_FALSE(permit);
  CHECK(permit.success() == Settled::refused);
}

TEST_CASE("no permit operation throws") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Circuit::Permit>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Circuit::Permit>);
  STATIC_REQUIRE(std::is_nothrow_destructible_v<Circuit::Permit>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Circuit::Permit>);
}
