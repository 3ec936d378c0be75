// What makes a server slow: a process that hands on what it gets, a while later.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

/// On loopback, in front of the server at a port. Every piece is `late`.
class SlowProxy {
 public:
  SlowProxy(int server, std::chrono::milliseconds late) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ::bind(listener, any, size);
    ::listen(listener, 128);
    ::getsockname(listener, any, &size);
    port_ = ntohs(address.sin_port);
    process_ = ::fork();
    if (process_ == 0) serve(listener, server, late);
    ::close(listener);
  }
  SlowProxy(const SlowProxy&) = delete;
  SlowProxy& operator=(const SlowProxy&) = delete;
  ~SlowProxy() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  [[nodiscard]] int port() const { return port_; }

 private:
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  [[noreturn]] static void serve(int listener, int server, std::chrono::milliseconds late) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      const int client = ::accept(listener, nullptr, nullptr);
      if (client < 0) continue;
      std::thread{[=] { hand_on(client, server, late); }}.detach();
    }
  }

  static void hand_on(int client, int server, std::chrono::milliseconds late) {
    const int other = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(server);
    bool goes_on =
        ::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    while (goes_on) {
      pollfd both[] = {{client, POLLIN, 0}, {other, POLLIN, 0}};
      ::poll(both, 2, -1);
      std::this_thread::sleep_for(late);
      if (both[0].revents != 0) goes_on = pass(client, other);
      if (goes_on && both[1].revents != 0) goes_on = pass(other, client);
    }
    ::close(client);
    ::close(other);
  }

  static bool pass(int from, int to) {
    char piece[4096];
    const ssize_t size = ::recv(from, piece, sizeof piece, 0);
    return size > 0 && ::send(to, piece, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
  }

  int port_ = 0;
  pid_t process_ = -1;
};
