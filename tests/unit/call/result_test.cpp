// How results carry an error: recognised by shape, and how a rejection comes back inside.
#include "breaker/result.hpp"

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constexpr Rejection refusal{
    .retry_after = 1500ms, .generation = 7, .reason = RejectionReason::open};

/// Stands for a permit.
constexpr struct {
  [[nodiscard]] static Rejection rejection() { return ::refusal; }
  [[nodiscard]] static CircuitOpen refusal() { return CircuitOpen{::refusal}; }
} no_permit{};
enum class MyError { none, refused, broken };

/// The shape of an expected, and no more.
template <class T, class E>
struct Expected {
  struct unexpected_type {
    explicit unexpected_type(E e) : error{e} {}
    E error;
  };
  Expected(T value) : value_{value}, has_{true} {}
  Expected(unexpected_type unexpected) : error_{unexpected.error} {}
  [[nodiscard]] bool has_value() const { return has_; }
  [[nodiscard]] const E& error() const { return error_; }

 private:
  T value_{};
  E error_{};
  bool has_ = false;
};

/// A result of the user's own, made from its error as it stands.
class Reply {
 public:
  explicit Reply(std::string text) : text_{std::move(text)} {}
  explicit Reply(MyError error) : error_{error} {}
  [[nodiscard]] bool has_value() const { return error_ == MyError::none; }
  [[nodiscard]] MyError error() const { return error_; }

 private:
  std::string text_;
  MyError error_ = MyError::none;
};

}  // namespace

template <>
struct breaker::RejectionAs<MyError> {
  static MyError from(const Rejection&) { return MyError::refused; }
};

namespace {

/// An error that says whose it is.
struct NamedError {
  std::string circuit;
};

}  // namespace

template <>
struct breaker::RejectionAs<NamedError> {
  static NamedError from(const Rejection&, const char* name) { return {name}; }
};

TEST_CASE("the library's error code has a category, a message and a condition of its own") {
  const std::error_code code = Errc::circuit_open;

  CHECK(code.category().name() == std::string{"breaker"});
  CHECK(code.message() == "circuit open: the call was refused");
  CHECK(code == std::errc::connection_refused);
  CHECK(code != std::errc::resource_unavailable_try_again);  // no retry loop spins on it
  CHECK(code == make_error_code(Errc::circuit_open));
  CHECK(static_cast<bool>(code));
}

TEST_CASE("a number that is no code of the library is told as that") {
  const std::error_code code{99, error_category()};

  CHECK(code.message() == "unknown error");
  CHECK(code.default_error_condition().category() == error_category());
  CHECK(code != std::errc::connection_refused);
}

TEST_CASE("CircuitOpen says whose circuit it is, why, and for how long, in whole milliseconds") {
  const auto refused = [](RejectionReason reason) {
    return CircuitOpen{{.retry_after = 1ns, .generation = 0, .reason = reason}, nullptr, "pay"};
  };

  CHECK(CircuitOpen{refusal}.what() == std::string{"the circuit is open for 1500 ms"});
  CHECK(CircuitOpen{refusal, nullptr, "pay", "5 failures in a row"}.what() ==
        std::string{"circuit pay is open for 1500 ms: 5 failures in a row"});
  CHECK(refused(RejectionReason::probes_busy).what() ==
        std::string{"circuit pay is half-open, and its probes are out: ask again in 1 ms"});
  CHECK(refused(RejectionReason::forced_open).what() ==
        std::string{"circuit pay is forced open: ask again in 1 ms"});
  CHECK(refused(RejectionReason::needs_probe).what() ==
        std::string{
            "circuit pay lets only probes pass, and this call must not be one: ask again in 1 ms"});
  CHECK(refused(static_cast<RejectionReason>(9)).what() ==
        std::string{"circuit pay refuses for 1 ms"});
  CHECK(refused(RejectionReason::open).name() == std::string{"pay"});
  CHECK(CircuitOpen{refusal}.name() == std::string{});
  CHECK(CircuitOpen{refusal}.rejection() == refusal);
}

TEST_CASE("the longest text of CircuitOpen fits, and what is longer is cut") {
  const std::string name(Name::longest, 'n');
  const std::string cause(150, 'c');
  const Rejection longest{.retry_after = std::chrono::nanoseconds::max(),
                          .generation = 0,
                          .reason = RejectionReason::open};

  CHECK(CircuitOpen{longest, nullptr, name, cause.c_str()}.what() ==
        "circuit " + name + " is open for 9223372036855 ms: " + cause);
  const std::string far_too_long(1000, 'x');
  const CircuitOpen cut{longest, nullptr, far_too_long, far_too_long.c_str()};
  CHECK(std::string{cut.name()} == far_too_long.substr(0, 63));
  CHECK(std::string{cut.what()}.size() == 287);
}

