// A server that hangs: it takes connections and requests, and answers none. Two hundred threads call it, and
// their clients would wait for long. The circuit opens soon after the limit, not after the client's timeout.
#include <poll.h>
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

namespace {

/// A server that hangs until it is told to hang up.
class HangingServer {
 public:
  HangingServer() : thread_{[this] { run(); }} {}
  ~HangingServer() { hang_up(); }
  HangingServer(const HangingServer&) = delete;
  HangingServer& operator=(const HangingServer&) = delete;

  [[nodiscard]] const sockaddr_in& address() const { return port_.address(); }
  [[nodiscard]] int taken() const { return taken_; }

  /// Close all connections, and take no more.
  void hang_up() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::vector<int> connections;
    while (!stops_) {
      pollfd ready{port_.socket(), POLLIN, 0};
      if (::poll(&ready, 1, 5) == 1) {
        connections.push_back(::accept(port_.socket(), nullptr, nullptr));
        ++taken_;
      }
    }
    for (const int connection : connections) ::close(connection);
  }

  SilentPort port_;
  std::atomic<bool> stops_{false};
  std::atomic<int> taken_{0};
  std::thread thread_;
};

/// A request to the server, for which the client waits until `timeout`. **Returns** whether it was answered.
bool request(const HangingServer& server, milliseconds timeout) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval wait{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  char answer = 0;
  const bool is_answered = ::connect(socket, reinterpret_cast<const sockaddr*>(&server.address()),
                                     sizeof server.address()) == 0 &&
                           ::send(socket, "pay\n", 4, MSG_NOSIGNAL) == 4 &&
                           ::recv(socket, &answer, 1, 0) == 1;
  ::close(socket);
  return is_answered;
}

struct Times {
  milliseconds limit;
  milliseconds timeout;
  milliseconds room;  // to open in, after the limit
};

/// Two hundred threads call, and a timer checks. **Returns** how long after the first of them began
/// the circuit opened.
milliseconds time_to_open(const Times& times) {
  constexpr int threads = 200;
  HangingServer server;
  CircuitBreaker circuit{
      Config{}, any_of(FailureCount{5, within(10s)}, Overdue{{.limit = times.limit, .calls = 5}}),
      failing_when_false()};
  std::atomic<int> refused{0};
  std::vector<std::thread> callers;
  const auto began = Clock::now();
  for (int i = 0; i < threads; ++i) {
    callers.emplace_back([&] {
      // Who gets in hangs; all are back by the hundredth refusal at the latest.
      while (!circuit.call([&] { return request(server, times.timeout); },
                           [&](const Rejection&) { return ++refused > 100; })) {
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  while (circuit.state() == State::closed && Clock::now() - began < times.timeout) {
    std::this_thread::sleep_for(10ms);
    circuit.check();
  }
  const auto opened = Clock::now() - began;

  CHECK(circuit.why().words->rule == std::string_view{"overdue"});
  CHECK(server.taken() >= 5);
  server.hang_up();
  for (std::thread& caller : callers) caller.join();
  CHECK(circuit.snapshot().stale >= 5);  // the calls that hung are late
  CHECK(refused > 100);
  std::printf("open after %lld ms, limit %lld ms, timeout %lld ms\n",
              static_cast<long long>(std::chrono::duration_cast<milliseconds>(opened).count()),
              static_cast<long long>(times.limit.count()),
              static_cast<long long>(times.timeout.count()));
  return std::chrono::duration_cast<milliseconds>(opened);
}

void check_opening(const Times& times) {
  const milliseconds opened = time_to_open(times);
  CHECK(opened >= times.limit);
  CHECK(opened <= times.limit + times.room);
}

}  // namespace

TEST_CASE("a server that hangs is noticed within the limit, not after the client's timeout") {
  check_opening({.limit = 300ms, .timeout = 30s, .room = 5s});  // of a machine with much to do
}

// The long run has this one.
TEST_CASE("two hundred threads and a timeout of half a minute", "[.full]") {
  check_opening({.limit = 2s, .timeout = 30s, .room = 100ms});
}
