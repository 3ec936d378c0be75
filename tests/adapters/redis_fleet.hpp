// A fleet of a few nodes in one process, over a real server: the test takes their turns.
#pragma once

#include <hiredis/hiredis.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "adapters/redis_server.hpp"
#include "breaker/adapters/hiredis.hpp"
#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"

namespace redis_fleet {

using namespace breaker;
using namespace std::chrono_literals;
using Now = std::chrono::steady_clock;

/// For whom the timeout is not the subject: a busy machine may keep an answer back for seconds.
constexpr auto patient = 10s;
constexpr ::timeval at_most{std::chrono::seconds{patient}.count(), 0};

inline fleet::RedisSettings at(const RedisServer& server, std::string tenant = "test") {
  return {.port = server.port(), .prefix = "test", .tenant = std::move(tenant), .timeout = patient};
}

/// One command as a person types it. **Returns** what came, in words.
inline std::string command(int port, std::vector<std::string> words, const char* login = nullptr) {
  const fleet::detail::Connection connection{redisConnectWithTimeout("127.0.0.1", port, {1, 0})};
  if (login != nullptr) freeReplyObject(redisCommand(connection.get(), login));
  std::vector<const char*> begins;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    begins.push_back(word.data());
    sizes.push_back(word.size());
  }
  const fleet::detail::Reply reply{static_cast<redisReply*>(redisCommandArgv(
      connection.get(), static_cast<int>(words.size()), begins.data(), sizes.data()))};
  if (reply == nullptr) return connection->errstr;
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  if (reply->type == REDIS_REPLY_ARRAY) return std::to_string(reply->elements) + " elements";
  return std::string{fleet::detail::text_of(*reply)};
}

/// One process of a fleet, whose turns the test takes. Its votes outlast the test: who was not connected when a
/// verdict was told still learns it in the second or two after that.
struct Node {
  Node(const fleet::RedisSettings& settings, const char* voter,
       const Config& config = {.open_for = 1s})
      : store{settings},
        circuit{config, advised(ConsecutiveFailures{5}), named("payments")},
        agent{store,
              circuits,
              {.voter = voter, .lease = 30s, .spread = 0s, .turn = 1ms, .retry = 20ms}} {}

  void fail(int times) {
    for (int i = 0; i < times; ++i) circuit.try_acquire().failure();
  }

  fleet::RedisStore store;
  CircuitBreaker<SteadyClock, Advised<ConsecutiveFailures>, DefaultClassifier, NoListener, Name>
      circuit;
  fleet::Circuits<decltype(circuit)> circuits{circuit};
  fleet::Agent<decltype(circuits), fleet::RedisStore> agent;
};

/// Take turns until `done`, for as long as a busy machine may need. **Returns** whether it came.
template <class Done>
bool turns_until(std::initializer_list<Node*> nodes, const Done& done) {
  for (const auto end = Now::now() + 30s; Now::now() < end;) {
    for (Node* const node : nodes) node->agent.step();
    if (done()) return true;
  }
  return false;
}

/// **Returns** whether `store` hears what is told from here on, which it does once its connection is made.
inline bool hears(fleet::RedisStore& store) {
  fleet::Message message;
  for (const auto end = Now::now() + 30s; Now::now() < end;)
    if (store.wait(20ms, message) == fleet::Heard::lost) return true;
  return false;
}

inline bool knows(const Node& node, std::uint32_t verdicts) {
  return node.agent.status().verdicts == verdicts;
}

/// All nodes are connected and have asked what there is to know.
inline bool are_ready(std::initializer_list<Node*> nodes) {
  return turns_until(nodes, [&] {
    return std::all_of(nodes.begin(), nodes.end(),
                       [](const Node* node) { return node->agent.status().is_store_up; });
  });
}

}  // namespace redis_fleet
