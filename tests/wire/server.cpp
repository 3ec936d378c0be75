// server PORT FILE: an HTTP server with bad manners, on loopback. FILE is a wire::Shared, which says
// how to treat requests and where to count them. Runs until it is killed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include "wire/shared.hpp"

namespace {

using wire::Manner;
using namespace std::chrono_literals;

int listen_at(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  while (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
         ::listen(listener, 128) != 0) {
    std::this_thread::sleep_for(1ms);
  }
  return listener;
}

/// **Returns** the request's head; empty if none came.
std::string read_head(int socket) {
  std::string head;
  char chunk[1024];
  while (head.find("\r\n\r\n") == head.npos) {
    const ssize_t size = ::recv(socket, chunk, sizeof chunk, 0);
    if (size <= 0) return "";
    head.append(chunk, static_cast<std::size_t>(size));
  }
  return head;
}

bool send_all(int socket, const std::string& text) {
  return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

void close_by_reset(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void wait_until_the_client_leaves(int socket) {
  char byte;
  while (::recv(socket, &byte, 1, 0) > 0) {
  }
}

void drip(int socket, const std::string& text) {
  for (const char byte : text) {
    if (!send_all(socket, std::string{byte})) return;
    std::this_thread::sleep_for(5ms);
  }
}

void treat(int socket, Manner manner) {
  const std::string body(100, 'x');
  const std::string answer =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n" + body;
  switch (manner) {
    case Manner::answers: send_all(socket, answer); break;
    case Manner::is_gone: close_by_reset(socket); break;
    case Manner::resets:
      send_all(socket, answer.substr(0, answer.size() - 50));
      close_by_reset(socket);
      break;
    case Manner::stalls: wait_until_the_client_leaves(socket); break;
    case Manner::drips: drip(socket, answer); break;
    case Manner::unavailable:
      send_all(socket,
               "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
               "Content-Length: 0\r\n\r\n");
      break;
  }
}

void serve(int socket, wire::Shared& shared) {
  const std::string head = read_head(socket);
  const std::string name = "\r\nGeneration: ";
  const std::size_t at = head.find(name);
  if (at != head.npos) {
    const std::size_t generation = std::strtoul(head.c_str() + at + name.size(), nullptr, 10);
    shared.arrived[generation % wire::Shared::generations].fetch_add(1);
  }
  if (!head.empty()) treat(socket, shared.manner);
  ::close(socket);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const int port = std::atoi(arguments[1]);
  const wire::Mapping shared{arguments[2]};
  for (;;) {
    const int listener = listen_at(port);
    while (shared->manner != Manner::is_gone) {
      pollfd waiting{listener, POLLIN, 0};
      if (::poll(&waiting, 1, 2) <= 0) continue;
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket >= 0) std::thread{serve, socket, std::ref(*shared.operator->())}.detach();
    }
    ::close(listener);
    while (shared->manner == Manner::is_gone) std::this_thread::sleep_for(1ms);
  }
}
