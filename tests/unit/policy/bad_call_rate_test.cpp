// BadCallRate: a share of calls that failed or were slow.
#include "breaker/policy/bad_call_rate.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using policy_test::Asked;

namespace {

constexpr Ticks limit = 200'000'000;

BadCallRate<LastCalls<4>> half_of_four() {
  return {last_calls<4>(), {.slower_than = 200ms, .threshold = 50_percent, .min_calls = 4}};
}

}  // namespace

TEST_CASE("failed calls and slow ones add up to a share that neither reaches alone") {
  Asked bad{half_of_four()};
  Asked either{
      any_of(FailureRate{last_calls<4>(), {.threshold = 50_percent, .min_calls = 4}},
             SlowCallRate{last_calls<4>(),
                          {.slower_than = 200ms, .threshold = 50_percent, .min_calls = 4}})};

  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(bad.succeeds(0, limit));
    CHECK_FALSE(either.succeeds(0, limit));
  }
  CHECK_FALSE(bad.fails(0, 0));
  CHECK_FALSE(either.fails(0, 0));

  CHECK(bad.succeeds(0, limit + 1));
  CHECK_FALSE(either.succeeds(0, limit + 1));
  CHECK(bad.numbers() == Numbers{{2, 4}});
}

TEST_CASE("a call that failed and was slow is one bad call") {
  Asked policy{half_of_four()};

  for (int i = 0; i < 3; ++i) policy.succeeds();
  CHECK_FALSE(policy.fails(0, limit + 1));

  CHECK(policy.numbers() == Numbers{{1, 4}});
}

TEST_CASE("a good call never trips, even past the threshold") {
  Asked policy{half_of_four()};
  for (int i = 0; i < 3; ++i) policy.fails();

  CHECK_FALSE(policy.succeeds(0, limit));
  CHECK(policy.numbers() == Numbers{{3, 4}});
  CHECK(policy.look().kind == Standing::Kind::at_limit);
}

TEST_CASE("over a time window bad calls out of the span no longer count") {
  constexpr Ticks s = 1'000'000'000;
  Asked policy{
      BadCallRate{within(10s), {.slower_than = 1s, .threshold = 50_percent, .min_calls = 3}}};
  CHECK_FALSE(policy.fails(0));
  CHECK_FALSE(policy.succeeds(1 * s, 2 * s));

  CHECK_FALSE(policy.fails(11 * s));

  CHECK(policy.numbers(11 * s) == Numbers{{1, 1}});
}

TEST_CASE(
    "a circuit opens at bad calls of both kinds, says so, and takes a slow probe for a bad one") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, half_of_four(), clock};
  const auto call = [&](std::chrono::milliseconds takes, Verdict verdict) {
    auto permit = circuit.try_acquire();
    clock.advance(takes);
    permit.settle(verdict);
  };
  call(1ms, Verdict::success);
  call(201ms, Verdict::success);
  call(200ms, Verdict::success);
  CHECK(circuit.state() == State::closed);

  call(1ms, Verdict::failure);

  CHECK(circuit.state() == State::open);
  CHECK(describe(circuit.why()) ==
        "closed -> open: 2 of 4 calls failed or were slow, 50.0 % (limit 50.0 % of at least 4 "
        "calls); "
        "calls are refused for 10000 ms");
  clock.advance(10s);
  call(201ms, Verdict::success);
  CHECK(circuit.why().reason == Reason::probes_failed);
}

TEST_CASE("ignored calls are not in the window of bad calls") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, half_of_four(), clock};

  for (int i = 0; i < 10; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(1s);
    permit.ignore();
  }

  CHECK(circuit.numbers() == Numbers{});
}

TEST_CASE("a share of bad calls is a value that names its limits and numbers") {
  constexpr BadCallRate policy{{.slower_than = 1s, .threshold = 12.5_percent}};

  STATIC_REQUIRE(policy == BadCallRate{{.slower_than = 1s, .threshold = 12.5_percent}});
  STATIC_REQUIRE(policy != BadCallRate{{.slower_than = 2s, .threshold = 12.5_percent}});
  STATIC_REQUIRE(policy.limits() == Limits{{125'000, 1'000'000, 20, 1000}});
  STATIC_REQUIRE(policy.window_calls() == 100);
  CHECK(policy.words().rule == std::string_view{"bad_call_rate"});
  CHECK(policy.words().numbers[0] == std::string_view{"bad_calls"});
  CHECK(policy.words().numbers[1] == std::string_view{"calls"});
}

TEST_CASE("a share of bad calls is refused by the name of what is out of its range") {
  const auto refused = [](Duration slower_than, Ratio threshold, int min_calls) {
    try {
      BadCallRate{last_calls<9>(), {slower_than, threshold, min_calls}};
      return std::string_view{};
    } catch (const ConfigError& error) {
      return std::string_view{error.field()};
    }
  };

  CHECK(refused(1ns, 100_percent, 9).empty());
  CHECK(refused(0s, 50_percent, 9) == "BadCallRate.slower_than");
  CHECK(refused(std::chrono::milliseconds{(std::int64_t{1} << 34) + 1}, 50_percent, 9) ==
        "BadCallRate.slower_than");
  CHECK(refused(1s, 0_percent, 9) == "BadCallRate.threshold");
  CHECK(refused(1s, percent(101), 9) == "BadCallRate.threshold");
  CHECK(refused(1s, 50_percent, 0) == "BadCallRate.min_calls");
  CHECK(refused(1s, 50_percent, 10) == "BadCallRate.min_calls");
}
