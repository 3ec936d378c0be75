// asio.hpp: coroutines against a TCP server that answers, resets or stalls, and counts. Built with
// standalone Asio and with Boost.Asio.
#include "breaker/adapters/asio.hpp"

#if defined(BREAKER_BOOST_ASIO)
#include <boost/asio.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#else
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#endif

#include <atomic>
#include <chrono>
#include <iostream>
#include <list>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"

using namespace breaker;
using namespace std::chrono_literals;
namespace net = breaker::adapters::net;

namespace {

using adapters::asio_call;
using net::ip::tcp;

constexpr auto in_coroutine = net::use_awaitable;
/// A timeout of what does not hang: a busy machine may keep an answer back for seconds.
constexpr std::chrono::milliseconds patient = 10s;

// Answers each connection with a line, closes it by a reset, or never answers.
class Server {
 public:
  enum class Mode { answers, resets, stalls };

  Server() : acceptor_{io_, {net::ip::address_v4::loopback(), 0}} {
    net::co_spawn(io_, accept(), net::detached);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }

  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  std::atomic<Mode> mode{Mode::answers};
  std::atomic<int> arrived{0};

 private:
  net::awaitable<void> accept() {
    for (;;) {
      net::co_spawn(io_, serve(co_await acceptor_.async_accept(in_coroutine)), net::detached);
    }
  }

  net::awaitable<void> serve(tcp::socket socket) {
    std::string request;
    co_await net::async_read_until(socket, net::dynamic_buffer(request), '\n', in_coroutine);
    arrived.fetch_add(1);
    switch (mode.load()) {
      case Mode::answers:
        co_await net::async_write(socket, net::buffer("42 for " + request), in_coroutine);
        break;
      case Mode::resets: socket.set_option(net::socket_base::linger{true, 0}); break;
      case Mode::stalls: stalled_.push_back(std::move(socket)); break;
    }
  }

  net::io_context io_{1};
  tcp::acceptor acceptor_;
  std::list<tcp::socket> stalled_;
  std::thread thread_;
};

net::awaitable<std::string> ask(tcp::endpoint server, std::string question) {
  tcp::socket socket{co_await net::this_coro::executor};
  co_await socket.async_connect(server, in_coroutine);
  question += '\n';
  co_await net::async_write(socket, net::buffer(question), in_coroutine);
  std::string answer;
  co_await net::async_read_until(socket, net::dynamic_buffer(answer), '\n', in_coroutine);
  co_return answer;
}

net::awaitable<void> sleep_for(std::chrono::milliseconds time) {
  net::steady_timer timer{co_await net::this_coro::executor, time};
  co_await timer.async_wait(in_coroutine);
}

// A circuit in front of a server. Its clock moves only when told.
struct Guarded {
  Server server;
  ManualClock clock;
  CircuitBreaker<ManualClock> circuit{Config{.open_for = 10s}, ConsecutiveFailures{3}, clock};
  net::io_context io{1};

  // Runs until everything that was spawned has ended.
  void run() {
    io.restart();
    io.run();
  }

  /// **Returns** the error that a coroutine ended with, 0 if none.
  template <class Make>
  net::error_code run(Make make) {
    net::error_code code;
    net::co_spawn(io, make(), [&](std::exception_ptr thrown, auto...) {
      try {
        if (thrown) std::rethrow_exception(thrown);
      } catch (const net::system_error& error) {
        code = error.code();
      } catch (const CircuitOpen&) {
        code = net::error::connection_refused;
      }
    });
    run();
    return code;
  }

  net::error_code ask_through(std::chrono::milliseconds timeout = patient) {
    return run([&] {
      return asio_call(circuit, timeout, [&] { return ask(server.endpoint(), "price"); });
    });
  }
  void ask_through(int times) {
    for (; times > 0; --times) ask_through();
  }
};

[[maybe_unused]] net::awaitable<void> example(tcp::endpoint server) {
  const tcp::endpoint endpoint = server;
  tcp::socket socket{co_await net::this_coro::executor};
#include "example/asio.inc"
}

}  // namespace

