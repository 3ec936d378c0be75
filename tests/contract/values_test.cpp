// What the types of permits, results and settings promise.
#include <chrono>
#include <concepts>
#include <exception>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using Permit = breaker::CircuitBreaker<>::Permit;

TEST_CASE("a permit moves without throwing and is not copied") {
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Permit>);
  STATIC_REQUIRE(std::is_nothrow_move_assignable_v<Permit>);
  STATIC_REQUIRE(!std::is_copy_constructible_v<Permit>);
  STATIC_REQUIRE(!std::is_copy_assignable_v<Permit>);
  STATIC_REQUIRE(std::is_nothrow_destructible_v<Permit>);
  STATIC_REQUIRE(std::is_nothrow_default_constructible_v<Permit>);
}

TEST_CASE("a permit is three words at most, a rejection two") {
  STATIC_REQUIRE(sizeof(Permit) <= 24);
  STATIC_REQUIRE(sizeof(breaker::Rejection) == 16);
}

TEST_CASE("settling a permit does not throw") {
  STATIC_REQUIRE(noexcept(std::declval<Permit&>().settle(breaker::Verdict::success)));
  STATIC_REQUIRE(noexcept(std::declval<Permit&>().success()));
  STATIC_REQUIRE(noexcept(std::declval<Permit&>().failure()));
  STATIC_REQUIRE(noexcept(std::declval<Permit&>().ignore()));
  STATIC_REQUIRE(noexcept(std::declval<Permit&>().if_dropped(breaker::Verdict::failure)));
  STATIC_REQUIRE(noexcept(std::declval<const Permit&>().rejection()));
  STATIC_REQUIRE(noexcept(static_cast<bool>(std::declval<const Permit&>())));
  STATIC_REQUIRE(noexcept(std::declval<const Permit&>().is_probe()));
}

TEST_CASE("a permit is asked in a condition, never taken for a number") {
  STATIC_REQUIRE(std::is_constructible_v<bool, Permit>);
  STATIC_REQUIRE(!std::is_convertible_v<Permit, bool>);
  STATIC_REQUIRE(!std::is_convertible_v<Permit, int>);
}

TEST_CASE("the values are cheap: trivially copyable, with equality") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Rejection>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Transition>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Snapshot>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Saved>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Config>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::AnyClock>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Numbers>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Limits>);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Words>);
  STATIC_REQUIRE(std::equality_comparable<breaker::Rejection>);
  STATIC_REQUIRE(std::equality_comparable<breaker::Transition>);
  STATIC_REQUIRE(std::equality_comparable<breaker::Snapshot>);
  STATIC_REQUIRE(std::equality_comparable<breaker::Numbers>);
  STATIC_REQUIRE(std::equality_comparable<breaker::Limits>);
}

TEST_CASE("how a policy stands is handed over in two registers") {
  STATIC_REQUIRE(sizeof(breaker::Standing) == 16);
  STATIC_REQUIRE(std::is_trivially_copyable_v<breaker::Standing>);
  STATIC_REQUIRE(sizeof(breaker::Standing::Kind) == 1);
}

TEST_CASE("the enums take one byte each") {
  STATIC_REQUIRE(sizeof(breaker::State) == 1);
  STATIC_REQUIRE(sizeof(breaker::Verdict) == 1);
  STATIC_REQUIRE(sizeof(breaker::Settled) == 1);
  STATIC_REQUIRE(sizeof(breaker::Reason) == 1);
  STATIC_REQUIRE(sizeof(breaker::RejectionReason) == 1);
}

TEST_CASE("the library's exceptions are std::exceptions and copy without throwing") {
  STATIC_REQUIRE(std::derived_from<breaker::CircuitOpen, std::exception>);
  STATIC_REQUIRE(std::derived_from<breaker::ConfigError, std::exception>);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<breaker::CircuitOpen>);
  STATIC_REQUIRE(std::is_nothrow_copy_constructible_v<breaker::ConfigError>);
}

TEST_CASE("a rejection is an error code where one is asked for") {
  STATIC_REQUIRE(std::is_error_code_enum_v<breaker::Errc>);
  STATIC_REQUIRE(std::is_convertible_v<breaker::Errc, std::error_code>);
}

TEST_CASE("a duration comes from any duration") {
  using breaker::Duration;
  STATIC_REQUIRE(std::is_convertible_v<std::chrono::hours, Duration>);
  STATIC_REQUIRE(std::is_convertible_v<std::chrono::duration<double>, Duration>);
}

TEST_CASE("a ratio has no default") {  // and numbers are refused in words, see compile_fail
  STATIC_REQUIRE(!std::is_default_constructible_v<breaker::Ratio>);
}

TEST_CASE("a clock behind another type is not made from a temporary") {
  STATIC_REQUIRE(std::is_constructible_v<breaker::AnyClock, const breaker::ManualClock&>);
  STATIC_REQUIRE(!std::is_constructible_v<breaker::AnyClock, breaker::ManualClock>);
  STATIC_REQUIRE(std::is_constructible_v<breaker::CachedClock, const breaker::CachedClock::Time&>);
  STATIC_REQUIRE(!std::is_constructible_v<breaker::CachedClock, breaker::CachedClock::Time>);
}

TEST_CASE("shared test helpers copy, so that a test keeps one and the circuit another") {
  STATIC_REQUIRE(std::copyable<breaker::ManualClock>);
  STATIC_REQUIRE(std::copyable<breaker::TransitionLog>);
}
