// A fleet whose nodes are hosts: on each, processes share circuits in memory, and one of them has the agent.
#include "breaker/fleet/fleet.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include "breaker/breaker.hpp"
#include "breaker/fleet/memory_store.hpp"
#include "breaker/shared_memory.hpp"
#include "support/catch.hpp"
#include "support/fleet.hpp"
#include "support/shared_path.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

std::chrono::nanoseconds time_now{1h};

/// The time of this process and its children. It has no address in it, so that it may be shared.
struct TestClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TestClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return time_point{time_now}; }
};

using Circuits = SharedCircuits<TestClock, Advised<ConsecutiveFailures>>;

/// What a process of a host has: circuits in memory that all of its processes share, and an agent.
struct Process {
  Process(fleet::MemoryHub& hub, const SharedPath& path, const char* host)
      : circuits{path.c_str(),
                 {.capacity = 10, .config = {.open_for = 10s, .probe_lease = 2s}},
                 TestClock{},
                 advised(ConsecutiveFailures{5})},
        store{hub},
        agent{store, circuits, {.voter = host, .spread = 0s, .seed = 1}} {}

  /// Calls in a process of its own, which has no agent. **Returns** how many were let in.
  int fail_in_a_child(int times) {
    return in_child([&] {
      int admitted = 0;
      for (int i = 0; i < times; ++i) {
        if (auto permit = circuits.of("payments").try_acquire()) {
          permit.failure();
          ++admitted;
        }
      }
      return admitted;
    });
  }
  [[nodiscard]] State state() { return circuits.of("payments").state(); }

  Circuits circuits;
  fleet_test::Polled store;
  fleet::Agent<Circuits, fleet_test::Polled, TestClock> agent;
};

fleet::MemoryHub make_hub() {
  return fleet::MemoryHub{
      [] { return static_cast<fleet::Milliseconds>(1'700'000'000'000 + time_now / 1ms); }};
}

template <class... Each>
void turns(std::chrono::milliseconds time, Each&... each) {
  for (; time > 0ms; time -= 25ms) {
    time_now += 25ms;
    (each.agent.step(), ...);
  }
}

}  // namespace

TEST_CASE("a fleet of hosts: what a child of one host saw lowers the limits on another") {
  const SharedPath paths[3];
  fleet::MemoryHub hub = make_hub();
  Process a{hub, paths[0], "a"}, b{hub, paths[1], "b"}, c{hub, paths[2], "c"};
  for (Process* const each : {&a, &b, &c}) each->circuits.of("payments");
  turns(2s, a, b, c);

  CHECK(a.fail_in_a_child(5) == 5);
  CHECK(b.fail_in_a_child(5) == 5);
  turns(50ms, a, b, c);
  CHECK(c.state() == State::closed);
  CHECK(fleet::is_advised(c.circuits.of("payments")));
  CHECK(c.fail_in_a_child(5) == 2);  // the other three are refused
  CHECK(c.state() == State::open);

  // One probes for all; its success is told, and the next call of each of the others is its probe.
  turns(11s, a, b, c);
  int probes = 0;
  for (Process* const each : {&a, &b, &c}) {
    if (auto permit = each->circuits.of("payments").try_acquire()) {
      permit.success();
      ++probes;
    }
  }
  CHECK(probes == 1);
  turns(100ms, a, b, c);
  for (Process* const each : {&a, &b, &c}) {
    each->circuits.of("payments").call([] {}, [] {});
    CHECK(each->state() == State::closed);
  }
}

TEST_CASE("a fleet of hosts: several agents of one host are one voter, and probe no more") {
  const SharedPath path;
  const SharedPath other_path;
  fleet::MemoryHub hub = make_hub();
  Process first{hub, path, "a"}, second{hub, path, "a"}, third{hub, path, "a"};
  Process other{hub, other_path, "b"};
  for (Process* const each : {&first, &other}) each->circuits.of("payments");
  turns(2s, first, second, third, other);

  first.fail_in_a_child(5);
  turns(100ms, first, second, third, other);
  CHECK(first.agent.status().votes + second.agent.status().votes + third.agent.status().votes == 3);
  CHECK_FALSE(fleet::is_advised(other.circuits.of("payments")));

  other.fail_in_a_child(5);
  turns(100ms, first, second, third, other);
  CHECK(fleet::is_advised(first.circuits.of("payments")));
  int probes = 0;
  for (int i = 0; i < 400; ++i) {  // for three open waits
    turns(100ms, first, second, third, other);
    for (Process* const each : {&first, &second, &third, &other}) {
      if (auto permit = each->circuits.of("payments").try_acquire()) {
        permit.failure();
        ++probes;
      }
    }
  }
  CHECK(probes >= 2);
  CHECK(probes <= 4);
}
