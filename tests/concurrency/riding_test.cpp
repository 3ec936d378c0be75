// Threads whose calls have calls inside them race for the slots of a recovery: what is inside a probe passes
// and takes no slot, what is not is refused.
#include <atomic>
#include <iterator>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("calls inside probes pass, however many threads race, and no probe is one too many") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int probes = GENERATE(1, 3);
  ManualClock clock;
  // Each probe ends ignored, so that it stays half-open, and all who get in are probes.
  CircuitBreaker circuit{Config{.open_for = 30s, .probes = probes, .probe_lease = 1h}, clock,
                         ignoring<int>()};
  circuit.trip();
  clock.advance(30s);
  std::atomic<int> inside{0};
  std::atomic<int> too_many{0};
  std::atomic<int> refused_inside{0};
  std::atomic<int> admitted{0};
  const auto go_inside = [&](const auto& call) {
    if (inside.fetch_add(1) >= probes) ++too_many;
    for (int i = 0; i < 3; ++i) {
      if (!call()) ++refused_inside;
    }
    ++admitted;
    --inside;
  };

  race(crew, [&](int number) {
    for (int i = 0; i < 20'000 / crew.threads; ++i) {
      if ((i + number) % 2 == 0) {
        try {
          circuit.call([&] {
            go_inside([&] { return circuit.call([] { return true; }, false); });
            throw 1;
          });
        } catch (int) {
        } catch (const CircuitOpen&) {
        }
      } else if (auto permit = circuit.try_acquire()) {
        go_inside([&] { return static_cast<bool>(circuit.try_acquire(permit)); });
      }
    }
  });

  CHECK(too_many == 0);
  CHECK(refused_inside == 0);
  CHECK(admitted > 0);
  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.snapshot().stale == 0);
  std::vector<decltype(circuit)::Permit> slots;
  for (int i = 0; i < probes; ++i) CHECK(slots.emplace_back(circuit.try_acquire()));
  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("operations that hand calls to other threads recover each time") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock};
  int passed = 0;

  for (int round = 0; round < 300; ++round) {
    circuit.trip();
    clock.advance(30s);
    auto probe = circuit.try_acquire();
    REQUIRE(probe.is_probe());
    std::atomic<int> inside{0};
    race(3, [&](int) { circuit.call(probe, [&] { ++inside; }); });
    passed += inside;
    CHECK(circuit.state() == State::half_open);
    probe.success();
    CHECK(circuit.state() == State::closed);
  }

  CHECK(passed == 900);
}
