// slow_start: half-open begins with one probe at a time, and each good answer allows one more.
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures>;

struct Recovering {
  ManualClock clock;
  Circuit circuit;

  explicit Recovering(Config config) : circuit{config, ConsecutiveFailures{1}, clock} {
    circuit.try_acquire().failure();
    clock.advance(30s);
  }

  // **Returns** as many probes as may be out at once.
  std::vector<Circuit::Permit> take_all() {
    std::vector<Circuit::Permit> probes;
    while (circuit.would_admit() && probes.size() < 100) probes.push_back(circuit.try_acquire());
    return probes;
  }
};

}  // namespace

TEST_CASE("with slow start, each good answer allows one probe more at a time, up to all") {
  Recovering recovering{{.probes = 4, .close_after = 10, .slow_start = true}};

  for (const std::size_t at_once : {1U, 2U, 3U, 4U, 4U, 4U}) {
    auto probes = recovering.take_all();
    CHECK(probes.size() == at_once);
    probes.front().success();
    for (auto& probe : probes) probe.ignore();
  }
}

TEST_CASE("with slow start, a round of good answers doubles the probes") {
  Recovering recovering{{.probes = 63, .close_after = 63, .slow_start = true}};

  for (const std::size_t at_once : {1U, 2U, 4U, 8U, 16U, 32U}) {
    auto probes = recovering.take_all();
    CHECK(probes.size() == at_once);
    CHECK(recovering.circuit.state() == State::half_open);
    for (auto& probe : probes) probe.success();
  }

  CHECK(recovering.circuit.state() == State::closed);
}

TEST_CASE("with slow start, bad and ignored answers allow no more") {
  Recovering recovering{{.probes = 4, .reopen_after = 10, .slow_start = true}};

  for (int i = 0; i < 5; ++i) {
    auto probes = recovering.take_all();
    CHECK(probes.size() == 1);
    i % 2 == 0 ? probes.front().failure() : probes.front().ignore();
  }
}

TEST_CASE("without slow start, all probes may be out at once from the beginning") {
  Recovering recovering{{.probes = 4}};

  CHECK(recovering.take_all().size() == 4);
}

TEST_CASE("with slow start, each recovery begins with one probe") {
  Recovering recovering{{.probes = 4, .close_after = 10, .slow_start = true}};
  for (int i = 0; i < 3; ++i) recovering.circuit.try_acquire().success();
  recovering.circuit.try_acquire().failure();
  recovering.clock.advance(30s);

  CHECK(recovering.take_all().size() == 1);
}

TEST_CASE("with slow start, a lost probe costs none of the probes that good answers have allowed") {
  Recovering recovering{{.probes = 4, .close_after = 10, .slow_start = true}};
  for (int i = 0; i < 2; ++i) recovering.circuit.try_acquire().success();
  const auto lost = recovering.take_all();
  REQUIRE(lost.size() == 3);
  recovering.clock.advance(30s);

  CHECK(recovering.take_all().size() == 3);
}

TEST_CASE("with slow start, the refusal and the question agree with what is admitted") {
  Recovering recovering{{.probes = 2, .close_after = 3, .slow_start = true}};
  const auto first = recovering.circuit.try_acquire();

  CHECK_FALSE(recovering.circuit.would_admit());
  CHECK(recovering.circuit.try_acquire().rejection().reason == RejectionReason::probes_busy);

  REQUIRE(first);
}