TEST_CASE("a circuit around a coroutine opens on resets, probes, and closes again") {
  Guarded guarded;
  Server& server = guarded.server;

  guarded.ask_through(5);
  CHECK(server.arrived == 5);

  server.mode = Server::Mode::resets;
  guarded.ask_through(10);
  CHECK(server.arrived == 5 + 3);
  CHECK(guarded.circuit.state() == State::open);

  guarded.clock.advance(10s);
  guarded.ask_through(10);  // one probe, which fails
  CHECK(server.arrived == 5 + 3 + 1);

  server.mode = Server::Mode::answers;
  guarded.clock.advance(10s);
  guarded.ask_through(10);  // one probe, which closes
  CHECK(server.arrived == 5 + 3 + 1 + 10);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("of many coroutines at a time no more reach the server than there may be probes") {
  Guarded guarded;
  CircuitBreaker circuit{Config{.open_for = 10s, .probes = 2}, guarded.clock};
  guarded.server.mode = Server::Mode::stalls;
  circuit.trip();
  guarded.clock.advance(10s);
  int refused = 0;

  for (int i = 0; i < 8; ++i) {
    net::co_spawn(guarded.io,
                  asio_call(circuit, 1s, [&] { return ask(guarded.server.endpoint(), "price"); }),
                  [&](std::exception_ptr thrown, auto&&) {
                    try {
                      std::rethrow_exception(thrown);
                    } catch (const CircuitOpen&) {
                      ++refused;
                    } catch (const net::system_error&) {
                    }
                  });
  }
  guarded.run();

  CHECK(guarded.server.arrived == 2);
  CHECK(refused == 6);
  CHECK(circuit.state() == State::open);  // both hung
}

TEST_CASE("a server that stalls is a failure when the timeout is over, and is told as that") {
  Guarded guarded;
  guarded.server.mode = Server::Mode::stalls;

  for (int i = 0; i < 3; ++i) CHECK(guarded.ask_through(20ms) == net::error::timed_out);

  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.circuit.why().numbers.at[0] == 3);
  CHECK(guarded.ask_through(20ms) == net::error::connection_refused);  // refused
  CHECK(guarded.server.arrived <= 3);  // a busy machine may be slower than 20 ms
}

TEST_CASE("a hang that does not heed its cancellation is a failure all the same, at once") {
  Guarded guarded;
  std::uint32_t failures_meanwhile = 0;
  bool has_ended = false, had_ended = false;
  const auto deaf = [&]() -> net::awaitable<void> {
    co_await net::this_coro::reset_cancellation_state(net::disable_cancellation());
    co_await sleep_for(200ms);
    has_ended = true;
  };
  const auto look = [&]() -> net::awaitable<void> {
    co_await sleep_for(100ms);
    failures_meanwhile = guarded.circuit.snapshot().numbers.at[0];
    had_ended = has_ended;
  };

  net::co_spawn(guarded.io, look(), net::detached);
  const net::error_code code = guarded.run([&] { return asio_call(guarded.circuit, 20ms, deaf); });

  CHECK(failures_meanwhile == 1);
  CHECK_FALSE(had_ended);
  CHECK_FALSE(code);  // it did come to an end, and to no error
  CHECK(guarded.circuit.snapshot().numbers.at[0] == 1);
}

TEST_CASE("a call that is cancelled from outside is ignored") {
  Guarded guarded;
  guarded.server.mode = Server::Mode::resets;
  guarded.ask_through(1);
  guarded.server.mode = Server::Mode::stalls;
  const auto question = [&] { return ask(guarded.server.endpoint(), "price"); };
  const auto cancel_soon = [&](auto call) {
    net::cancellation_signal signal;
    net::error_code code;
    net::co_spawn(guarded.io, std::move(call),
                  net::bind_cancellation_slot(signal.slot(),
                                              [&](std::exception_ptr thrown, const std::string&) {
                                                try {
                                                  std::rethrow_exception(thrown);
                                                } catch (const net::system_error& error) {
                                                  code = error.code();
                                                }
                                              }));
    const auto cancel = [&]() -> net::awaitable<void> {
      while (guarded.server.arrived < 2) co_await sleep_for(1ms);
      signal.emit(net::cancellation_type::all);
    };
    net::co_spawn(guarded.io, cancel, net::detached);
    guarded.run();
    return code;
  };

  SECTION("with a timeout") {
    CHECK(cancel_soon(asio_call(guarded.circuit, patient, question)) ==
          net::error::operation_aborted);
  }
  SECTION("without one") {
    CHECK(cancel_soon(asio_call(guarded.circuit, question)) == net::error::operation_aborted);
  }
  CHECK(guarded.server.arrived == 2);
  CHECK(guarded.circuit.snapshot().numbers.at[0] == 1);  // neither more nor forgiven
}

