// libpqxx.hpp: libpqxx against a real PostgreSQL.
#include "breaker/adapters/libpqxx.hpp"

#include <chrono>
#include <string>

#include "adapters/postgres_server.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::PqxxErrors;

// A circuit in front of a server. Its clock moves only when told.
struct Guarded {
  PostgresServer server;
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, PqxxErrors> circuit{
      Config{.open_for = 10s}, ConsecutiveFailures{1000}, PqxxErrors{}, clock};

  /// **Returns** how many failures in a row the circuit knows after these statements.
  unsigned failures_after(const std::string& statements, const std::string& options = {}) {
    return failures_after([&] {
      pqxx::connection database{server.address(options)};
      pqxx::work work{database};
      work.exec(statements);
      work.commit();
    });
  }
  template <class Fn>
    requires requires(Fn fn) { fn(); }
  unsigned failures_after(const Fn& fn) {
    try {
      circuit.call(fn);
      thrown = "nothing";
    } catch (const std::exception& exception) {
      thrown = exception.what();
    }
    return circuit.snapshot().numbers.at[0];
  }

  std::string thrown;
};

[[maybe_unused]] void example() {
#include "example/libpqxx.inc"
  static_cast<void>(price);
}

}  // namespace

TEST_CASE("an exception of a statement is an answer, one of a server that can't serve a failure") {
  Guarded guarded;
  CHECK(guarded.failures_after("CREATE TABLE price (id int PRIMARY KEY)") == 0);
  CHECK(guarded.failures_after("INSERT INTO price VALUES (1)") == 0);
  CHECK(guarded.thrown == "nothing");

  for (const char* wrong :
       {"INSERT INTO price VALUES (1)", "SELEKT 1", "SELECT * FROM nothing", "SELECT 1 / 0"}) {
    CAPTURE(wrong);
    guarded.circuit.try_acquire().failure();  // so that a success can be told from ignored
    CHECK(guarded.failures_after(wrong) == 0);
    CHECK(guarded.thrown != "nothing");
  }
  guarded.circuit.try_acquire().failure();
  CHECK(guarded.failures_after([&] {
    pqxx::connection database{guarded.server.address()};
    pqxx::work work{database};
    work.exec1("SELECT * FROM price WHERE id = 7");
  }) == 0);  // no such row

  guarded.circuit.try_acquire().failure();
  CHECK(guarded.failures_after([&] {
    pqxx::connection database{guarded.server.address()};
    pqxx::work work{database};
    work.exec1("SELECT 'many'")[0].as<int>();
  }) == 1);  // the caller's, neither more nor forgiven
  CHECK(guarded.thrown != "nothing");

  CHECK(guarded.failures_after("SELECT pg_sleep(5)", "options='-c statement_timeout=20ms'") == 2);
  CHECK(guarded.failures_after("INSERT INTO price VALUES (2)",
                               "options='-c default_transaction_read_only=on'") == 3);
  CHECK(guarded.failures_after("SELECT pg_terminate_backend(pg_backend_pid())") == 4);
}

TEST_CASE("a circuit around libpqxx opens when PostgreSQL is gone, and closes again") {
  Guarded guarded;
  guarded.circuit.reconfigure(Config{.open_for = 10s}, ConsecutiveFailures{2});

  guarded.server.stop();
  guarded.failures_after("SELECT 1");
  guarded.failures_after("SELECT 1");
  CHECK(guarded.circuit.state() == State::open);

  guarded.server.start();
  guarded.clock.advance(10s);
  CHECK(guarded.failures_after("SELECT 1") == 0);
  CHECK(guarded.circuit.state() == State::closed);
}
