// Promise 1: at most `probes` unsettled probes hold slots at a time, per generation.
#include <thread>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures>;

// A circuit whose open wait has just ended: the next caller gets the first probe.
struct Recovering {
  ManualClock clock;
  Circuit circuit;

  explicit Recovering(Config config) : circuit{config, ConsecutiveFailures{1}, clock} {
    circuit.try_acquire().failure();
    clock.advance(30s);
  }
};

// Walks every sequence of acquiring and settling up to a length, and holds the circuit against a
// count of its own.
class EverySequence {
 public:
  explicit EverySequence(int probes) : probes_{probes} {}

  void walk(std::vector<int>& operations, int length) {
    if (length == 0) return replay(operations);
    for (int operation = 0; operation < 5; ++operation) {
      operations.push_back(operation);
      walk(operations, length - 1);
      operations.pop_back();
    }
  }

  int violations = 0;
  int admitted = 0;
  int refused = 0;

 private:
  void replay(const std::vector<int>& operations) {
    Recovering recovering{{.probes = probes_, .close_after = 3, .reopen_after = 3}};
    Circuit& circuit = recovering.circuit;
    std::vector<Circuit::Permit> held;
    for (const int operation : operations) {
      if (circuit.snapshot().generation > 2) return;  // closed or open again
      if (operation == 0) {
        acquire(circuit, held);
      } else if (!held.empty()) {
        Circuit::Permit permit = std::move(held.front());  // the oldest
        held.erase(held.begin());
        if (operation == 1) permit.success();
        if (operation == 2) permit.failure();
        if (operation == 3) permit.ignore();
      }
    }
  }

  void acquire(Circuit& circuit, std::vector<Circuit::Permit>& held) {
    auto permit = circuit.try_acquire();
    const bool expected = static_cast<int>(held.size()) < probes_;
    if (static_cast<bool>(permit) != expected) ++violations;
    ++(permit ? admitted : refused);
    if (permit) held.push_back(std::move(permit));
  }

  int probes_;
};

}  // namespace

TEST_CASE("half-open admits as many probes as configured and refuses the next call") {
  const int probes = GENERATE(1, 2, 3, 63);
  Recovering recovering{{.probes = probes}};
  std::vector<Circuit::Permit> held;

  for (int i = 0; i < probes; ++i) held.push_back(recovering.circuit.try_acquire());
  const auto refused = recovering.circuit.try_acquire();

  for (const auto& permit : held) CHECK(permit);
  REQUIRE_FALSE(refused);
  CHECK(refused.rejection().reason == RejectionReason::probes_busy);
}

TEST_CASE("a settled probe's slot goes to the next caller, and to one caller only") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure, Verdict::ignored);
  Recovering recovering{{.probes = 1, .close_after = 5, .reopen_after = 5}};
  recovering.circuit.try_acquire().settle(verdict);

  const auto next = recovering.circuit.try_acquire();
  const auto after = recovering.circuit.try_acquire();

  CHECK(next);
  CHECK_FALSE(after);
}

TEST_CASE("in every sequence of acquiring and settling, unsettled probes stay within the cap") {
  const int probes = GENERATE(1, 2, 3);
  EverySequence every{probes};
  std::vector<int> operations;

  every.walk(operations, 7);

  CHECK(every.violations == 0);
  CHECK(every.admitted > 0);
  CHECK(every.refused > 0);
}

TEST_CASE("asking whether a call would be admitted takes no slot") {
  Recovering recovering{{.probes = 1}};

  for (int i = 0; i < 3; ++i) CHECK(recovering.circuit.would_admit());
  const auto probe = recovering.circuit.try_acquire();

  CHECK(probe);
  CHECK_FALSE(recovering.circuit.would_admit());
}

TEST_CASE("a call takes exactly one slot") {
  Recovering recovering{{.probes = 2}};
  Circuit& circuit = recovering.circuit;

  circuit.call([&] {
    std::thread{[&] {  // on this one they would ride
      const auto second = circuit.try_acquire();
      const auto third = circuit.try_acquire();
      CHECK(second);
      CHECK_FALSE(third);
    }}
        .join();
  });
}

TEST_CASE("a probe of an earlier recovery adds no capacity when it ends late") {
  const int ending = GENERATE(0, 1, 2, 3);
  Recovering recovering{{.probes = 2}};
  Circuit& circuit = recovering.circuit;
  auto old = circuit.try_acquire();
  circuit.try_acquire().failure();  // opens again
  recovering.clock.advance(30s);
  const auto first = circuit.try_acquire();
  const auto second = circuit.try_acquire();

  if (ending == 0) old.success();
  if (ending == 1) old.failure();
  if (ending == 2) old.ignore();
  if (ending == 3) old = Circuit::Permit{};

  REQUIRE(first);
  REQUIRE(second);
  CHECK(circuit.state() == State::half_open);
  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("a call of the closed time that ends late adds no capacity") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.probes = 1}, ConsecutiveFailures{1}, clock};
  auto early = circuit.try_acquire();
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto probe = circuit.try_acquire();

  early.ignore();

  REQUIRE(probe);
  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("each recovery has a cap of its own, whatever the earlier ones did with theirs") {
  Recovering recovering{{.probes = 3, .reopen_after = 1}};
  Circuit& circuit = recovering.circuit;
  std::vector<Circuit::Permit> never_settled;

  for (int recovery = 0; recovery < 50; ++recovery) {
    CAPTURE(recovery);
    for (int i = 0; i < 2; ++i) never_settled.push_back(circuit.try_acquire());
    auto last = circuit.try_acquire();
    REQUIRE(last);
    CHECK_FALSE(circuit.try_acquire());
    last.failure();
    recovering.clock.advance(30s);
  }
}

TEST_CASE("a pass in shadow mode is not a probe and frees no probe's slot") {
  Recovering recovering{{.probes = 1, .mode = Mode::shadow}};
  Circuit& circuit = recovering.circuit;
  const auto probe = circuit.try_acquire();
  const auto refused_before = circuit.snapshot().refused;

  CHECK(circuit.try_acquire().success() == Settled::unaccounted);
  CHECK(circuit.try_acquire().failure() == Settled::unaccounted);

  REQUIRE(probe);
  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.snapshot().refused == refused_before + 2);
}
