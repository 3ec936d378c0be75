// What the type of a circuit promises: sizes, noexcept, no copies, constant initialisation.
#include <array>
#include <chrono>
#include <type_traits>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "support/catch.hpp"

namespace {

using namespace breaker::literals;
using breaker::CircuitBreaker;
using breaker::SteadyClock;

template <class Policy>
using With = CircuitBreaker<SteadyClock, Policy>;

using Last100 = With<breaker::FailureRate<breaker::LastCalls<100>>>;
using RateOverTime = With<breaker::FailureRate<breaker::Within<10, 1>>>;
using CountOverTime = With<breaker::FailureCount<breaker::Within<10, 1>>>;
using Slow = With<breaker::SlowCallRate<breaker::LastCalls<100>>>;
using Bad = With<breaker::BadCallRate<breaker::LastCalls<100>>>;
using Striped = With<breaker::FailureRate<breaker::LastCalls<100, 8>>>;
using CountStriped = With<breaker::FailureCount<breaker::LastCalls<100, 8>>>;
using SlowStriped = With<breaker::SlowCallRate<breaker::LastCalls<100, 8>>>;

// A constant expression initialises them: they are usable before main.
constinit CircuitBreaker<> consecutive{};
constinit Last100 last_100{breaker::Config{}, breaker::FailureRate{{.threshold = 50_percent}}};
constinit RateOverTime rate_over_time{
    breaker::Config{},
    breaker::FailureRate{breaker::within(std::chrono::seconds{10}), {.threshold = 50_percent}}};
constinit CountOverTime count_over_time{
    breaker::Config{}, breaker::FailureCount{5, breaker::within(std::chrono::seconds{10})}};
constinit Striped striped{breaker::Config{}, breaker::FailureRate{breaker::last_calls<100, 8>(),
                                                                  {.threshold = 50_percent}}};
constinit CircuitBreaker combined{
    breaker::Config{},
    breaker::any_of(breaker::ConsecutiveFailures{5},
                    breaker::FailureRate{breaker::last_calls<100>(), {.threshold = 50_percent}})};
constinit CircuitBreaker bad_calls{
    breaker::Config{},
    breaker::all_of(
        breaker::BadCallRate{{.slower_than = std::chrono::seconds{1}, .threshold = 50_percent}},
        breaker::FailureCount{5, breaker::within(std::chrono::seconds{10})})};
constinit CircuitBreaker counting{breaker::Config{}, breaker::Counters{}};

// Made before main, by a dynamic initialiser that uses a circuit of another kind of storage.
const int result_before_main = consecutive.call([] { return 42; });

struct Nothrow {
  int operator()() const noexcept { return 0; }
};

}  // namespace

TEST_CASE("a circuit fits its cache lines") {
  STATIC_REQUIRE(sizeof(CircuitBreaker<>) <= 128);
  STATIC_REQUIRE(sizeof(Last100) <= 192);
  STATIC_REQUIRE(sizeof(RateOverTime) <= 256);
  STATIC_REQUIRE(sizeof(CountOverTime) <= 256);
  STATIC_REQUIRE(sizeof(Slow) <= 256);
  STATIC_REQUIRE(sizeof(Bad) <= 256);
  STATIC_REQUIRE(sizeof(Striped) <= 1408);
  STATIC_REQUIRE(sizeof(CountStriped) <= 1408);
  STATIC_REQUIRE(sizeof(SlowStriped) <= 1408);
}

TEST_CASE("parts that hold nothing take no room in a circuit") {
  STATIC_REQUIRE(sizeof(CircuitBreaker<breaker::CoarseClock>) == sizeof(CircuitBreaker<>));
  STATIC_REQUIRE(
      sizeof(CircuitBreaker<SteadyClock, breaker::ConsecutiveFailures, breaker::Ignoring<int>>) ==
      sizeof(CircuitBreaker<>));
}

