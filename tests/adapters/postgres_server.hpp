// A real PostgreSQL on loopback, which can be killed, frozen and started again.
#pragma once

#include <libpq-fe.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/loopback.hpp"
#include "support/process.hpp"

/// One that takes four connections of the user "test", who needs no password. It refuses to run as
/// root: then it runs as the user "postgres", whom the package makes.
class PostgresServer {
 public:
  PostgresServer() {
    std::string name = std::filesystem::temp_directory_path() / "breaker_postgres_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for PostgreSQL"};
    folder_ = name;
    if (::geteuid() == 0) {
      const passwd* const user = ::getpwnam("postgres");
      if (user == nullptr || ::chown(name.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error{"no user for PostgreSQL"};
      as_user_ = {"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
    }
    Process make{command("initdb", {"-D", folder_ / "data", "-U", "test", "-A", "trust", "-N",
                                    "--no-locale", "-E", "UTF8", "--no-instructions"})};
    while (make.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{10});
    for (int tries = 0; !answers() && tries < 3; ++tries) {  // somebody may have taken the port
      port_ = free_port();
      start();
    }
  }
  ~PostgresServer() {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    process_.emplace(command("postgres", {"-D", folder_ / "data", "-k", folder_, "-h", "127.0.0.1",
                                          "-p", std::to_string(port_), "-F", "-N", "4", "-c",
                                          "superuser_reserved_connections=0", "-c",
                                          "max_wal_senders=0", "-c", "log_min_messages=panic"}));
    for (int i = 0; i < 3000 && process_->is_running() && !answers(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  /// At once, as by a crash; its children end with it.
  void stop() { end(SIGQUIT); }

  /// From now on nobody may connect, and who is connected may go on.
  void begin_shutdown() const { process_->signal(SIGTERM); }

  /// `options`: what a client says besides.
  [[nodiscard]] std::string address(const std::string& options = {}) const {
    return address_of(port_) + options;
  }
  /// `patience`: how long to wait for a connection, in seconds.
  [[nodiscard]] static std::string address_of(int port, int patience = 20) {
    return "host=127.0.0.1 user=test dbname=postgres connect_timeout=" + std::to_string(patience) +
           " port=" + std::to_string(port) + ' ';
  }

 private:
  [[nodiscard]] std::vector<std::string> command(const char* program,
                                                 const std::vector<std::string>& options) const {
    std::vector<std::string> words{as_user_};
    if (!as_user_.empty()) words.emplace_back("--");
    words.push_back(std::string{POSTGRES_FOLDER "/"} + program);
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

  [[nodiscard]] bool answers() const { return PQping(address().c_str()) == PQPING_OK; }

  void end(int signal) {
    if (!process_ || !process_->is_running()) return;
    process_->signal(signal);
    for (int i = 0; i < 3000 && process_->is_running(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    process_.reset();
  }

  std::filesystem::path folder_;
  std::vector<std::string> as_user_;
  int port_ = 1;
  std::optional<Process> process_;
};
