// absl::Status and absl::StatusOr as results.
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "breaker/result.hpp"
#include "unit/call/result_checks.hpp"

using breaker::State;
using result_checks::refused;
using result_checks::state_after;

TEST_CASE("a status that is not ok is a failure") {
  CHECK(state_after([] { return absl::OkStatus(); }) == State::closed);
  CHECK(state_after([] { return absl::InternalError("broken"); }) == State::open);
}

TEST_CASE("a StatusOr without a value is a failure") {
  CHECK(state_after([] { return absl::StatusOr<int>{1}; }) == State::closed);
  CHECK(state_after([] { return absl::StatusOr<int>{absl::InternalError("broken")}; }) ==
        State::open);
  CHECK(state_after([] { return absl::StatusOr<std::unique_ptr<int>>{nullptr}; }) == State::closed);
}

TEST_CASE("a refused call comes back as unavailable") {
  const absl::Status status = refused([] { return absl::OkStatus(); });
  const absl::StatusOr<int> result = refused([] { return absl::StatusOr<int>{1}; });

  CHECK(status.code() == absl::StatusCode::kUnavailable);
  CHECK(std::string{status.message()}.find("the circuit is ") == 0);
  CHECK_FALSE(result.ok());
  CHECK(result.status() == status);
}