TEST_CASE("a circuit is neither copied nor moved") {
  STATIC_REQUIRE(!std::is_copy_constructible_v<CircuitBreaker<>>);
  STATIC_REQUIRE(!std::is_move_constructible_v<CircuitBreaker<>>);
  STATIC_REQUIRE(!std::is_copy_assignable_v<CircuitBreaker<>>);
  STATIC_REQUIRE(!std::is_move_assignable_v<CircuitBreaker<>>);
}

TEST_CASE("a circuit with inline windows is trivially destructible") {
  STATIC_REQUIRE(std::is_trivially_destructible_v<CircuitBreaker<>>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Last100>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<RateOverTime>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<CountOverTime>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<Slow>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<decltype(combined)>);
  STATIC_REQUIRE(std::is_trivially_destructible_v<decltype(counting)>);
}

TEST_CASE("a constant-initialised circuit works before main") {
  CHECK(result_before_main == 42);
  CHECK(last_100.would_admit());
  CHECK(rate_over_time.would_admit());
  CHECK(count_over_time.would_admit());
  CHECK(combined.would_admit());
  CHECK(bad_calls.would_admit());
  CHECK(counting.would_admit());
}

TEST_CASE("a circuit is made from a config alone, or from nothing, but not by conversion") {
  STATIC_REQUIRE(std::is_default_constructible_v<CircuitBreaker<>>);
  STATIC_REQUIRE(std::is_constructible_v<CircuitBreaker<>, breaker::Config>);
  STATIC_REQUIRE(!std::is_convertible_v<breaker::Config, CircuitBreaker<>>);
}

namespace {

struct Service {
  int port;
  CircuitBreaker<> circuit;
};
constinit std::array<CircuitBreaker<>, 3> three{};
constinit Service service{};

CircuitBreaker<> make_circuit() { return {}; }

}  // namespace

TEST_CASE("a circuit of defaults is made by empty braces, in aggregates and arrays, before main") {
  const CircuitBreaker<> made = make_circuit();
  const Service local{};

  CHECK(made.would_admit());
  CHECK(local.circuit.would_admit());
  CHECK(service.circuit.would_admit());
  CHECK(three[2].would_admit());
}

TEST_CASE("what asks, observes or moves a circuit by hand does not throw") {
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().try_acquire()));
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().try_acquire(breaker::never_probe)));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().state()));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().would_admit()));
  STATIC_REQUIRE(
      noexcept(std::declval<const CircuitBreaker<>&>().would_admit(breaker::never_probe)));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().why()));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().saved()));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().snapshot()));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().policy()));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().numbers(0)));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().limits(0)));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().words(0)));
  STATIC_REQUIRE(noexcept(std::declval<const CircuitBreaker<>&>().listener()));
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().trip()));
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().force_open()));
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().disable()));
  STATIC_REQUIRE(noexcept(std::declval<CircuitBreaker<>&>().reset()));
}

TEST_CASE("what may throw does not claim that it can't") {
  STATIC_REQUIRE(!noexcept(std::declval<CircuitBreaker<>&>().call(Nothrow{})));  // CircuitOpen
  STATIC_REQUIRE(!noexcept(std::declval<CircuitBreaker<>&>().trip(breaker::Duration{})));
  STATIC_REQUIRE(!noexcept(std::declval<CircuitBreaker<>&>().retry_in(breaker::Duration{})));
  STATIC_REQUIRE(!noexcept(std::declval<CircuitBreaker<>&>().restore(breaker::Saved{})));
  STATIC_REQUIRE(!std::is_nothrow_constructible_v<CircuitBreaker<>, breaker::Config>);
}

TEST_CASE("call returns exactly what the function returns") {
  using Circuit = CircuitBreaker<>;
  STATIC_REQUIRE(
      std::is_same_v<decltype(std::declval<Circuit&>().call(std::declval<int& (&)()>())), int&>);
  STATIC_REQUIRE(
      std::is_same_v<decltype(std::declval<Circuit&>().call(std::declval<int && (&)()>())), int&&>);
  STATIC_REQUIRE(
      std::is_void_v<decltype(std::declval<Circuit&>().call(std::declval<void (&)()>()))>);
  STATIC_REQUIRE(std::is_same_v<decltype(std::declval<Circuit&>().call(Nothrow{}, 3L)), int>);
}
