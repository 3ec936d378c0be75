// Boost.Outcome as a result.
#include <boost/outcome/std_outcome.hpp>
#include <boost/outcome/std_result.hpp>
#include <string>
#include <system_error>

#include "breaker/result.hpp"
#include "unit/call/result_checks.hpp"

using breaker::State;
using result_checks::refused;
using result_checks::state_after;

namespace {

template <class T>
using Result = boost::outcome_v2::std_result<T>;
template <class T>
using Outcome = boost::outcome_v2::std_outcome<T>;

}  // namespace

TEST_CASE("an error inside an Outcome result is a failure") {
  CHECK(state_after([] { return Result<int>{1}; }) == State::closed);
  CHECK(state_after([] { return Result<int>{std::make_error_code(std::errc::timed_out)}; }) ==
        State::open);
  CHECK(state_after([] { return Result<void>{boost::outcome_v2::success()}; }) == State::closed);
  CHECK(state_after([] { return Result<void>{std::make_error_code(std::errc::timed_out)}; }) ==
        State::open);
}

TEST_CASE("a refused call comes back inside an Outcome result") {
  CHECK(refused([] { return Result<int>{1}; }).error() == breaker::Errc::circuit_open);
  CHECK(refused([] { return Result<std::string>{"a"}; }).error() == std::errc::connection_refused);
  CHECK(refused([] { return Result<void>{boost::outcome_v2::success()}; }).error() ==
        breaker::Errc::circuit_open);
}

TEST_CASE("an outcome that holds an exception is a failure too") {
  CHECK(state_after([] { return Outcome<int>{1}; }) == State::closed);
  CHECK(state_after([] { return Outcome<int>{std::make_exception_ptr(1)}; }) == State::open);
  CHECK(refused([] { return Outcome<int>{1}; }).error() == breaker::Errc::circuit_open);
}
