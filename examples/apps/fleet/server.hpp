// A redis-server or valkey-server of the demo's own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

/// On loopback, on a port of the system's choice, with nothing on disk.
class Server {
 public:
  /// Starts the one of these programs that is there.
  Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// **Returns** whether it runs: else none of the programs is there.
  [[nodiscard]] bool runs() const { return process_ > 0; }
  [[nodiscard]] int port() const { return port_; }
  void signal(int number) const;
  void kill();
  void start();

 private:
  std::filesystem::path program_;
  int port_ = 0;
  ::pid_t process_ = -1;
};
