// Where the store of a fleet is, and how to connect to it by hiredis: no signal when that breaks.
#pragma once

#include <hiredis/hiredis.h>
#include <sys/time.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/version.hpp"
#include "breaker/fleet/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

/// Where the store of a fleet is.
struct RedisSettings {
  std::string host = "127.0.0.1";  ///< Name or address. Default: this machine.
  int port = 6379;                 ///< Range: 1 to 65535. Default: 6379.
  std::string prefix = "breaker";  ///< What the names of keys and channel begin with.
  std::string tenant = "default";  ///< Fleets of different tenants don't hear each other.
  /// How long to wait for a connection, and for an answer. Range: 1 ms to 10 s. Default: 50 ms.
  Duration timeout = std::chrono::milliseconds{50};
  /// Makes a connection, instead of `host` and `port`; null, or one with an error, if there is none.
  /// It must not throw, and should be bounded by `timeout`, too.
  std::function<redisContext*()> connect = {};
};

namespace detail {

struct FreeRedis {
  void operator()(redisContext* context) const noexcept { redisFree(context); }
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};
using Connection = std::unique_ptr<redisContext, FreeRedis>;
using Reply = std::unique_ptr<redisReply, FreeRedis>;

/// hiredis writes to sockets that may be closed: while this lives, the SIGPIPE of that is kept from the
/// thread, and taken in the end. One that was pending before stays.
class NoSigpipe {
 public:
  NoSigpipe() noexcept {
    ::sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;
  ~NoSigpipe() {
    ::sigset_t pending;
    ::sigpending(&pending);
    int taken = 0;
    if (!was_pending_ && ::sigismember(&pending, SIGPIPE) == 1) ::sigwait(&pipe_, &taken);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  ::sigset_t pipe_;
  ::sigset_t before_;
  bool was_pending_;
};

inline std::string_view text_of(const redisReply& reply) noexcept {
  return reply.str == nullptr ? std::string_view{} : std::string_view{reply.str, reply.len};
}

/// Makes a connection, or none, and says why.
using Connector = std::function<Connection(std::string& error)>;

inline Connector connector_of(const RedisSettings& settings) {
  breaker::detail::require_setting(settings.port >= 1 && settings.port <= 65'535,
                                   "RedisSettings.port", settings.port, "1 to 65535");
  detail::require_within(settings.timeout, 1, 10'000, "RedisSettings.timeout",
                         "1 ms to 10 s (in ns)");
  return [settings](std::string& error) -> Connection {
    const auto micros = settings.timeout.ticks() / 1000;
    const ::timeval timeout{static_cast<::time_t>(micros / 1'000'000),
                            static_cast<::suseconds_t>(micros % 1'000'000)};
    Connection made{settings.connect
                        ? settings.connect()
                        : redisConnectWithTimeout(settings.host.c_str(), settings.port, timeout)};
    const bool is_good = made != nullptr && made->err == 0;
    if (is_good && redisSetTimeout(made.get(), timeout) == REDIS_OK) return made;
    error = made == nullptr ? "no connection" : made->errstr;
    return nullptr;
  };
}

}  // namespace detail
}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
