// A real redis-server on loopback, which can be killed, stopped and started again.
#pragma once

#include <hiredis/hiredis.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.hpp"
#include "support/process.hpp"

/// Keeps its data, if told to save, until it is gone.
class RedisServer {
 public:
  RedisServer() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_redis_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for redis"};
    folder_ = name;
    for (int tries = 0; !answers() && tries < 3; ++tries) {  // somebody may have taken the port
      port_ = free_port();
      start();
    }
  }
  ~RedisServer() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  /// `options`: more of them.
  void start(const std::vector<std::string>& options = {}) {
    std::vector<std::string> command{
        REDIS_PATH, "--port", std::to_string(port_), "--bind",       "127.0.0.1", "--dir", folder_,
        "--save",   "",       "--logfile",           folder_ / "log"};
    command.insert(command.end(), options.begin(), options.end());
    process_.emplace(command);
    for (int i = 0; i < 200 && process_->is_running() && !answers(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  void stop() { process_.reset(); }
  void freeze() { process_->signal(SIGSTOP); }
  void thaw() { process_->signal(SIGCONT); }

  [[nodiscard]] int port() const { return port_; }

 private:
  /// **Returns** whether it says anything, be it that it can't serve.
  [[nodiscard]] bool answers() const {
    redisContext* const context = redisConnectWithTimeout("127.0.0.1", port_, {1, 0});
    if (context == nullptr) return false;
    void* const reply = context->err == 0 ? redisCommand(context, "PING") : nullptr;
    if (reply != nullptr) freeReplyObject(reply);
    redisFree(context);
    return reply != nullptr;
  }

  std::filesystem::path folder_;
  int port_ = 1;
  std::optional<Process> process_;
};
