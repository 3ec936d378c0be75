// Shapes of results that carry an error, each made here; no library is needed. Those of libraries are in the tests
// beside this one.
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;

namespace {

/// A status in the manner of gRPC.
enum class Canonical { OK = 0, UNAVAILABLE = 14 };
class RpcStatus {
 public:
  RpcStatus() = default;
  RpcStatus(Canonical code, std::string text) : code_{code}, text_{std::move(text)} {}
  [[nodiscard]] bool ok() const { return code_ == Canonical::OK; }
  [[nodiscard]] Canonical error_code() const { return code_; }
  [[nodiscard]] const std::string& error_message() const { return text_; }

 private:
  Canonical code_ = Canonical::OK;
  std::string text_;
};

/// What only looks like one.
enum class Http { ok = 200, not_found = 404, unavailable = 503 };
struct HttpResponse {
  [[nodiscard]] bool ok() const { return status == Http::ok; }
  [[nodiscard]] Http code() const { return status; }
  Http status = Http::ok;
};

/// An error code in the manner of Boost, that a std::error_code becomes.
struct BoostCode {
  BoostCode() = default;
  explicit BoostCode(const std::error_code& code) : number{code.value()} {}
  [[nodiscard]] bool failed() const { return number != 0; }
  [[nodiscard]] int value() const { return number; }
  [[nodiscard]] static const std::error_category& category() { return std::generic_category(); }
  int number = 0;
};
/// The same, older.
struct OldBoostCode : private BoostCode {
  using BoostCode::category;
  using BoostCode::failed;
  using BoostCode::value;
};

const std::error_code timed_out = std::make_error_code(std::errc::timed_out);

/// **Returns** whether a circuit takes the result for a failure.
template <class R>
bool fails(R result) {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}};
  circuit.call([&]() -> R { return std::move(result); });
  return circuit.state() == State::open;
}

/// **Returns** what a refused call returns.
template <class R>
R refused() {
  CircuitBreaker circuit{Config{}, named("pay")};
  circuit.force_open();
  return circuit.call([]() -> R { return R(); });
}

}  // namespace

TEST_CASE("a status is known by the canonical codes that it names, and a refusal is one") {
  CHECK(fails(RpcStatus{Canonical::UNAVAILABLE, "down"}));
  CHECK_FALSE(fails(RpcStatus{}));
  CHECK(refused<RpcStatus>().error_code() == Canonical::UNAVAILABLE);
  CHECK(refused<RpcStatus>().error_message() ==
        "circuit pay is forced open: ask again in 300000 ms");
}

TEST_CASE(
    "a result that has ok() and code() is no status, unless its codes are the canonical ones") {
  CHECK_FALSE(fails(HttpResponse{Http::not_found}));
  CHECK_THROWS_AS(refused<HttpResponse>(), CircuitOpen);
}

TEST_CASE("an error code of Boost is a failure, and a refusal is one where it can be") {
  BoostCode failed;
  failed.number = 110;

  CHECK(fails(failed));
  CHECK_FALSE(fails(BoostCode{}));
  CHECK(refused<BoostCode>().value() == static_cast<int>(Errc::circuit_open));
  CHECK_FALSE(fails(OldBoostCode{}));
  CHECK_THROWS_AS(refused<OldBoostCode>(), CircuitOpen);
}

TEST_CASE("an exception that is returned is a failure, and a refusal is one") {
  CHECK(fails(std::make_exception_ptr(std::runtime_error{"down"})));
  CHECK_FALSE(fails(std::exception_ptr{}));
  CHECK_THROWS_AS(std::rethrow_exception(refused<std::exception_ptr>()), CircuitOpen);
  CHECK_THROWS_AS(std::rethrow_exception(RejectionAs<std::exception_ptr>::from(Rejection{})),
                  CircuitOpen);
}

TEST_CASE("a tuple or pair with one error is judged by that, and a refusal stands there") {
  using Read = std::tuple<std::error_code, std::size_t>;
  using Found = std::pair<int, std::exception_ptr>;

  CHECK(fails(Read{timed_out, 7}));
  CHECK_FALSE(fails(Read{std::error_code{}, 7}));
  CHECK(refused<Read>() == Read{Errc::circuit_open, 0});
  CHECK(fails(Found{1, std::make_exception_ptr(1)}));
  CHECK_THROWS_AS(std::rethrow_exception(refused<Found>().second), CircuitOpen);
  CHECK(fails(std::tuple<BoostCode>{BoostCode{timed_out}}));

  using Reply = std::pair<RpcStatus, int>;
  CHECK(fails(Reply{RpcStatus{Canonical::UNAVAILABLE, "down"}, 0}));
  CHECK_FALSE(fails(Reply{RpcStatus{}, 7}));
  CHECK(refused<Reply>().first.error_code() == Canonical::UNAVAILABLE);
}

TEST_CASE("a tuple of which the error can't be told is no error") {
  using Two = std::pair<std::error_code, std::error_code>;

  CHECK_FALSE(fails(Two{timed_out, timed_out}));
  CHECK_THROWS_AS(refused<Two>(), CircuitOpen);
  CHECK_FALSE(fails(std::array<std::error_code, 2>{timed_out, timed_out}));
  CHECK_FALSE(fails(std::tuple<>{}));
  CHECK_FALSE(fails(std::pair<int, bool>{-1, false}));
}

TEST_CASE("a tuple that can't be made without its other members can't carry a refusal") {
  struct NoDefault {
    explicit NoDefault(int) {}
  };
  using Read = std::tuple<std::error_code, NoDefault>;

  CHECK(fails(Read{timed_out, NoDefault{1}}));
  STATIC_REQUIRE_FALSE(detail::CarriesError<Read>);
}

TEST_CASE("a result with a member of data that is called then is no task") {
  struct Rule {
    std::string when, then;
  };
  CircuitBreaker circuit{Config{}};

  CHECK(circuit.call([] { return Rule{"it rains", "stay"}; }).then == "stay");
}

TEST_CASE("failing_when_false takes what is false, null or empty for a failure") {
  const auto fails_with = [](auto result) {
    CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, failing_when_false()};
    circuit.call([&] { return std::move(result); });
    return circuit.state() == State::open;
  };
  int number = 0;

  CHECK(fails_with(false));
  CHECK_FALSE(fails_with(true));
  CHECK(fails_with(static_cast<int*>(nullptr)));
  CHECK_FALSE(fails_with(&number));
  CHECK(fails_with(std::unique_ptr<int>{}));
  CHECK(fails_with(std::optional<bool>{}));
  CHECK_FALSE(fails_with(std::optional<bool>{false}));
}
