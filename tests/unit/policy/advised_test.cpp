// Advised: lower limits while others say that the backend is down.
#include "breaker/policy/advised.hpp"

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/text/rule.hpp"
#include "policy_test.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using namespace breaker::literals;
using policy_test::Asked;

TEST_CASE("a share of a limit is rounded up, and no single call trips") {
  CHECK(detail::lower_limit(5, Ratio{2, 5}) == 2);
  CHECK(detail::lower_limit(6, Ratio{2, 5}) == 3);
  CHECK(detail::lower_limit(3, Ratio{1, 100}) == 2);
  CHECK(detail::lower_limit(2, Ratio{2, 5}) == 2);
  CHECK(detail::lower_limit(1, Ratio{2, 5}) == 1);
  CHECK(detail::lower_limit((1u << 24) - 1, Ratio{1, 1}) == (1u << 24) - 1);
}

TEST_CASE("without advice an advised policy trips as the one it was made from") {
  Asked asked{advised(ConsecutiveFailures{5})};

  for (int i = 1; i < 5; ++i) CHECK_FALSE(asked.fails(i));
  CHECK(asked.fails(5));
}

TEST_CASE("under advice a share of the row is enough, no longer than the advice stands") {
  Asked asked{advised(ConsecutiveFailures{5})};
  asked.place().advise(100, 200);

  CHECK_FALSE(asked.fails(100));
  CHECK(asked.fails(199));
  CHECK(asked.settle(Verdict::failure, 199).part == 1);
  CHECK_FALSE(asked.succeeds(150));
  CHECK_FALSE(asked.fails(200));
  CHECK_FALSE(asked.fails(200));
  CHECK(asked.look(199).kind == Standing::Kind::at_limit);
  CHECK(asked.look(200).kind == Standing::Kind::below);
  CHECK(asked.look(99).kind == Standing::Kind::below);  // a clock that was set back
}

TEST_CASE("under advice a success, or nothing at all, trips nothing") {
  Asked row{advised(ConsecutiveFailures{5})};
  Asked rate{advised(FailureRate{{.threshold = 50_percent, .min_calls = 20}})};
  row.place().advise(0, 1000);
  rate.place().advise(0, 1000);

  CHECK(row.look(1).kind == Standing::Kind::below);
  CHECK(rate.look(1).kind == Standing::Kind::below);
  for (int i = 0; i < 200; ++i) {
    CHECK_FALSE(row.succeeds(i));
    CHECK_FALSE(rate.succeeds(i));
  }
}

TEST_CASE("under advice a rate needs fewer calls, not a lower rate") {
  const FailureRate policy{within(10s), {.threshold = 50_percent, .min_calls = 20}};
  Asked asked{advised(policy)};
  asked.place().advise(0, 1000);

  for (int i = 0; i < 4; ++i) CHECK_FALSE(asked.succeeds(1));
  for (int i = 0; i < 3; ++i) CHECK_FALSE(asked.fails(1));
  CHECK(asked.fails(1));  // 4 of 8: 40 % of 20 calls
  CHECK_FALSE(asked.fails(1000));
}

TEST_CASE("an advised rate counts the good calls of a circuit") {
  CircuitBreaker circuit{Config{}, advised(FailureRate{last_calls<10>(), {50_percent, 10}})};
  for (int i = 0; i < 5; ++i) circuit.try_acquire().success();
  for (int i = 0; i < 4; ++i) circuit.try_acquire().failure();
  CHECK(circuit.state() == State::closed);

  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
}

TEST_CASE("under advice each of several policies needs less") {
  Asked asked{advised(any_of(ConsecutiveFailures{5}, FailureCount{10, within(10s)}))};
  asked.place().advise(0, 1000);

  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(asked.fails(1));
    CHECK_FALSE(asked.succeeds(1));
  }
  CHECK(asked.fails(1));
  CHECK(asked.settle(Verdict::failure, 1).part == 2);  // the row, of the second half
  CHECK(asked.policy().parts == 4);
}

