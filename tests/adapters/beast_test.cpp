// asio.hpp and http.hpp with Boost.Beast: a client against a server of Beast's, whose path says what to answer.
#include "breaker/adapters/asio.hpp"

#include <boost/asio.hpp>
#include <boost/beast.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "breaker/adapters/http.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using net::ip::tcp;

namespace {

using adapters::asio_call;
using Response = http::response<http::string_body>;

// "/503" answers that status, "/503/9" with a Retry-After of 9 s, "/hang" never.
class Server {
 public:
  Server() : acceptor_{io_, {net::ip::address_v4::loopback(), 0}} {
    net::co_spawn(io_, accept(), net::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }

  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

 private:
  net::awaitable<void> accept() {
    for (;;)
      net::co_spawn(io_, serve(co_await acceptor_.async_accept(net::use_awaitable)), net::detached);
  }
  net::awaitable<void> serve(tcp::socket socket) {
    beast::flat_buffer buffer;
    http::request<http::string_body> request;
    co_await http::async_read(socket, buffer, request, net::use_awaitable);
    const std::string path{request.target().data(), request.target().size()};
    if (path == "/hang") {
      hanging_.push_back(std::move(socket));
      co_return;
    }
    Response response{static_cast<http::status>(std::stoi(path.substr(1, 3))), 11};
    if (path.size() > 5) response.set(http::field::retry_after, path.substr(5));
    response.prepare_payload();
    co_await http::async_write(socket, response, net::use_awaitable);
  }

  net::io_context io_{1};
  tcp::acceptor acceptor_;
  std::vector<tcp::socket> hanging_;
  std::thread thread_;
};

net::awaitable<Response> get(tcp::endpoint server, std::string path,
                             std::chrono::milliseconds limit) {
  beast::tcp_stream stream{co_await net::this_coro::executor};
  stream.expires_after(limit);
  co_await stream.async_connect(server, net::use_awaitable);
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, "localhost");
  co_await http::async_write(stream, request, net::use_awaitable);
  beast::flat_buffer buffer;
  Response response;
  co_await http::async_read(stream, buffer, response, net::use_awaitable);
  co_return response;
}

// A circuit that judges by HttpResults, in front of a server. Its clock moves only when told.
struct Guarded {
  Server server;
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, adapters::HttpResults> circuit{
      Config{.open_for = 1s}, ConsecutiveFailures{2}, adapters::HttpResults{}, clock};
  net::io_context io{1};

  /// **Returns** the status, 0 if something was thrown, 1 if it was refused.
  unsigned get_through(const std::string& path, std::chrono::milliseconds limit = 10s,
                       std::chrono::milliseconds timeout = 10s) {
    unsigned status = 0;
    net::co_spawn(
        io, asio_call(circuit, timeout, [&, path] { return get(server.endpoint(), path, limit); }),
        [&](std::exception_ptr thrown, const Response& response) {
          try {
            if (thrown) std::rethrow_exception(thrown);
            status = response.result_int();
          } catch (const CircuitOpen&) {
            status = 1;
          } catch (const std::exception&) {
          }
        });
    io.restart();
    io.run();
    return status;
  }
  [[nodiscard]] unsigned failures() const { return circuit.snapshot().numbers.at[0]; }
};

}  // namespace

TEST_CASE("a 503 through Beast is a failure, its Retry-After the open wait") {
  Guarded guarded;

  CHECK(guarded.get_through("/503") == 503);
  CHECK(guarded.failures() == 1);
  CHECK(guarded.get_through("/404") == 404);
  CHECK(guarded.failures() == 0);
  CHECK(guarded.get_through("/429") == 429);
  CHECK(guarded.get_through("/503/9") == 503);
  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.circuit.why().open_for == 9s);
  CHECK(guarded.get_through("/200") == 1);

  guarded.clock.advance(9s);
  CHECK(guarded.get_through("/200") == 200);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("a server that hangs is a failure, whoever's timeout ends it") {
  Guarded guarded;

  CHECK(guarded.get_through("/hang", 30ms) == 0);  // the stream's
  CHECK(guarded.failures() == 1);
  CHECK(guarded.get_through("/hang", 10s, 30ms) == 0);  // the circuit's
  CHECK(guarded.circuit.state() == State::open);
}