TEST_CASE("a probe that is destroyed with its io_context hands its slot back") {
  Server server;
  server.mode = Server::Mode::stalls;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, clock};
  circuit.trip();
  clock.advance(10s);
  const auto question = [&] { return ask(server.endpoint(), "price"); };
  bool was_taken = false;

  {
    net::io_context io{1};
    SECTION("with a timeout") {
      net::co_spawn(io, asio_call(circuit, patient, question), net::detached);
    }
    SECTION("without one") { net::co_spawn(io, asio_call(circuit, question), net::detached); }
    while (server.arrived == 0) io.run_for(5ms);
    was_taken = !circuit.would_admit();
  }

  CHECK(was_taken);
  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.would_admit());
}

TEST_CASE("a refused call does not call the function, and says so as call() does") {
  Guarded guarded;
  guarded.circuit.force_open();
  bool was_called = false;
  bool was_thrown = false;
  std::error_code error;
  const auto caller = [&]() -> net::awaitable<void> {
    error = co_await asio_call(guarded.circuit, 1s, [&]() -> net::awaitable<std::error_code> {
      was_called = true;
      co_return std::error_code{};
    });
    try {
      co_await asio_call(guarded.circuit, [&] { return ask(guarded.server.endpoint(), "price"); });
    } catch (const CircuitOpen& refusal) {
      was_thrown = refusal.rejection().reason == RejectionReason::forced_open;
    }
  };

  guarded.run(caller);

  CHECK(error == Errc::circuit_open);
  CHECK(was_thrown);
  CHECK_FALSE(was_called);
  CHECK(guarded.server.arrived == 0);
}

TEST_CASE(
    "another circuit's refusal in a coroutine is no evidence, one by the own circuit a failure") {
  Guarded guarded;
  CircuitBreaker<ManualClock> outer{Config{}, ConsecutiveFailures{1}, guarded.clock};
  const auto ask_nested = [&](auto& inner) {
    return guarded.run([&] {
      return asio_call(outer, [&] {
        return asio_call(inner, [&] { return ask(guarded.server.endpoint(), "price"); });
      });
    });
  };
  guarded.circuit.trip();

  for (int i = 0; i < 5; ++i) CHECK(ask_nested(guarded.circuit) == net::error::connection_refused);
  CHECK(outer.state() == State::closed);
  CHECK(outer.numbers() == Numbers{});

  outer.trip();
  guarded.clock.advance(30s);
  guarded.circuit.trip(1h);
  CHECK(ask_nested(guarded.circuit) == net::error::connection_refused);
  CHECK(outer.state() == State::half_open);
  CHECK(outer.would_admit());  // its slot is back
  CHECK(ask_nested(outer) == net::error::connection_refused);
  CHECK(outer.state() == State::open);
  CHECK(guarded.server.arrived == 0);
}

TEST_CASE("results come back as they are, and may be judged by a classifier of the caller's") {
  Guarded guarded;
  std::string answer;
  std::unique_ptr<int> moved;
  const auto caller = [&]() -> net::awaitable<void> {
    const auto question = [&] { return ask(guarded.server.endpoint(), "price"); };
    answer = co_await asio_call(guarded.circuit, patient, question);
    moved = co_await asio_call(
        guarded.circuit, patient,
        []() -> net::awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(7); });
    const auto dislikes = failing_on([](const std::string&) { return true; });
    for (int i = 0; i < 3; ++i) {
      co_await asio_call(guarded.circuit, patient, question, adapters::AsioErrors{} | dislikes);
    }
  };

  CHECK_FALSE(guarded.run(caller));

  CHECK(answer == "42 for price\n");
  CHECK(*moved == 7);
  CHECK(guarded.circuit.state() == State::open);
}

