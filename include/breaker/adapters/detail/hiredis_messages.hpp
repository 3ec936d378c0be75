// What a fleet is told, on a connection of hiredis that is made anew when it is lost.
#pragma once

#include <poll.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "breaker/adapters/detail/hiredis_connection.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {
namespace detail {

class Messages {
 public:
  Messages(Connector connect, std::string channel)
      : connect_{std::move(connect)}, channel_{std::move(channel)} {}

  /// As RedisStore::wait().
  Heard wait(std::chrono::milliseconds most, Message& message) {
    const NoSigpipe no_sigpipe;
    if (connection_ == nullptr && !subscribe()) {
      std::this_thread::sleep_for(most);
      return Heard::nothing;
    }
    for (bool has_waited = false;;) {
      void* read = nullptr;
      if (redisReaderGetReply(connection_->reader, &read) != REDIS_OK) break;
      if (const Reply reply{static_cast<redisReply*>(read)}) {
        if (reply->type == REDIS_REPLY_ERROR) break;  // no permission, say
        const Heard what = heard(*reply, message);
        if (what != Heard::nothing) return what;
        continue;
      }
      if (std::exchange(has_waited, true)) return Heard::nothing;
      ::pollfd socket{connection_->fd, POLLIN, 0};
      if (::poll(&socket, 1, static_cast<int>(most.count())) <= 0) return Heard::nothing;
      if (redisBufferRead(connection_.get()) != REDIS_OK) break;
    }
    connection_.reset();
    return Heard::lost;
  }

 private:
  /// Once a second at most.
  bool subscribe() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_try_) return false;
    next_try_ = now + std::chrono::seconds{1};
    std::string error;
    connection_ = connect_(error);
    if (connection_ == nullptr) return false;
    redisEnableKeepAlive(
        connection_.get());  // without it, a silent peer may have been gone for hours
    connection_->err = 0;    // a socket of another kind has none
    int is_sent = 0;
    redisAppendCommand(connection_.get(), "SUBSCRIBE %b", channel_.data(), channel_.size());
    if (redisBufferWrite(connection_.get(), &is_sent) == REDIS_OK && is_sent != 0) return true;
    connection_.reset();
    return false;
  }

  static Heard heard(const redisReply& reply, Message& message) {
    if (reply.elements != 3) return Heard::nothing;
    const std::string_view kind = text_of(*reply.element[0]);
    if (kind == "subscribe") return Heard::lost;  // from here on all is heard
    return kind == "message" && read_message(text_of(*reply.element[2]), message) ? Heard::message
                                                                                  : Heard::nothing;
  }

  const Connector connect_;
  const std::string channel_;
  Connection connection_;
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
