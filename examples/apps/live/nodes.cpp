// A fleet of six nodes, see nodes.hpp.
#include "nodes.hpp"

#include <httplib.h>

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace live {

using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto call_limit = 200ms;  // what takes longer is a failure
constexpr auto look_every = 200ms;

/// When something happened, for a page that hears of it later.
std::int64_t now_in_milliseconds() {
  return std::chrono::system_clock::now().time_since_epoch() / 1ms;
}

}  // namespace

Node::Node(breaker::fleet::MemoryHub& hub, const std::string& its_name)
    : name{its_name},
      circuits{make_node_circuit(backend_names[0]), make_node_circuit(backend_names[1]),
               make_node_circuit(backend_names[2])},
      store{hub},
      agent{store, all, {.quorum = 2, .voter = its_name}} {}

Nodes::Nodes(const Backends& backends, Feed& feed) : backends_{backends}, feed_{feed} {
  for (int i = 0; i < count; ++i) nodes_.emplace_back(hub_, "node " + std::to_string(i + 1));
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back([this, i] { call(i); });
    threads_.emplace_back([this, i] { speak(nodes_[static_cast<std::size_t>(i)]); });
  }
  threads_.emplace_back([this] { show(); });
}

Nodes::~Nodes() {
  stops_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void Nodes::set_store(bool is_up) {
  is_store_up_ = is_up;
  hub_.set_up(is_up);
}

void Nodes::call(int number) {
  const auto pace = number < 2 ? 100ms : 1000ms;
  Node& node = nodes_[static_cast<std::size_t>(number)];
  auto next = std::chrono::steady_clock::now() + pace * number / count;
  for (; !stops_; next += pace) {
    std::this_thread::sleep_until(next);
    for (std::size_t i = 0; i < backend_names.size(); ++i) {
      const auto fetch = [&] {
        httplib::Client http{"127.0.0.1", backends_.port(i)};
        http.set_read_timeout(call_limit);
        const auto answer = http.Get("/");
        return answer ? answer->status : 0;
      };
      static_cast<void>(node.circuits[i].call(fetch, -1));
    }
  }
}

void Nodes::speak(Node& node) {
  std::array<bool, backend_names.size()> was_told{};
  while (!stops_) {
    node.agent.step();
    for (std::size_t i = 0; i < backend_names.size(); ++i) {
      const bool is_told = breaker::fleet::is_advised(node.circuits[i]);
      if (std::exchange(was_told[i], is_told) == is_told) continue;
      feed_.publish("told",
                    json{{"at", now_in_milliseconds()},
                         {"node", node.name},
                         {"backend", backend_names[i]},
                         {"down", is_told}}
                        .dump(),
                    true);
    }
  }
}

void Nodes::show() {
  for (std::string last; !stops_; std::this_thread::sleep_for(look_every)) {
    const std::string now = sample();
    if (std::exchange(last, now) == now) continue;
    feed_.publish("fleet",
                  R"({"at":)" + std::to_string(now_in_milliseconds()) + R"(,"fleet":)" + now + "}",
                  true);
  }
}

std::string Nodes::sample() const {
  json nodes = json::array();
  for (const Node& node : nodes_) {
    json circuits = json::array();
    for (const Node::Circuit& circuit : node.circuits)
      circuits.push_back({{"backend", circuit.name()},
                          {"state", to_string(circuit.state())},
                          {"told", breaker::fleet::is_advised(circuit)}});
    const breaker::fleet::AgentStatus status = node.agent.status();
    nodes.push_back({{"name", node.name},
                     {"circuits", std::move(circuits)},
                     {"store", status.is_store_up},
                     {"votes", status.votes},
                     {"heard", status.messages},
                     {"commands", status.commands}});
  }
  return json{{"store", is_store_up_.load()}, {"nodes", std::move(nodes)}}.dump();
}

}  // namespace live
