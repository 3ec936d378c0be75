// A fleet: six nodes, each with a circuit of its own for every backend, that tell each other what is down.
#pragma once

#include <array>
#include <atomic>
#include <breaker/breaker.hpp>
#include <breaker/fleet/fleet.hpp>
#include <breaker/fleet/memory_store.hpp>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends.hpp"
#include "feed.hpp"

namespace live {

/// **Returns** what a node calls a backend through: five failures in a row open it, two if the fleet says that the backend
/// is down.
inline auto make_node_circuit(const char* backend) {
  using namespace std::chrono_literals;
  return breaker::CircuitBreaker{
      breaker::Config{.open_for = 1500ms}, breaker::advised(breaker::ConsecutiveFailures{5}),
      breaker::failing_on([](int status) { return status >= 500 || status == 0; }),
      breaker::named(backend)};
}

/// One process of a fleet, as it were.
struct Node {
  using Circuit = decltype(make_node_circuit(""));
  using Circuits = breaker::fleet::Circuits<Circuit, Circuit, Circuit>;

  Node(breaker::fleet::MemoryHub& hub, const std::string& name);

  const std::string name;
  std::array<Circuit, backend_names.size()> circuits;
  Circuits all{circuits[0], circuits[1], circuits[2]};
  breaker::fleet::MemoryStore store;
  breaker::fleet::Agent<Circuits, breaker::fleet::MemoryStore> agent;
};

/// Two nodes call each backend ten times a second, four once. `feed` gets "fleet", how all of them stand, when that has
/// changed, and "told" when a node hears something.
class Nodes {
 public:
  Nodes(const Backends& backends, Feed& feed);
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;
  ~Nodes();

  /// Take the store of the fleet away, or bring it back.
  void set_store(bool is_up);

 private:
  static constexpr int count = 6;

  void call(int number);
  void speak(Node& node);
  void show();
  [[nodiscard]] std::string sample() const;

  const Backends& backends_;
  Feed& feed_;
  breaker::fleet::MemoryHub hub_;
  std::deque<Node> nodes_;
  std::atomic<bool> is_store_up_ = true;
  std::atomic<bool> stops_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace live
