// hiredis: a store for a fleet on Redis (6.2 or later) or Valkey.
//
//   breaker::fleet::RedisStore store{{.host = "127.0.0.1", .prefix = "shop", .tenant = "prod"}};
//   breaker::fleet::Agent agent{store, circuits, {.quorum = 2}};
//   std::jthread thread{[&](std::stop_token stop) { while (!stop.stop_requested()) agent.step(); }};
//
// It has two connections: one for commands, one that hears what is told. What is kept of a circuit is
// one key, `<prefix>:1:<tenant>:{<circuit>}`, which ends by itself; the channel is `<prefix>:1:<tenant>`.
// No persistence is needed: what is lost are votes, which are leases.
//
// TLS, a password, RESP3, a Sentinel: make the connection yourself, in `RedisSettings::connect`. When a
// command fails, or messages break off, it is asked again: where it asks a Sentinel first, the fleet
// goes on at the new primary, and what is lost are votes.
//
// An ACL user needs its keys and channel, `~shop:1:prod:*` `&shop:1:prod`, and `-@all +evalsha
// +script|load +subscribe +publish +time +hgetall +del +hset +hdel +pexpireat`.
//
// Needs hiredis 0.14 or later, and POSIX. Every command of an agent is answered or has failed within
// twice `timeout`. The process need not ignore SIGPIPE. It allocates, on the agent's thread only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "breaker/adapters/detail/hiredis_commands.hpp"
#include "breaker/adapters/detail/hiredis_connection.hpp"  // IWYU pragma: export
#include "breaker/adapters/detail/hiredis_messages.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// Models Store. **Thread safety** one thread at a time: the one that calls Agent::step(). **After fork**
/// the child may only destroy it, which closes its copies of the sockets.
class RedisStore {
 public:
  /// Connects when it is first used. **Throws** ConfigError naming the setting that is out of its range.
  explicit RedisStore(const RedisSettings& settings = {})
      : channel_{settings.prefix + ":1:" + settings.tenant},
        commands_{detail::connector_of(settings)},
        messages_{detail::connector_of(settings), channel_} {}

  /// See Store. What is wrong with the answer, such as no permission, counts as no answer.
  Answer exchange(std::string_view circuit, const Request& request) noexcept {
    std::string key = channel_ + ":{";
    return commands_.run(key.append(circuit).append("}"), channel_, circuit, request);
  }

  /// See Store.
  Heard wait(std::chrono::milliseconds most, Message& message) noexcept {
    return messages_.wait(most, message);
  }

  /// **Returns** what went wrong with a command last, for logs; empty: nothing has.
  [[nodiscard]] const std::string& last_error() const noexcept { return commands_.last_error(); }

 private:
  std::string channel_;
  detail::Commands commands_;
  detail::Messages messages_;
};

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
