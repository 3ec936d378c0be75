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
#include <optional>
#include <string>
#include <thread>

#include "proof/wire/shared.hpp"

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

/// What of a request matters here.
struct Request {
  std::string generation;  ///< That admitted it, if its head says so.
  std::string body;
};

/// **Returns** what stands behind `name` in that line of `head`; empty if there is no such line.
std::string field(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// **Returns** the next request, or nothing if none came.
std::optional<Request> read_request(int socket) {
  std::string text;
  char chunk[1024];
  std::size_t end = text.npos, size = 0;
  while (end == text.npos || text.size() < end + size) {
    const ssize_t more = ::recv(socket, chunk, sizeof chunk, 0);
    if (more <= 0) return std::nullopt;
    text.append(chunk, static_cast<std::size_t>(more));
    end = text.find("\r\n\r\n");
    if (end == text.npos) continue;
    end += 4;
    size = std::strtoul(field(text, "Content-Length").c_str(), nullptr, 10);
  }
  return Request{field(text.substr(0, end), "Generation"), text.substr(end)};
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
    std::this_thread::sleep_for(2ms);
  }
}

void answer(int socket, Manner manner, const std::string& body) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  switch (manner) {
    case Manner::answers: send_all(socket, text); break;
    case Manner::is_gone:
    case Manner::is_killed: close_by_reset(socket); break;
    case Manner::resets:
      send_all(socket, text.substr(0, text.size() - body.size() / 2));
      close_by_reset(socket);
      break;
    case Manner::stalls: wait_until_the_client_leaves(socket); break;
    case Manner::drips: drip(socket, text); break;
    case Manner::unavailable:
      send_all(socket,
               "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
               "Content-Length: 0\r\n\r\n");
      break;
  }
}

const std::string payment =
    "payment ";  // its number follows: the generation, where that is counted

void serve(int socket, wire::Shared& shared) {
  if (const auto request = read_request(socket)) {
    const bool is_payment = request->body.starts_with(payment);
    const std::string number =
        is_payment ? request->body.substr(payment.size()) : request->generation;
    if (!number.empty()) {
      const std::size_t generation = std::strtoul(number.c_str(), nullptr, 10);
      shared.arrived[generation % wire::Shared::generations].fetch_add(1);
    }
    // A payment is made first, and then told: the answer may be lost.
    const Manner manner = shared.manner;
    if (is_payment && (manner == Manner::answers || manner == Manner::drips)) ++shared.paid;
    answer(socket, manner, is_payment ? "paid " + request->body : std::string(100, 'x'));
  }
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
