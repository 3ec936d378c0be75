// A program that a test runs beside itself.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <stdexcept>
#include <string>
#include <vector>

/// Started when made, killed when gone.
class Process {
 public:
  explicit Process(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::posix_spawn(&id_, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0)
      throw std::runtime_error{"can't run " + command[0]};
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (!is_running()) return;  // the id may be somebody else's by now
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  /// **Requires** that it runs.
  void signal(int number) const { ::kill(id_, number); }

  [[nodiscard]] bool is_running() {
    has_ended_ = has_ended_ || ::waitpid(id_, nullptr, WNOHANG) != 0;
    return !has_ended_;
  }

 private:
  ::pid_t id_ = -1;
  bool has_ended_ = false;
};
