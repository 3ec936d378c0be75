#include "server.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>
#include <thread>

#include "backend.hpp"
#include "breaker/adapters/hiredis.hpp"

namespace {

std::filesystem::path find_program(const char* name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders{std::string{path == nullptr ? "" : path} +
                             ":/usr/sbin:/usr/local/bin"};
  for (std::string folder; std::getline(folders, folder, ':');) {
    const auto file = std::filesystem::path{folder} / name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

}  // namespace

Server::Server() {
  program_ = find_program("valkey-server");
  if (program_.empty()) program_ = find_program("redis-server");
  if (program_.empty()) return;
  port_ = Backend{}.port();  // free again in a moment
  start();
}

Server::~Server() { kill(); }

void Server::start() {
  std::string words[] = {program_,   "--port", std::to_string(port_), "--bind", "127.0.0.1",
                         "--save",   "",       "--appendonly",        "no",     "--logfile",
                         "/dev/null"};
  char* arguments[12] = {};
  for (std::size_t i = 0; i < 11; ++i) arguments[i] = words[i].data();
  if (::posix_spawn(&process_, program_.c_str(), nullptr, nullptr, arguments, environ) != 0) {
    process_ = -1;
    return;
  }
  breaker::fleet::RedisStore store{{.port = port_}};
  for (int i = 0; i < 200; ++i) {
    if (store.exchange("x", {}).kind == breaker::fleet::Answer::Kind::done) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  kill();
}

void Server::signal(int number) const { ::kill(process_, number); }

void Server::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}
