// httplib.hpp: cpp-httplib's client against cpp-httplib's server, which counts what arrives.
#include "breaker/adapters/httplib.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::HttplibResults;
using adapters::refused_by_httplib;

// Answers as its handler says, and counts. Each request is a connection of its own.
class Server {
 public:
  Server() : port_{server_.bind_to_any_port("127.0.0.1")} {
    server_.Get(".*", [this](const httplib::Request&, httplib::Response& response) {
      arrived.fetch_add(1);
      const int now = at_once_.fetch_add(1) + 1;
      int most = most_at_once.load();
      while (now > most && !most_at_once.compare_exchange_weak(most, now)) {
      }
      answer_(response);
      at_once_.fetch_sub(1);
    });
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() { stop(); }

  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// From now on, `answer` answers. **Requires** that no request is under way.
  void answers(std::function<void(httplib::Response&)> answer) { answer_ = std::move(answer); }
  void answers(int status) {
    answers([status](httplib::Response& response) { response.status = status; });
  }

  [[nodiscard]] httplib::Client client() const {
    httplib::Client client{"127.0.0.1", port_};
    client.set_read_timeout(20s);  // a busy machine may keep an answer back for seconds
    return client;
  }

  std::atomic<int> arrived{0};
  std::atomic<int> most_at_once{0};

 private:
  httplib::Server server_;
  int port_;
  std::function<void(httplib::Response&)> answer_ = [](httplib::Response&) {};
  std::atomic<int> at_once_{0};
  std::thread thread_;
};

// A circuit in front of a server. Its clock moves only when told.
struct Guarded {
  Server server;
  httplib::Client client = server.client();
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, HttplibResults> circuit{
      Config{.open_for = 10s}, ConsecutiveFailures{3}, HttplibResults{}, clock};

  httplib::Result get() {
    return circuit.call([&] { return client.Get("/price"); }, refused_by_httplib);
  }
  void get(int times) {
    for (int i = 0; i < times; ++i) static_cast<void>(get());
  }
};

// RFC 9110's preferred form.
std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

[[maybe_unused]] void example() {
#include "example/httplib.inc"
}

}  // namespace

TEST_CASE("a circuit around httplib opens on a failing server, probes it, and closes again") {
  Guarded guarded;
  Server& server = guarded.server;

  guarded.get(5);
  CHECK(server.arrived == 5);

  server.answers(503);
  guarded.get(10);
  CHECK(server.arrived == 5 + 3);
  CHECK(guarded.circuit.state() == State::open);

  guarded.clock.advance(10s);
  guarded.get(10);  // one probe, which fails
  CHECK(server.arrived == 5 + 3 + 1);

  server.answers(200);
  guarded.clock.advance(10s);
  guarded.get(10);  // one probe, which closes
  CHECK(server.arrived == 5 + 3 + 1 + 10);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("no more probes reach the server at a time than are allowed, whoever calls") {
  constexpr int callers = 6, probes = 2;
  Server server;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s, .probes = probes}, HttplibResults{}, clock};
  std::atomic<int> refused{0};
  // The probes stay until they are all there and everybody else was refused, or time is up.
  server.answers([&](httplib::Response&) {
    const auto all_are_through = [&] {
      return server.arrived >= probes && refused >= callers - probes;
    };
    for (int i = 0; i < 10'000 && !all_are_through(); ++i) std::this_thread::sleep_for(1ms);
  });
  circuit.trip();
  clock.advance(30s);

  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      httplib::Client client = server.client();
      const auto result = circuit.call([&] { return client.Get("/"); }, refused_by_httplib);
      if (!result) refused.fetch_add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(server.arrived == probes);
  CHECK(server.most_at_once == probes);
  CHECK(refused == callers - probes);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("the server's Retry-After is the open wait if it is longer") {
  Guarded guarded;
  std::string header;
  guarded.server.answers([&](httplib::Response& response) {
    response.status = 503;
    response.set_header("retry-after", header);  // whatever the case
  });

  SECTION("seconds") {
    header = "120";
    guarded.get(3);
    CHECK(guarded.circuit.why().open_for == 120s);
  }
  SECTION("a date") {
    header = http_date(std::chrono::system_clock::now() + 120s);
    guarded.get(3);
    CHECK(guarded.circuit.why().open_for > 110s);
    CHECK(guarded.circuit.why().open_for <= 120s);
  }
  SECTION("shorter than the configured wait") {
    header = "1";
    guarded.get(3);
    CHECK(guarded.circuit.why().open_for == 10s);
  }
  SECTION("nonsense") {
    header = "soon";
    guarded.get(3);
    CHECK(guarded.circuit.why().open_for == 10s);
  }
}

TEST_CASE("no answer is a failure, for each way in which none comes") {
  SECTION("nobody listens") {
    Guarded guarded;
    guarded.server.stop();
    CHECK(guarded.get().error() == httplib::Error::Connection);
    guarded.get(2);
    CHECK(guarded.circuit.state() == State::open);
  }
  SECTION("the server is too slow for the client's timeout") {
    Guarded guarded;
    guarded.client.set_read_timeout(100ms);
    std::atomic<bool> are_gone{false};
    guarded.server.answers([&](httplib::Response&) {
      while (!are_gone) std::this_thread::sleep_for(1ms);
    });
    guarded.get(4);
    are_gone = true;
    CHECK(guarded.circuit.state() == State::open);
    while (guarded.server.arrived < 3) std::this_thread::yield();
    CHECK(guarded.server.arrived == 3);
  }
}

TEST_CASE("an answer that is the caller's fault is a success") {
  Guarded guarded;
  for (const int status : {400, 401, 404, 409, 501}) {
    CAPTURE(status);
    guarded.server.answers(status);
    guarded.get(4);
    CHECK(guarded.circuit.snapshot().numbers.at[0] == 0);
  }
  CHECK(guarded.server.arrived == 20);

  guarded.server.answers(429);
  guarded.get(3);
  CHECK(guarded.circuit.state() == State::open);
}

TEST_CASE("a call that its caller cancels is ignored") {
  Guarded guarded;
  guarded.server.answers([](httplib::Response& response) { response.body = "a price"; });

  for (int i = 0; i < 5; ++i) {
    const auto result = guarded.circuit.call(
        [&] { return guarded.client.Get("/", [](const char*, std::size_t) { return false; }); },
        refused_by_httplib);
    CHECK(result.error() == httplib::Error::Canceled);
  }

  CHECK(guarded.server.arrived == 5);
  CHECK(guarded.circuit.snapshot().numbers == Numbers{});
}

TEST_CASE("a refused call comes back as a failed connection, and nothing is sent") {
  Guarded guarded;
  guarded.circuit.force_open();

  const httplib::Result result = guarded.get();

  CHECK_FALSE(result);
  CHECK(result.error() == httplib::Error::Connection);
  CHECK(guarded.server.arrived == 0);
}

TEST_CASE("the adapter for httplib allocates nothing of its own") {
  Guarded guarded;
  guarded.get(3);

  const int bare = allocations_in([&] { static_cast<void>(guarded.client.Get("/price")); });
  const int through = allocations_in([&] { static_cast<void>(guarded.get()); });

  CHECK(bare > 0);
  CHECK(through == bare);
}
