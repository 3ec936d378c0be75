// libpqxx: a circuit breaker around the connections and transactions of the C++ client of PostgreSQL.
//
//   breaker::CircuitBreaker circuit{breaker::Config{}, breaker::adapters::PqxxErrors{}};
//
//   int price = circuit.call(
//       [] {
//         pqxx::connection database{"host=127.0.0.1 connect_timeout=2"};
//         pqxx::work work{database};
//         return work.exec("SELECT 42")[0][0].as<int>();
//       },
//       [](const breaker::Rejection&) { return -1; });  // refused; what the server says is thrown
//
// A failure is a connection that can't be made or is lost, a commit of which nobody knows whether it was
// done, and an error by which the server says that it can't serve, see judge_sqlstate(). Any other error
// of the server's (a constraint that is violated, wrong syntax) is an answer, a success; the exception
// still reaches the caller. What the caller does himself (a value that can't be converted, a
// transaction used wrongly) is ignored. For timeouts see libpq.hpp. Needs libpqxx 6.4 or later.
#pragma once

#include <exception>
#include <pqxx/pqxx>

#include "breaker/adapters/postgres.hpp"
#include "breaker/base/version.hpp"
#include "breaker/call/judge.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// The classifier for libpqxx.
struct PqxxErrors {
  /// What the circuit asks of a classifier, see ResultClassifier.
  [[nodiscard]] static Judgement on_exception(const std::exception_ptr& exception) {
    try {
      std::rethrow_exception(exception);
    } catch (const pqxx::sql_error& error) {
      return judge_sqlstate(error.sqlstate());
    } catch (const pqxx::unexpected_rows&) {
      return Verdict::success;
    } catch (const pqxx::argument_error&) {
      return Verdict::ignored;
    } catch (const pqxx::conversion_error&) {
      return Verdict::ignored;
    } catch (const pqxx::range_error&) {
      return Verdict::ignored;
    } catch (const pqxx::usage_error&) {
      return Verdict::ignored;
    } catch (...) {
      return Judgement::none();
    }
  }
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