TEST_CASE("a classifier of the caller's may go by how long the operation took") {
  struct GaveUp {};
  Guarded guarded;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}};
  const auto give_up = [&](Duration longest) {
    guarded.run([&]() -> net::awaitable<void> {
      const auto operation = []() -> net::awaitable<void> {
        co_await sleep_for(20ms);
        throw GaveUp{};
      };
      try {
        co_await asio_call(circuit, operation, ignoring<GaveUp>().up_to(longest));
      } catch (const GaveUp&) {
      }
    });
  };

  give_up(1min);
  CHECK(circuit.state() == State::closed);
  give_up(5ms);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("an error inside a tuple, or returned as it is, counts") {
  constexpr auto as_tuple = net::experimental::as_tuple(in_coroutine);
  Guarded guarded;
  const tcp::endpoint nobody{net::ip::address_v4::loopback(),
                             static_cast<net::ip::port_type>(free_port())};
  using Tuple = std::tuple<net::error_code>;
  net::error_code last;
  const auto connect = [&]() -> net::awaitable<Tuple> {
    tcp::socket socket{co_await net::this_coro::executor};
    co_return co_await socket.async_connect(nobody, as_tuple);
  };

  SECTION("a tuple") {
    for (int i = 0; i < 4; ++i) {
      guarded.run([&]() -> net::awaitable<void> {
        last = std::get<0>(co_await asio_call(guarded.circuit, patient, connect));
      });
    }
    CHECK(last == make_error_code(Errc::circuit_open));
  }
  SECTION("a code") {
    for (int i = 0; i < 3; ++i) {
      guarded.run([&]() -> net::awaitable<void> {
        last =
            co_await asio_call(guarded.circuit, patient, [&]() -> net::awaitable<net::error_code> {
              co_return std::get<0>(co_await connect());
            });
      });
    }
    CHECK(last == net::error::connection_refused);
  }

  CHECK(guarded.circuit.state() == State::open);
  CHECK(guarded.circuit.why().numbers.at[0] == 3);
}

TEST_CASE("operation_aborted is ignored also in a tuple, unless it is the function's own timeout") {
  Guarded guarded;
  const auto failures_after = [&](adapters::AsioErrors classifier, bool throws) {
    guarded.run([&]() -> net::awaitable<void> {
      const auto operation = [&]() -> net::awaitable<std::tuple<net::error_code>> {
        const net::error_code aborted = net::error::operation_aborted;
        if (throws) throw net::system_error{aborted};
        co_return std::tuple{aborted};
      };
      co_await asio_call(guarded.circuit, operation, classifier);
    });
    return guarded.circuit.snapshot().numbers.at[0];
  };

  CHECK(failures_after({}, false) == 0);
  CHECK(failures_after({}, true) == 0);
  CHECK(failures_after({.aborted = Verdict::failure}, false) == 1);
  CHECK(failures_after({.aborted = Verdict::failure}, true) == 2);
}

TEST_CASE("an operation that loses against a timer inside the call is a failure, said in a word") {
  using namespace net::experimental::awaitable_operators;
  Guarded guarded;
  const auto ask_or_give_up = [&](std::chrono::milliseconds longest) {
    std::string answer;
    const net::error_code code = guarded.run([&]() -> net::awaitable<void> {
      answer = co_await asio_call(guarded.circuit, [&]() -> net::awaitable<std::string> {
        net::steady_timer timer{co_await net::this_coro::executor, longest};
        co_return adapters::in_time(
            co_await (ask(guarded.server.endpoint(), "price") || timer.async_wait(in_coroutine)));
      });
    });
    CHECK((code == net::error::timed_out) == answer.empty());
    return guarded.circuit.snapshot().numbers.at[0];
  };

  CHECK(ask_or_give_up(patient) == 0);
  guarded.server.mode = Server::Mode::stalls;
  CHECK(ask_or_give_up(20ms) == 1);
  CHECK(ask_or_give_up(20ms) == 2);
}

