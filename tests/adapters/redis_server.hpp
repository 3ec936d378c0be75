// A real redis-server on loopback, which can be killed, stopped and started again. The variable BREAKER_REDIS
// of the environment names another program, such as valkey-server.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.hpp"
#include "support/process.hpp"

/// A folder that is gone when this is.
class RedisFolder {
 public:
  RedisFolder() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_redis_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for redis"};
    path_ = name;
  }
  RedisFolder(const RedisFolder&) = delete;
  RedisFolder& operator=(const RedisFolder&) = delete;
  ~RedisFolder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::string operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Keeps its data, if told to save, until it is gone.
class RedisServer {
 public:
  /// `options`: more of them.
  explicit RedisServer(const std::vector<std::string>& options = {}) {
    for (int tries = 0; !answers() && tries < 3; ++tries) {  // somebody may have taken the port
      port_ = free_port();
      start(options);
    }
  }

  /// `options`: as of the constructor, whose are forgotten.
  void start(const std::vector<std::string>& options = {}) {
    std::vector<std::string> command{program(),   "--port",    std::to_string(port_), "--bind",
                                     "127.0.0.1", "--dir",     folder_ / "",          "--save",
                                     "",          "--logfile", folder_ / "log"};
    command.insert(command.end(), options.begin(), options.end());
    run(command);
  }
  /// Watch over a server at `port`, as a Sentinel, under the name "fleet". **Requires** that it was stopped.
  void start_as_sentinel(int port) {
    const std::string file = folder_ / "sentinel.conf";
    std::ofstream{file} << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_ / ""
                        << "\nlogfile " << folder_ / "log" << "\nsentinel monitor fleet 127.0.0.1 "
                        << port << " 1\nsentinel down-after-milliseconds fleet 200"
                        << "\nsentinel failover-timeout fleet 2000\n";
    run({program(), file, "--sentinel"});
  }
  void stop() { process_.reset(); }
  void freeze() { process_->signal(SIGSTOP); }
  void thaw() { process_->signal(SIGCONT); }

  [[nodiscard]] int port() const { return port_; }

 private:
  static std::string program() {
    const char* const other = std::getenv("BREAKER_REDIS");
    return other == nullptr ? REDIS_PATH : other;
  }

  void run(const std::vector<std::string>& command) {
    process_.emplace(command);
    for (int i = 0; i < 3000 && process_->is_running() && !answers(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }

  /// **Returns** whether it says anything, be it that it can't serve.
  [[nodiscard]] bool answers() const {
    redisContext* const context = redisConnectWithTimeout("127.0.0.1", port_, {1, 0});
    if (context == nullptr) return false;
    void* const reply = context->err == 0 ? redisCommand(context, "PING") : nullptr;
    if (reply != nullptr) freeReplyObject(reply);
    redisFree(context);
    return reply != nullptr;
  }

  RedisFolder folder_;
  int port_ = 1;
  std::optional<Process> process_;
};
