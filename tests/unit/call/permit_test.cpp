// Permit: settled once, moved, dropped.
#include "breaker/permit.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<ManualClock>;
using CircuitPermit = Circuit::Permit;

/// A circuit that trips on the first failure, half-open with one probe slot where a test asks for
/// it.
struct Bench {
  ManualClock clock;
  Circuit circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock};

  void open() { circuit.trip(); }
  void go_half_open() {
    open();
    clock.advance(10s);
  }
};

struct ByStatus {
  static Judgement on_result(int status) {
    if (status == 404) return Verdict::ignored;
    return status >= 500 ? Judgement{Verdict::failure, 45s} : Judgement{Verdict::success};
  }
};

}  // namespace

TEST_CASE("a permit is small, moves, and does not copy") {
  STATIC_REQUIRE(sizeof(CircuitPermit) <= 24);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<CircuitPermit>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<CircuitPermit>);
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<CircuitPermit>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<CircuitPermit, bool>);
}

TEST_CASE("a permit that holds nothing is false, and settling it says refused") {
  CircuitPermit permit;

  CHECK_FALSE(permit);
  CHECK(permit.success() == Settled::refused);
  CHECK(permit.failure() == Settled::refused);
}

TEST_CASE("a permit counts once and says repeated afterwards") {
  Bench bench;
  auto permit = bench.circuit.try_acquire();

  CHECK(permit.success() == Settled::counted);
  CHECK(permit.failure() == Settled::repeated);
  CHECK(permit.ignore() == Settled::repeated);

  CHECK(permit);
  CHECK(bench.circuit.state() == State::closed);
}

TEST_CASE("a refused permit says why, for how long and of which generation") {
  Bench bench;
  bench.open();
  bench.clock.advance(4s);

  auto permit = bench.circuit.try_acquire();

  CHECK_FALSE(permit);
  CHECK(permit.rejection() ==
        Rejection{.retry_after = 6s, .generation = 1, .reason = RejectionReason::open});
  CHECK(permit.generation() == 1);
  CHECK(permit.success() == Settled::refused);
}

TEST_CASE("a moved-from permit is false and settles nothing") {
  Bench bench;
  auto permit = bench.circuit.try_acquire();

  CircuitPermit other = std::move(permit);

  CHECK_FALSE(permit);  // NOLINT(bugprone-use-after-move): that is the promise
  CHECK(permit.failure() == Settled::refused);
  CHECK(bench.circuit.state() == State::closed);
  CHECK(other);
  CHECK(other.failure() == Settled::counted);
}

TEST_CASE("a permit that was settled stays settled when it is moved") {
  Bench bench;
  auto permit = bench.circuit.try_acquire();
  permit.success();

  CircuitPermit other = std::move(permit);

  CHECK(other.failure() == Settled::repeated);
}

TEST_CASE("assigning to a permit drops what it held") {
  Bench bench;
  bench.go_half_open();
  auto permit = bench.circuit.try_acquire();
  CHECK(permit);
  CHECK_FALSE(bench.circuit.try_acquire());

  permit = CircuitPermit{};

  CHECK(bench.circuit.try_acquire());
}

TEST_CASE("assigning a permit to itself keeps it") {
  Bench bench;
  auto permit = bench.circuit.try_acquire();

  CircuitPermit& same = permit;
  permit = std::move(same);

  CHECK(permit.failure() == Settled::counted);
}

TEST_CASE("a dropped permit is ignored, or what if_dropped says") {
  Bench bench;

  {
    auto permit = bench.circuit.try_acquire();
  }
  CHECK(bench.circuit.state() == State::closed);
  {
    auto permit = bench.circuit.try_acquire();
    permit.if_dropped(Verdict::failure);
    CircuitPermit moved = std::move(permit);  // the choice moves with it
  }

  CHECK(bench.circuit.state() == State::open);
}

TEST_CASE("a settled permit is not settled again when it is dropped") {
  Bench bench;
  {
    auto permit = bench.circuit.try_acquire();
    permit.if_dropped(Verdict::failure);
    permit.success();
  }

  CHECK(bench.circuit.state() == State::closed);
}

TEST_CASE("a permit of an earlier generation is stale, one given while disabled unaccounted") {
  Bench bench;
  auto old = bench.circuit.try_acquire();
  bench.circuit.disable();
  auto free = bench.circuit.try_acquire();

  CHECK(free.failure() == Settled::unaccounted);
  bench.circuit.reset();
  CHECK(old.failure() == Settled::stale);

  CHECK(bench.circuit.state() == State::closed);
  CHECK(bench.circuit.snapshot().stale == 1);
}

TEST_CASE("a failure may ask for a longer wait, up to the cap") {
  const auto asked = GENERATE(as<std::chrono::seconds>{}, 1s, 60s, 600s);
  Bench bench;

  bench.circuit.try_acquire().settle(Verdict::failure, asked);

  CHECK(bench.circuit.why().open_for == std::min(std::max<std::chrono::seconds>(10s, asked), 300s));
}