TEST_CASE("a permit lives in a handler, and is settled there") {
  Guarded guarded;
  tcp::socket socket{guarded.io};
  const auto connect = [&](tcp::endpoint to) {
    auto permit = guarded.circuit.try_acquire();
    if (!permit) return false;
    socket = tcp::socket{guarded.io};
    socket.async_connect(to, [permit = std::move(permit)](net::error_code error) mutable {
      permit.settle_by(error, adapters::AsioErrors{});
    });
    return true;
  };
  const tcp::endpoint nobody{net::ip::address_v4::loopback(),
                             static_cast<net::ip::port_type>(free_port())};

  for (int i = 0; i < 3; ++i) {
    CHECK(connect(nobody));
    guarded.run();
  }
  CHECK_FALSE(connect(nobody));
  CHECK(guarded.circuit.state() == State::open);

  guarded.clock.advance(10s);
  CHECK(connect(guarded.server.endpoint()));
  CHECK_FALSE(guarded.circuit.would_admit());
  socket.close();  // who closes it gives it up
  guarded.run();
  CHECK(guarded.circuit.would_admit());
  CHECK(connect(guarded.server.endpoint()));
  guarded.run();
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("the circuit's own classifier goes first, the call's own second") {
  struct Own {
    static Judgement on_result(const std::string& answer) {
      return answer.empty() ? Verdict::failure : Judgement::none();
    }
    static Judgement on_exception(const std::exception_ptr&) { return Judgement::none(); }
  };
  Guarded guarded;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, Own{}, Counters{}};
  const auto answered = [&](const char* text) {
    guarded.run([&]() -> net::awaitable<void> {
      co_await asio_call(
          circuit, [&]() -> net::awaitable<std::string> { co_return text; },
          adapters::AsioErrors{} | failing_on([](const std::string& s) { return s == "bad"; }));
    });
    return circuit.snapshot().numbers.at[0];
  };

  CHECK(answered("") == 1);
  CHECK(answered("bad") == 2);
  CHECK(answered("good") == 0);
  guarded.run([&]() -> net::awaitable<void> {
    co_await asio_call(circuit, []() -> net::awaitable<std::string> {
      throw net::system_error{make_error_code(net::error::operation_aborted)};
      co_return "";
    });
  });
  CHECK(circuit.listener().totals().ignored == 1);
}

TEST_CASE("an operation that ends just as its timeout does ends once, and is counted once") {
  Guarded guarded;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1000}, Counters{}};
  unsigned timed_out = 0;

  for (int i = 0; i < 200; ++i) {
    const net::error_code code =
        guarded.run([&] { return asio_call(circuit, 1ms, [] { return sleep_for(1ms); }); });
    if (code) CHECK(code == net::error::timed_out);
    timed_out += code ? 1U : 0U;
  }

  const CallTotals totals = circuit.listener().totals();
  CHECK(totals.admitted == 200);
  CHECK(totals.succeeded + totals.failed == 200);
  CHECK(totals.failed >= timed_out);
}

TEST_CASE("the adapter for Asio allocates nothing that Asio does not") {
  Guarded guarded;
  const auto nothing = []() -> net::awaitable<int> { co_return 1; };
  const auto count = [&](auto make) {
    int allocated = -1;
    const auto repeat = [&]() -> net::awaitable<void> {
      for (int i = 0; i < 10; ++i) co_await make();  // Asio keeps freed frames
      is_counting = true;
      counted_memory = {};
      for (int i = 0; i < 10; ++i) co_await make();
      is_counting = false;
      allocated = counted_memory.allocations;
    };
    guarded.run(repeat);
    return allocated;
  };

  const int bare = count(nothing);
  const int through = count([&] { return asio_call(guarded.circuit, nothing); });
  const int timed = count([&] { return asio_call(guarded.circuit, 1s, nothing); });
  const int timed_by_asio = count([&]() -> net::awaitable<int> {
    using namespace net::experimental::awaitable_operators;
    net::steady_timer timer{co_await net::this_coro::executor, 1s};
    co_return (co_await (nothing() || timer.async_wait(in_coroutine))).index() == 0;
  });

  CAPTURE(bare, through, timed, timed_by_asio);
  CHECK(through == bare);
  CHECK(timed <= timed_by_asio);
}
