// rule_of: what each policy trips on, as data.
#include "breaker/text/rule.hpp"

#include <chrono>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr FailureCount five_in_ten_seconds{5, within(10s)};
constexpr FailureRate half_of_a_hundred{{.threshold = 50_percent}};

struct Unstated {
  using Evidence = InWord;
  Standing record(InWord& /*seen*/, const Outcome& /*call*/) const noexcept { return {}; }
  bool operator==(const Unstated&) const = default;
};

struct Score : Unstated {
  [[nodiscard]] constexpr Rule rule() const noexcept {
    Rule rule;
    rule.kind = Rule::Kind::score;
    rule.limit = 216;
    rule.on_failure = 24;
    rule.on_success = 1;
    return rule;
  }
  bool operator==(const Score&) const = default;
};

struct Pair : Unstated {
  [[nodiscard]] constexpr TripRules rule() const noexcept {
    return rule_of(any_of(ConsecutiveFailures{2}, five_in_ten_seconds));
  }
  bool operator==(const Pair&) const = default;
};

template <class Policy>
constexpr Rule only_rule(const Policy& policy) {
  return rule_of(policy).rule[0];
}

}  // namespace

TEST_CASE("a row is a rule") {
  constexpr TripRules rules = rule_of(ConsecutiveFailures{7});
  STATIC_REQUIRE(rules.is_stated());
  STATIC_REQUIRE(rules.count == 1);
  STATIC_REQUIRE(rules.rule[0] == Rule{.kind = Rule::Kind::row, .limit = 7});
}

TEST_CASE("a count is a rule with its window") {
  STATIC_REQUIRE(
      only_rule(five_in_ten_seconds) ==
      Rule{.kind = Rule::Kind::count, .limit = 5, .within = 10'000'000'000, .slices = 10});
  STATIC_REQUIRE(only_rule(FailureCount{3, last_calls<20>()}) ==
                 Rule{.kind = Rule::Kind::count, .limit = 3, .last_calls = 20});
  STATIC_REQUIRE(only_rule(FailureCount{3, within<60, 4>(1min)}).slices == 60);
}

TEST_CASE("a share is a rule with its least number of calls") {
  STATIC_REQUIRE(
      only_rule(half_of_a_hundred) ==
      Rule{.kind = Rule::Kind::share, .share = {50, 100}, .min_calls = 20, .last_calls = 100});
  STATIC_REQUIRE(
      only_rule(FailureRate{within(1s), {.threshold = 1_percent, .min_calls = 7}}).min_calls == 7);
}

TEST_CASE("a rule says which calls it marks") {
  constexpr SlowCallRate slow{{.slower_than = 200ms, .threshold = 50_percent}};
  constexpr BadCallRate bad{{.slower_than = 300ms, .threshold = 50_percent}};
  STATIC_REQUIRE(only_rule(half_of_a_hundred).marks == Rule::Marks::failed);
  STATIC_REQUIRE(only_rule(half_of_a_hundred).slower_than == 0);
  STATIC_REQUIRE(only_rule(slow).marks == Rule::Marks::slow);
  STATIC_REQUIRE(only_rule(slow).slower_than == 200'000'000);
  STATIC_REQUIRE(only_rule(bad).marks == Rule::Marks::failed_or_slow);
  STATIC_REQUIRE(only_rule(bad).slower_than == 300'000'000);
}

TEST_CASE("combined policies have a rule for each part, in order") {
  constexpr TripRules any =
      rule_of(any_of(ConsecutiveFailures{3}, five_in_ten_seconds, half_of_a_hundred));
  STATIC_REQUIRE(any.count == 3);
  STATIC_REQUIRE(any.trip == TripRules::Trip::on_any);
  STATIC_REQUIRE(any.rule[0] == only_rule(ConsecutiveFailures{3}));
  STATIC_REQUIRE(any.rule[1] == only_rule(five_in_ten_seconds));
  STATIC_REQUIRE(any.rule[2] == only_rule(half_of_a_hundred));

  constexpr TripRules all = rule_of(all_of(ConsecutiveFailures{3}, five_in_ten_seconds));
  STATIC_REQUIRE(all.count == 2);
  STATIC_REQUIRE(all.trip == TripRules::Trip::on_all);

  constexpr TripRules nested =
      rule_of(any_of(any_of(ConsecutiveFailures{3}, five_in_ten_seconds), half_of_a_hundred));
  STATIC_REQUIRE(nested == any);
}

TEST_CASE("what rules can not hold is not stated") {
  constexpr ConsecutiveFailures row{3};
  CHECK_FALSE(rule_of(Unstated{}).is_stated());
  CHECK_FALSE(rule_of(any_of(row, Unstated{})).is_stated());
  CHECK_FALSE(rule_of(any_of(Unstated{}, row)).is_stated());
  CHECK_FALSE(rule_of(any_of(row, row, row, row)).is_stated());
  CHECK_FALSE(rule_of(any_of(row, all_of(row, row))).is_stated());
  CHECK_FALSE(rule_of(all_of(any_of(row, row), row)).is_stated());
  STATIC_REQUIRE_FALSE(rule_of(any_of(row, all_of(row, row))).is_stated());
}

TEST_CASE("traffic is the same if all of it is") {
  const Traffic usual{
      .normal = 1_percent, .calls_per_second = 50, .slow = 2_percent, .slow_excess = 3};
  const auto equals = [&](auto change) {
    Traffic other = usual;
    change(other);
    return other == usual;
  };
  CHECK(equals([](Traffic&) {}));
  CHECK_FALSE(equals([](Traffic& t) { t.normal = 2_percent; }));
  CHECK_FALSE(equals([](Traffic& t) { t.calls_per_second = 49; }));
  CHECK_FALSE(equals([](Traffic& t) { t.calls_per_second = 51; }));
  CHECK_FALSE(equals([](Traffic& t) { t.slow = 1_percent; }));
  CHECK_FALSE(equals([](Traffic& t) { t.slow_excess = 4; }));
}

TEST_CASE("a policy of one's own states its rules") {
  STATIC_REQUIRE(rule_of(Score{}).count == 1);
  STATIC_REQUIRE(only_rule(Score{}).on_failure == 24);
  STATIC_REQUIRE(rule_of(Pair{}).count == 2);
  STATIC_REQUIRE(rule_of(any_of(Pair{}, Score{})).count == 3);
}