TEST_CASE("under advice a share of a score is enough, but more than one failure adds") {
  constexpr Cusum usual{{.normal = 1_percent,
                         .bad = 10_percent,
                         .calls_per_second = 1000,
                         .false_opening_every = std::chrono::days{365}}};
  Asked asked{advised(usual)};
  const auto [limit, step] = std::pair{usual.limits().at[0], usual.limits().at[1]};
  const std::uint32_t lower = asked.policy().limits(1).at[0];
  CHECK(lower == (2 * limit + 4) / 5);
  CHECK(asked.policy().limits(1).at[1] == step);

  asked.place().advise(0, 1000);
  std::uint32_t failures = 1;
  for (; !asked.fails(1); ++failures) CHECK(failures * step < lower);
  CHECK(failures * step >= lower);
  CHECK(failures > 1);

  CHECK(detail::lower_score(100, 30, Ratio{1, 100}) == 31);
  CHECK(detail::lower_score(30, 30, Ratio{1, 100}) == 30);
  CHECK(detail::lower_score(100, 2, Ratio{2, 5}) == 40);
}

TEST_CASE("rules that are known at run time are advised as the policies that they stand for") {
  const auto alike = [](const auto& policy) {
    const auto known = advised(policy);
    const auto later = advised(AnyRule<>{rule_of(policy)});
    Asked one{known};
    Asked other{later};
    CHECK(rule_of(later) == rule_of(policy));
    std::mt19937 random{27};
    for (Ticks now = 0; now < 2000; ++now) {
      if (now % 97 == 0) {
        one.place().advise(now, now + 50);
        other.place().advise(now, now + 50);
      }
      const auto verdict = random() % 3 == 0 ? Verdict::failure : Verdict::success;
      const Standing first = one.settle(verdict, now);
      const Standing second = other.settle(verdict, now);
      REQUIRE(first.kind == second.kind);
      if (first.kind != Standing::Kind::at_limit) continue;
      REQUIRE(known.limits(first.part) == later.limits(second.part));
      REQUIRE(std::string_view{known.words(first.part).rule} == later.words(second.part).rule);
    }
  };
  alike(ConsecutiveFailures{5});
  alike(FailureCount{8, last_calls<20>()});
  alike(FailureRate{last_calls<20>(), {.threshold = 45_percent, .min_calls = 15}});
  alike(Cusum{{.normal = 20_percent,
               .bad = 50_percent,
               .calls_per_second = 1,
               .false_opening_every = 100s}});
  alike(any_of(ConsecutiveFailures{6}, FailureCount{9, last_calls<20>()}));
}

TEST_CASE("an advised policy states both limits, and the rule of the usual one") {
  constexpr auto policy = advised(ConsecutiveFailures{5});

  STATIC_REQUIRE(policy.limits(0) == Limits{{5}});
  STATIC_REQUIRE(policy.limits(1) == Limits{{2}});
  CHECK(policy.words(1).rule == std::string_view{"consecutive_failures"});
  STATIC_REQUIRE(rule_of(policy) == rule_of(ConsecutiveFailures{5}));
  STATIC_REQUIRE(rule_of(advised(any_of(ConsecutiveFailures{5}, ConsecutiveFailures{7}))).count ==
                 2);
  STATIC_REQUIRE(policy.keeps(advised(ConsecutiveFailures{9})));
  STATIC_REQUIRE(policy.usual() == ConsecutiveFailures{5});
  STATIC_REQUIRE(policy.under_advice() == ConsecutiveFailures{2});
}

TEST_CASE("the two forms of an advised policy count alike") {
  CHECK(advised(ConsecutiveFailures{5}).under_advice() == ConsecutiveFailures{2});
  using Count = FailureCount<decltype(within(1s))>;
  const Count five{5, within(10s)};

  CHECK_NOTHROW(advised(five, Count{1, within(10s)}).require());
  CHECK_THROWS_AS(advised(five, Count{1, within(20s)}).require(), ConfigError);
  CHECK_THROWS_AS((CircuitBreaker{Config{}, advised(five, Count{1, within(20s)})}), ConfigError);
  CHECK_THROWS_AS(advised(five, Ratio{0, 1}), ConfigError);
  CHECK_THROWS_AS(advised(five, Ratio{3, 2}), ConfigError);
}