TEST_CASE("a permit is settled by a result, as call would be") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock, ByStatus{},
                         Counters{}};
  const auto settled_by = [&](const auto& what) { return circuit.try_acquire().settle_by(what); };

  CHECK(settled_by(200) == Settled::counted);
  CHECK(settled_by(std::error_code{}) == Settled::counted);
  CHECK(circuit.listener().totals().succeeded == 2);
  CHECK(settled_by(404) == Settled::counted);
  CHECK(circuit.listener().totals().ignored == 1);
  CHECK(settled_by(503) == Settled::counted);
  CHECK(circuit.why().open_for == 45s);
  CHECK(settled_by(200) == Settled::refused);
  circuit.reset();
  CHECK(settled_by(std::make_error_code(std::errc::timed_out)) == Settled::counted);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("a permit is settled by an exception, as call would be") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock, ignoring<int>(), Counters{}};
  CircuitBreaker other{Config{}, clock};
  const auto settle_by = [&](const auto& exception) {
    circuit.try_acquire().settle_by(std::make_exception_ptr(exception));
  };

  settle_by(1);
  settle_by(CircuitOpen{{}, other.try_acquire().circuit()});
  circuit.try_acquire().settle_by(std::exception_ptr{});
  CHECK(circuit.listener().totals().ignored == 3);
  settle_by(CircuitOpen{{}, circuit.try_acquire().circuit()});
  CHECK(circuit.state() == State::open);
  circuit.reset();
  settle_by(1.5);
  CHECK(circuit.state() == State::open);
}

TEST_CASE(
    "an adapter's classifier judges what the circuit's own leaves alone, then the default rule") {
  struct Adapter {
    static Judgement on_result(int status) {
      return status == 404   ? Verdict::failure
             : status == 503 ? Judgement::none()
                             : Verdict::ignored;
    }
    static Judgement on_exception(const std::exception_ptr& exception) {
      try {
        std::rethrow_exception(exception);
      } catch (double) {
        return Verdict::ignored;
      } catch (...) {
        return Judgement::none();
      }
    }
  };
  struct Own : Ignoring<int> {
    static Judgement on_result(int status) {
      return status == 404 ? Verdict::success : Judgement::none();
    }
  };
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, Own{}, Counters{}};
  CircuitBreaker other{Config{}};
  const auto settle_by = [&](const auto& what) {
    circuit.try_acquire().settle_by(what, Adapter{});
    const CallTotals totals = circuit.listener().totals();
    return std::vector<std::uint64_t>{totals.succeeded, totals.failed, totals.ignored};
  };
  using Totals = std::vector<std::uint64_t>;

  CHECK(settle_by(404) == Totals{1, 0, 0});
  CHECK(settle_by(200) == Totals{1, 0, 1});
  CHECK(settle_by(503) == Totals{2, 0, 1});  // a number is no error
  CHECK(settle_by(std::make_error_code(std::errc::timed_out)) == Totals{2, 1, 1});
  CHECK(settle_by(std::make_exception_ptr(1)) == Totals{2, 1, 2});
  CHECK(settle_by(std::make_exception_ptr(1.5)) == Totals{2, 1, 3});
  CHECK(settle_by(std::make_exception_ptr('a')) == Totals{2, 2, 3});
  CHECK(settle_by(std::make_exception_ptr(CircuitOpen{{}, other.try_acquire().circuit()})) ==
        Totals{2, 2, 4});
  CHECK(settle_by(std::exception_ptr{}) == Totals{2, 2, 5});
}

TEST_CASE("a permit that was refused, or is settled, is judged by nobody") {
  static int asked;
  struct Asking {
    static Judgement on_result(int /*status*/) { return ++asked, Judgement::none(); }
    static Judgement on_exception(const std::exception_ptr& /*exception*/) {
      return ++asked, Judgement::none();
    }
  };
  asked = 0;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, Asking{}};
  const auto exception = std::make_exception_ptr(1);
  const auto settle_by_each = [&](auto& permit, Settled expected) {
    CHECK(permit.settle_by(1) == expected);
    CHECK(permit.settle_by(exception) == expected);
    CHECK(permit.settle_by(1, Asking{}) == expected);
    CHECK(permit.settle_by(exception, Asking{}) == expected);
  };
  auto settled = circuit.try_acquire();
  settled.success();
  settle_by_each(settled, Settled::repeated);
  circuit.force_open();
  auto refused = circuit.try_acquire();
  settle_by_each(refused, Settled::refused);

  CHECK(asked == 0);
}

TEST_CASE("an adapter tells its classifier how long the call took, the circuit tells its own") {
  ManualClock clock;
  const auto patient = ignoring<int>().up_to(5s);
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, clock, ignoring<int>().up_to(1s)};
  const auto failures_after = [&](std::chrono::seconds own, std::chrono::seconds its) {
    auto permit = circuit.try_acquire();
    clock.advance(own);
    permit.settle_by(std::make_exception_ptr(1), patient, its);
    CHECK(permit.settle_by(1, patient) == Settled::repeated);
    return circuit.snapshot().numbers.at[0];
  };

  CHECK(failures_after(0s, 9s) == 0);
  CHECK(failures_after(2s, 5s) == 0);
  CHECK(failures_after(2s, 6s) == 1);
}

TEST_CASE("a refused permit becomes a result that carries an error, or is thrown") {
  CircuitBreaker circuit{Config{}, named("prices")};
  circuit.force_open();
  const auto permit = circuit.try_acquire();

  CHECK(refused_as<std::error_code>(permit) == Errc::circuit_open);
  CHECK_THROWS_WITH(refused_as<int>(permit),
                    "circuit prices is forced open: ask again in 300000 ms");
}

TEST_CASE("a classifier that throws leaves a permit unsettled, and a settled one is not judged") {
  struct Throws {
    static Verdict on_result(int /*result*/) { throw std::runtime_error{"classifier"}; }
  };
  CircuitBreaker circuit{Config{}, Throws{}};
  auto permit = circuit.try_acquire();

  CHECK_THROWS_AS(permit.settle_by(1), std::runtime_error);
  CHECK(permit.success() == Settled::counted);
  CHECK(permit.settle_by(1) == Settled::repeated);
}
