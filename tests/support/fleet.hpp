// A fleet in one process, on a clock that moves only when told: nodes with an agent and a circuit each.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/fleet/memory_store.hpp"
#include "breaker/testing/manual_clock.hpp"

namespace fleet_test {

/// A store on a hub that does not wait: the clock stands still meanwhile.
class Polled {
 public:
  explicit Polled(breaker::fleet::MemoryHub& hub) : store_{hub} {}
  breaker::fleet::Answer exchange(std::string_view circuit,
                                  const breaker::fleet::Request& request) noexcept {
    ++commands;
    if (is_cut_off) return {};
    return store_.exchange(circuit, request);
  }
  breaker::fleet::Heard wait(std::chrono::milliseconds /*most*/,
                             breaker::fleet::Message& message) noexcept {
    const auto heard = store_.wait(std::chrono::milliseconds{0}, message);
    return is_cut_off ? breaker::fleet::Heard::nothing : heard;
  }

  bool is_cut_off = false;
  std::uint64_t commands = 0;  // that were tried

 private:
  breaker::fleet::MemoryStore store_;
};

/// **Returns** a hub whose time goes with `clock`, and is another.
inline breaker::fleet::MemoryHub hub_with(const breaker::ManualClock& clock) {
  return breaker::fleet::MemoryHub{[clock] {
    const auto since =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.now().time_since_epoch());
    return static_cast<breaker::fleet::Milliseconds>(1'700'000'000'000 + since.count());
  }};
}

/// One process with one circuit, "payments".
class Node {
 public:
  using Circuit =
      breaker::CircuitBreaker<breaker::ManualClock, breaker::Advised<breaker::ConsecutiveFailures>,
                              breaker::DefaultClassifier, breaker::NoListener, breaker::Name>;

  Node(breaker::fleet::MemoryHub& hub, const breaker::ManualClock& clock,
       const breaker::Config& config, breaker::fleet::AgentSettings settings)
      : store{hub},
        circuit{config, clock, breaker::advised(breaker::ConsecutiveFailures{5}),
                breaker::named("payments")},
        agent{store, circuits, std::move(settings), clock} {}

  /// Make a call. **Returns** whether it was let in.
  bool call(bool succeeds) {
    auto permit = circuit.try_acquire();
    if (!permit) return false;
    permit.settle(succeeds ? breaker::Verdict::success : breaker::Verdict::failure);
    return true;
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i) call(false);
  }

  Polled store;
  Circuit circuit;

 private:
  breaker::fleet::Circuits<Circuit> circuits{circuit};

 public:
  breaker::fleet::Agent<breaker::fleet::Circuits<Circuit>, Polled, breaker::ManualClock> agent;
};

/// Some nodes, a voter each.
class Fleet {
 public:
  Fleet(int size, const breaker::Config& config, breaker::fleet::AgentSettings settings = {}) {
    clock.set(std::chrono::hours{1});
    for (int i = 0; i < size; ++i) {
      settings.voter = "node " + std::to_string(i);
      settings.seed = static_cast<std::uint64_t>(i + 1);
      nodes.emplace_back(hub, clock, config, settings);
    }
  }

  Node& operator[](std::size_t i) { return nodes[i]; }

  /// A turn of every agent.
  void turn() {
    for (Node& node : nodes) node.agent.step();
  }
  /// Let time pass, with turns as they come.
  void pass(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds step{25};
    for (auto left = time; left.count() > 0; left -= step) {
      clock.advance(left < step ? left : step);
      turn();
    }
  }

  breaker::ManualClock clock;
  breaker::fleet::MemoryHub hub = hub_with(clock);
  std::deque<Node> nodes;
};

}  // namespace fleet_test
