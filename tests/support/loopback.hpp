// Sockets on loopback for tests of what talks to servers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

/// A port that is this one's as long as it lives. Nobody answers there: clients are connected by the
/// kernel, and that is all, unless somebody takes them from its socket.
class SilentPort {
 public:
  SilentPort() : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* const any = reinterpret_cast<sockaddr*>(&address_);
    if (::bind(socket_, any, size) != 0 || ::listen(socket_, 512) != 0 ||
        ::getsockname(socket_, any, &size) != 0) {
      throw std::runtime_error{"no port on loopback"};
    }
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() { ::close(socket_); }

  [[nodiscard]] int number() const { return ntohs(address_.sin_port); }
  [[nodiscard]] const sockaddr_in& address() const { return address_; }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  int socket_;
  sockaddr_in address_{};
};

/// **Returns** a port where nobody listens, and that nobody was given for a while: for a server that
/// can't choose its own.
inline int free_port() { return SilentPort{}.number(); }

/// **Returns** what the server at `port` answers to a GET, head and body; empty if nobody is there.
inline std::string http_get(int port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::string answer;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
    ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    char chunk[4096];
    for (ssize_t size = 0; (size = ::recv(socket, chunk, sizeof chunk, 0)) > 0;)
      answer.append(chunk, static_cast<std::size_t>(size));
  }
  ::close(socket);
  return answer;
}
