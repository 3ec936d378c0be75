// libpq: a circuit breaker around the connections and statements of PostgreSQL's own client.
//
//   PGconn* database = PQconnectdb("host=127.0.0.1 connect_timeout=2 options='-c statement_timeout=2s'");
//   breaker::CircuitBreaker circuit{breaker::Config{}, breaker::adapters::LibpqResults{}};
//
//   breaker::adapters::PostgresResult price = circuit.call(
//       [&] { return breaker::adapters::PostgresResult{PQexec(database, "SELECT 42")}; },
//       breaker::adapters::refused_by_libpq);
//   if (!price) std::puts("refused");
//
// A failure is a connection that is bad, and a result by which the server says that it can't serve, see
// judge_sqlstate(), or that says of no server at all: the connection is lost. Any other error (a
// constraint that is violated, wrong syntax) is an answer, a success. A PGconn* is judged, too: connect,
// and connect again, through the circuit. A wrong password is a bad connection like another, as libpq
// keeps no code of that. A statement that you cancel by PQcancel() looks like one that took too long:
// settle its permit as ignored. Keep statement_timeout shorter than the circuit's probe_lease; it ends
// with the server, so set tcp_user_timeout for a host that is gone.
#pragma once

#include <libpq-fe.h>

#include <memory>

#include "breaker/adapters/postgres.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// Frees a result.
struct ClearPostgresResult {
  /// As PQclear().
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
/// A result that frees itself.
using PostgresResult = std::unique_ptr<PGresult, ClearPostgresResult>;

/// The classifier for libpq: of a result and of a connection, as a pointer or a std::unique_ptr.
struct LibpqResults {
  /// What the circuit asks of a classifier, see ResultClassifier. @{
  [[nodiscard]] static Judgement on_result(const PGresult* result) noexcept {
    switch (PQresultStatus(result)) {  // of null: PGRES_FATAL_ERROR
      case PGRES_BAD_RESPONSE:
      case PGRES_FATAL_ERROR: break;
      default: return Verdict::success;
    }
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return judge_sqlstate(state == nullptr ? "" : state);
  }
  [[nodiscard]] static Judgement on_result(const PGconn* connection) noexcept {
    if (connection == nullptr) return Verdict::ignored;  // there is no memory for it
    return PQstatus(connection) == CONNECTION_BAD ? Verdict::failure : Verdict::success;
  }
  template <class Pointee, class Delete>
    requires requires(Pointee* pointer) { LibpqResults::on_result(pointer); }
  [[nodiscard]] static Judgement on_result(const std::unique_ptr<Pointee, Delete>& owner) noexcept {
    return on_result(owner.get());
  }  /// @}
};

/// A fallback: what a refused call answers, no result. Calls that failed come back as they are.
/// (Without a fallback, a refused call throws CircuitOpen.)
inline constexpr auto refused_by_libpq = [](const Rejection& /*rejection*/) {
  return PostgresResult{};
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