TEST_CASE("an error of the library is known by its category's name") {
  class Twin final : public std::error_category {  // as another shared library may have it
   public:
    [[nodiscard]] const char* name() const noexcept override { return "breaker"; }
    [[nodiscard]] std::string message(int) const override { return ""; }
  };
  const Twin twin;

  CHECK(std::error_code{1, twin} == Errc::circuit_open);
  CHECK(Errc::circuit_open == std::error_code{1, twin});
  CHECK(std::error_code{2, twin} != Errc::circuit_open);
  CHECK(std::error_code{1, std::generic_category()} != Errc::circuit_open);
}

TEST_CASE("NoResult tells a rejection from an exception from a bad result") {
  const NoResult refused{refusal};
  const NoResult thrown{std::make_exception_ptr(std::runtime_error{"down"})};
  const NoResult bad{std::exception_ptr{}};

  REQUIRE(refused.rejection() != nullptr);
  CHECK(*refused.rejection() == refusal);
  CHECK_FALSE(refused.exception());
  CHECK(thrown.rejection() == nullptr);
  CHECK_THROWS_AS(std::rethrow_exception(thrown.exception()), std::runtime_error);
  CHECK(bad.rejection() == nullptr);
  CHECK_FALSE(bad.exception());
}

TEST_CASE("an error code carries an error when it is one") {
  CHECK_FALSE(detail::has_error(std::error_code{}));
  CHECK(detail::has_error(std::make_error_code(std::errc::timed_out)));
  CHECK(detail::reject<std::error_code>(no_permit) == Errc::circuit_open);
}

TEST_CASE("plain results carry no error, and a refusal of them throws") {
  CHECK_FALSE(detail::has_error(0));
  CHECK_FALSE(detail::has_error(false));
  CHECK_FALSE(detail::has_error(std::string{"error"}));
  STATIC_REQUIRE_FALSE(detail::CarriesError<int>);
  STATIC_REQUIRE_FALSE(detail::CarriesError<bool>);
  CHECK_THROWS_AS(detail::reject<int>(no_permit), CircuitOpen);
  CHECK_THROWS_AS(detail::reject<void>(no_permit), CircuitOpen);
  CHECK_THROWS_AS(detail::reject<int&>(no_permit), CircuitOpen);
}

TEST_CASE("a rejection comes back as what the error type can hold") {
  using Code = Expected<int, std::error_code>;
  using Whole = Expected<int, Rejection>;
  using Own = Expected<int, MyError>;
  using Thrown = Expected<int, std::exception_ptr>;
  CircuitBreaker pay{Config{}, named("pay")};
  pay.force_open();

  CHECK(pay.call([] { return Expected<int, NamedError>{1}; }).error().circuit == "pay");
  CHECK(detail::reject<Code>(no_permit).error() == Errc::circuit_open);
  CHECK(detail::reject<Whole>(no_permit).error() == refusal);
  CHECK(detail::reject<Own>(no_permit).error() == MyError::refused);
  CHECK_THROWS_AS(std::rethrow_exception(detail::reject<Thrown>(no_permit).error()), CircuitOpen);
  CHECK_FALSE(detail::reject<Own>(no_permit).has_value());
}

TEST_CASE("a result that is made from its error alone carries a rejection too") {
  CHECK_FALSE(detail::has_error(Reply{"hello"}));
  CHECK(detail::has_error(Reply{MyError::broken}));
  CHECK(detail::reject<Reply>(no_permit).error() == MyError::refused);
}

TEST_CASE("an error type that can't hold a rejection is known as such") {
  enum class Other { one };

  STATIC_REQUIRE(detail::MadeFromRejection<std::error_code>);
  STATIC_REQUIRE(detail::MadeFromRejection<std::exception_ptr>);
  STATIC_REQUIRE(detail::MadeFromRejection<MyError>);
  STATIC_REQUIRE_FALSE(detail::MadeFromRejection<Other>);
  STATIC_REQUIRE_FALSE(detail::MadeFromRejection<int>);
  STATIC_REQUIRE_FALSE(detail::MadeFromRejection<bool>);
  STATIC_REQUIRE_FALSE(detail::MadeFromRejection<std::string>);
}
