// libpq.hpp: libpq against a real PostgreSQL, started once for what does not harm it.
#include "breaker/adapters/libpq.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "adapters/postgres_server.hpp"
#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using adapters::LibpqResults;
using adapters::PostgresResult;
using adapters::refused_by_libpq;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connection = std::unique_ptr<PGconn, Finish>;

Connection connect(const std::string& address) { return Connection{PQconnectdb(address.c_str())}; }

// A circuit in front of a server. Its clock moves only when told.
struct Guarded {
  PostgresServer server;
  ManualClock clock;
  CircuitBreaker<ManualClock, ConsecutiveFailures, LibpqResults> circuit{
      Config{.open_for = 10s}, ConsecutiveFailures{1000}, LibpqResults{}, clock};
  Connection connection = connect(server.address());

  PostgresResult ask(const char* statement) {
    return circuit.call([&] { return PostgresResult{PQexec(connection.get(), statement)}; },
                        refused_by_libpq);
  }
  /// **Returns** how many failures in a row the circuit knows after this statement.
  unsigned failures_after(const char* statement) {
    last = ask(statement);
    return failures();
  }
  /// The same, of a connection.
  unsigned failures_after_connecting(const std::string& address) {
    circuit.call([&] { return connect(address); });
    return failures();
  }
  [[nodiscard]] unsigned failures() const { return circuit.snapshot().numbers.at[0]; }
  [[nodiscard]] std::string state() const {
    const char* const text = PQresultErrorField(last.get(), PG_DIAG_SQLSTATE);
    return text == nullptr ? "" : text;
  }

  PostgresResult last;
};

[[maybe_unused]] void example() {
#include "example/libpq.inc"
}

}  // namespace

TEST_CASE("what a statement gets wrong is an answer, what the server can't do is a failure") {
  Guarded guarded;
  CHECK(guarded.failures_after("CREATE TABLE price (id int PRIMARY KEY)") == 0);
  CHECK(guarded.failures_after("INSERT INTO price VALUES (1)") == 0);

  for (const char* wrong : {"INSERT INTO price VALUES (1)", "SELEKT 1", "SELECT * FROM nothing",
                            "SELECT 1 / 0", "SET lock_timeout = 'x'"}) {
    CAPTURE(wrong);
    guarded.circuit.try_acquire().failure();  // so that a success can be told from ignored
    CHECK(guarded.failures_after(wrong) == 0);
    CHECK(PQresultStatus(guarded.last.get()) == PGRES_FATAL_ERROR);
  }

  CHECK(guarded.failures_after("SET statement_timeout = '20ms'; SELECT pg_sleep(5)") == 1);
  CHECK(guarded.state() == "57014");
  CHECK(guarded.failures_after("SET default_transaction_read_only = on; "
                               "SET statement_timeout = 0") == 0);
  CHECK(guarded.failures_after("INSERT INTO price VALUES (2)") == 1);
  CHECK(guarded.state() == "25006");

  std::vector<Connection> all;
  for (int i = 0; i < 3; ++i) all.push_back(connect(guarded.server.address()));
  CHECK(guarded.failures_after_connecting(guarded.server.address()) == 2);  // 53300
  all.clear();
  while (guarded.failures_after_connecting(guarded.server.address()) > 0) {  // they leave later
  }

  Connection admin = connect(guarded.server.address());
  while (PQstatus(admin.get()) != CONNECTION_OK) {  // the last of them leaves later, too
    admin = connect(guarded.server.address());
  }
  const std::string kill =
      "SELECT pg_terminate_backend(" + std::to_string(PQbackendPID(guarded.connection.get())) + ")";
  CHECK(PostgresResult{PQexec(admin.get(), kill.c_str())});
  CHECK(guarded.failures_after("SELECT 1") == 1);  // 57P01, or the connection is lost
  CHECK(guarded.failures_after("SELECT 1") == 2);
  CHECK(guarded.state().empty());  // the client itself says so
}

TEST_CASE("a circuit around PostgreSQL opens when it shuts down, probes it, and closes again") {
  Guarded guarded;
  guarded.circuit.reconfigure(Config{.open_for = 10s}, ConsecutiveFailures{3});

  guarded.server.begin_shutdown();
  while (guarded.failures_after_connecting(guarded.server.address()) == 0) {  // 57P03
  }
  CHECK(guarded.failures_after("SELECT 1") == 0);  // who is connected may go on
  guarded.server.stop();
  CHECK(guarded.failures_after("SELECT 1") == 1);
  for (int i = 0; i < 2; ++i) guarded.failures_after_connecting(guarded.server.address());
  CHECK(guarded.circuit.state() == State::open);
  CHECK_FALSE(guarded.ask("SELECT 1"));

  guarded.server.start();
  guarded.clock.advance(10s);
  CHECK(guarded.failures_after_connecting(guarded.server.address()) == 0);
  CHECK(guarded.circuit.state() == State::closed);
}

TEST_CASE("a connection that is refused, and a server that never answers, are failures") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{2}, LibpqResults{}};
  const SilentPort silent;

  circuit.call([&] { return connect(PostgresServer::address_of(free_port())); });
  circuit.call([&] { return connect(PostgresServer::address_of(silent.number(), 2)); });

  CHECK(circuit.state() == State::open);
  CHECK(LibpqResults::on_result(static_cast<const PGconn*>(nullptr)).verdict == Verdict::ignored);
  CHECK(LibpqResults::on_result(static_cast<const PGresult*>(nullptr)).verdict == Verdict::failure);
}
