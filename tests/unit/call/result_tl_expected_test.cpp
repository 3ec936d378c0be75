// tl::expected as a result.
#include <tl/expected.hpp>

#include <string>
#include <system_error>

#include "breaker/result.hpp"
#include "unit/call/result_checks.hpp"

using breaker::State;
using result_checks::refused;
using result_checks::state_after;

namespace {

enum class Error { none, refused };

template <class T, class E = std::error_code>
using Expected = tl::expected<T, E>;
const auto timed_out = tl::unexpected<std::error_code>{std::make_error_code(std::errc::timed_out)};

}  // namespace

template <>
struct breaker::RejectionAs<Error> {
  static Error from(const Rejection&) { return Error::refused; }
};

TEST_CASE("an error inside a tl::expected is a failure") {
  CHECK(state_after([] { return Expected<int>{1}; }) == State::closed);
  CHECK(state_after([] { return Expected<int>{timed_out}; }) == State::open);
  CHECK(state_after([] { return Expected<void>{}; }) == State::closed);
  CHECK(state_after([] { return Expected<void>{timed_out}; }) == State::open);
}

TEST_CASE("a refused call comes back inside a tl::expected") {
  CHECK(refused([] { return Expected<int>{1}; }).error() == breaker::Errc::circuit_open);
  CHECK(refused([] { return Expected<void>{}; }).error() == std::errc::connection_refused);
  CHECK(refused([] { return Expected<std::string, Error>{""}; }).error() == Error::refused);
  CHECK(refused([] { return Expected<int, breaker::Rejection>{1}; }).error().reason ==
        breaker::RejectionReason::forced_open);
}

TEST_CASE("a tl::expected of a bool is judged by its error, not by its value") {
  CHECK(state_after([] { return Expected<bool>{false}; }) == State::closed);
  CHECK(refused([] { return Expected<bool>{true}; }).error() == breaker::Errc::circuit_open);
}
