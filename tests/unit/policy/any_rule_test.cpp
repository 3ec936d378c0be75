// AnyRule: rules that are known at run time only. That it decides as the policies do which it stands
// for, proof/statements shows.
#include "breaker/policy/any_rule.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/circuit.hpp"
#include "breaker/text/sentence.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr AnyRule<> row{settings("3 failures in a row").rules};
constinit CircuitBreaker in_constant_memory{Config{}, row};
static_assert(TripPolicy<AnyRule<7>>);

template <class Circuit>
void settle(Circuit& circuit, Verdict verdict, int times) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().settle(verdict);
}

void check_refused(const TripRules& rules, std::string_view field) {
  try {
    const AnyRule<50> policy{rules};
    FAIL("was not refused: " << field);
  } catch (const ConfigError& error) {
    CHECK(error.field() == field);
  }
}

AnyRule<> rules_of(std::string_view sentence) { return AnyRule<>{parse(sentence).value().rules}; }

/// **Returns** whether evidence is clean once so many calls came after each other.
bool is_clean_after(std::string_view sentence, int failures, int successes) {
  policy_test::Asked<AnyRule<>> asked{rules_of(sentence)};
  for (int i = 0; i < failures; ++i) asked.settle(Verdict::failure);
  for (int i = 0; i < successes; ++i) asked.settle(Verdict::success);
  return asked.is_clean();
}

}  // namespace

TEST_CASE("a circuit runs on a sentence that comes at run time") {
  ManualClock clock;
  auto told = circuit(
      parse(
          "3 failures in a row or slower than 1 s: 50 % of the last 10 calls; open 7 s; named pay")
          .value(),
      clock);
  CHECK(told.name() == "pay");
  settle(told, Verdict::failure, 2);
  settle(told, Verdict::success, 1);
  CHECK(told.state() == State::closed);
  CHECK(told.numbers(0) == Numbers{{0}});
  CHECK(told.numbers(1) == Numbers{{0, 3}});

  settle(told, Verdict::failure, 3);

  CHECK(told.state() == State::open);
  CHECK(describe(told.why()) ==
        "closed -> open: 3 failures in a row (limit 3); calls are refused for 7000 ms");
  clock.advance(7s);
  settle(told, Verdict::success, 1);
  for (int i = 0; i < 10; ++i) {
    auto permit = told.try_acquire();
    clock.advance(2s);
    permit.success();
  }
  CHECK(told.state() == State::open);
  CHECK(describe(told.why()).find("10 of 10 calls were slow, 100.0 %") != std::string::npos);
}

TEST_CASE("new settings of any kind come while it runs, and forget no outage") {
  ManualClock clock;
  auto told = circuit<200>(parse("5 failures in a row").value(), clock);
  settle(told, Verdict::failure, 4);

  CHECK(reconfigure(told, *parse("6 failures in a row, open 1 min")).kept_evidence);
  CHECK(told.numbers() == Numbers{{4}});
  CHECK_FALSE(reconfigure(told, *parse("3 failures of the last 150 calls")).kept_evidence);
  settle(told, Verdict::failure, 2);
  CHECK(told.numbers() == Numbers{{2, 2}});
  CHECK(reconfigure(told, *parse("9 failures of the last 150 calls")).kept_evidence);
  CHECK_FALSE(reconfigure(told, *parse("9 failures of the last 20 calls")).kept_evidence);
  settle(told, Verdict::failure, 1);
  settle(told, Verdict::success, 20);
  CHECK(told.numbers() == Numbers{{0, 20}});
  CHECK_FALSE(reconfigure(told, *parse("worse than 1 % at 1000 calls/s")).kept_evidence);
  settle(told, Verdict::failure, 1);
  CHECK(told.numbers() == Numbers{{24}});
  CHECK(told.words().rule == std::string_view{"cusum"});
  settle(told, Verdict::failure, 8);
  CHECK(told.state() == State::open);

  CHECK_THROWS_AS(reconfigure(told, *parse("5 failures of the last 201 calls")), ConfigError);
  CHECK(reconfigure(told, *parse("5 failures in a row, open 5 s")).kept_wait == false);
  CHECK(told.state() == State::open);
  clock.advance(5s);
  CHECK(told.state() == State::half_open);
}

TEST_CASE("what an AnyRule can not trip on is refused by name") {
  const auto rule_with = [](auto change) {
    Rule rule = settings("50 % of the last 50 calls").rules.rule[0];
    change(rule);
    return rule;
  };
  check_refused({}, "AnyRule.count");
  TripRules four;
  four.count = 4;
  check_refused(four, "AnyRule.count");
  check_refused(rule_with([](Rule& r) { r.last_calls = 51; }), "AnyRule.last_calls");
  check_refused(rule_with([](Rule& r) { r.last_calls = 0; }), "AnyRule.kind");
  check_refused(rule_with([](Rule& r) { r.kind = Rule::Kind::row; }), "AnyRule.kind");
  check_refused(rule_with([](Rule& r) { r.kind = Rule::Kind::overdue; }), "AnyRule.kind");
  check_refused(rule_with([](Rule& r) { r.share = {0, 1}; }), "AnyRule.share");
  check_refused(rule_with([](Rule& r) { r.min_calls = 0; }), "AnyRule.min_calls");
  check_refused(rule_with([](Rule& r) { r.kind = Rule::Kind::count; }), "AnyRule.limit");
  check_refused(rule_with([](Rule& r) { r.marks = Rule::Marks::slow; }), "AnyRule.slower_than");
  check_refused(rule_with([](Rule& r) { r.last_calls = 0, r.within = 1'000, r.slices = 20; }),
                "AnyRule.slices");
  check_refused(rule_with([](Rule& r) { r.last_calls = 0, r.within = 9, r.slices = 10; }),
                "within");
  check_refused(Rule{.kind = Rule::Kind::row, .marks = Rule::Marks::slow, .limit = 5},
                "AnyRule.marks");
  check_refused(Rule{.kind = Rule::Kind::score, .limit = 5, .on_failure = 1 << 16},
                "AnyRule.on_failure");
  check_refused(Rule{.kind = Rule::Kind::score, .limit = 5, .on_failure = 1, .on_success = 1 << 16},
                "AnyRule.on_failure");
  check_refused(Rule{.kind = Rule::Kind::row, .limit = 1 << 24}, "AnyRule.limit");
  const Rule largest{.kind = Rule::Kind::row, .limit = (1 << 24) - 1};
  CHECK(AnyRule<50>{largest}.limits(0) == Limits{{(1 << 24) - 1}});
}

TEST_CASE("an AnyRule gives its rules back, and is a constant") {
  for (const std::string_view sentence :
       {"5 failures in a row", "5 failures in 10 s", "5 failures of the last 9 calls",
        "12.5 % of the last 100 calls, at least 7", "slower than 90 ms: 50 % in 1 min",
        "failed or slower than 90 ms: 50 % in 1 min or 5 failures in a row",
        "failed or slower than 90 ms: 50 % in 1 min and 5 failures in a row"}) {
    const Parsed said = parse(sentence);
    REQUIRE(said);
    CHECK(AnyRule<>{said->rules}.rule() == said->rules);
  }
  settle(in_constant_memory, Verdict::failure, 3);
  CHECK(in_constant_memory.state() == State::open);
  CHECK(in_constant_memory.part_count == 3);
  CHECK(in_constant_memory.limits(1) == Limits{});
  CHECK(row.needs_clock() == ClockUse::none);
}

TEST_CASE("a Rule at first trips on nothing, and traffic is told apart by each of its numbers") {
  const Rule rule;
  CHECK(rule.limit == 0);
  CHECK(rule.share.part() == 0);
  CHECK(rule.share.whole() == 1);
  CHECK(rule.on_failure == 0);
  const Traffic usual{.normal = {1, 100}, .calls_per_second = 50};
  CHECK(usual == Traffic{.normal = {1, 100}, .calls_per_second = 50, .slow_excess = 0});

  CHECK_FALSE(usual == Traffic{.normal = {2, 100}, .calls_per_second = 50});
  CHECK_FALSE(usual == Traffic{.normal = {1, 100}, .calls_per_second = 49});
  CHECK_FALSE(usual == Traffic{.normal = {1, 100}, .calls_per_second = 51});
  CHECK_FALSE(usual == Traffic{.normal = {1, 100}, .calls_per_second = 50, .slow = {1, 9}});
  CHECK_FALSE(usual == Traffic{.normal = {1, 100}, .calls_per_second = 50, .slow_excess = 1});
}

TEST_CASE("a stay of an AnyRule is clean where a success would change nothing, over 300 stays") {
  ManualClock clock;
  auto told = circuit(parse("worse than 1 % at 1000 calls/s").value(), clock);
  for (int stay = 0; stay < 300; ++stay) {
    INFO(stay);
    settle(told, Verdict::failure, 1);
    settle(told, Verdict::success, 23);
    REQUIRE(told.numbers() == Numbers{{1}});
    settle(told, Verdict::success, 2);
    REQUIRE(told.numbers() == Numbers{});
    told.reset();
  }
}

TEST_CASE("evidence of an AnyRule is clean where a success would leave it as it is, else not") {
  CHECK(is_clean_after("5 failures in a row", 0, 1));
  CHECK_FALSE(is_clean_after("5 failures in a row", 1, 0));
  CHECK(is_clean_after("5 failures in a row", 1, 1));

  CHECK_FALSE(is_clean_after("3 failures of the last 4 calls", 0, 3));
  CHECK(is_clean_after("3 failures of the last 4 calls", 0, 9));
  CHECK_FALSE(is_clean_after("3 failures of the last 4 calls", 1, 3));
  CHECK(is_clean_after("3 failures of the last 4 calls", 1, 9));

  CHECK(is_clean_after("5 failures in 10 s", 1, 0));
  CHECK_FALSE(is_clean_after("50 % in 1 min", 0, 9));
  CHECK_FALSE(is_clean_after("slower than 1 s: 50 % of the last 4 calls", 0, 9));

  for (const std::string_view both :
       {"5 failures in a row or 3 failures of the last 4 calls",
        "3 failures of the last 4 calls or 5 failures in a row",
        "5 failures in 10 s or 5 failures in a row or 3 failures of the last 4 calls"}) {
    INFO(both);
    CHECK(is_clean_after(both, 0, 9));
    CHECK_FALSE(is_clean_after(both, 1, 0));
    CHECK_FALSE(is_clean_after(both, 1, 3));
    CHECK(is_clean_after(both, 1, 9));
  }
  CHECK_FALSE(is_clean_after("5 failures in a row or 50 % in 1 min", 0, 9));
}

TEST_CASE("each of three rules counts in a window of its own, and is asked for a failure alone") {
  policy_test::Asked<AnyRule<>> any{rules_of(
      "2 failures of the last 2 calls or 3 failures of the last 3 calls or 2 failures of the last "
      "9 calls")};
  any.fails();
  for (int i = 0; i < 3; ++i) any.succeeds();
  const Standing found = any.settle(Verdict::failure);
  CHECK(found.kind == Standing::Kind::at_limit);
  CHECK(found.part == 2);
  CHECK(found.numbers == Numbers{{2, 5}});

  policy_test::Asked<AnyRule<>> all{
      rules_of("50 % of the last 10 calls, at least 4 and 1 failure of the last 10 calls")};
  for (int i = 0; i < 3; ++i) CHECK_FALSE(all.fails());
  CHECK_FALSE(all.succeeds());
  CHECK(all.fails());
}

TEST_CASE("an AnyRule says of each part what it counts, and reads no clock in vain") {
  CHECK(rules_of("5 failures in 10 s").words(0).numbers[1] == nullptr);
  CHECK(rules_of("5 failures of the last 9 calls").words(0).numbers[1] != nullptr);
  CHECK(rules_of("5 failures in 10 s").words(1).rule == std::string_view{"custom"});

  CHECK(rules_of("5 failures in 10 s").needs_clock() == ClockUse::on_failure);
  CHECK(rules_of("50 % in 1 min").needs_clock() == ClockUse::on_settle);
  CHECK(rules_of("slower than 1 s: 50 % in 1 min").needs_clock() == ClockUse::both_ends);
}

TEST_CASE("a call of a stay that is over is recorded in no rule") {
  policy_test::Asked asked{AnyRule<>{settings("5 failures in 10 s or 5 failures in a row").rules}};
  const Stay before = asked.stay();
  asked.enter_next_stay();
  asked.fails();

  for (const Verdict verdict : {Verdict::success, Verdict::failure})
    CHECK(asked.settle_in(before, verdict).kind == Standing::Kind::stale);

  for (const int part : {0, 1}) CHECK(asked.numbers(0, part) == Numbers{{1}});
}

TEST_CASE("rules on a window of time count what they mark, and a share the others, too") {
  ManualClock clock;
  auto told = circuit(*parse("3 failures in 10 s or 60 % in 10 s, at least 4"), clock);
  settle(told, Verdict::success, 2);
  settle(told, Verdict::failure, 2);
  CHECK(told.numbers(0) == Numbers{{2}});
  CHECK(told.numbers(1) == Numbers{{2, 4}});
  CHECK(told.state() == State::closed);
  clock.advance(20s);
  settle(told, Verdict::failure, 2);
  CHECK(told.state() == State::closed);

  settle(told, Verdict::failure, 1);

  CHECK(describe(told.why()).find("3 failures in the window (limit 3)") != std::string::npos);
}

TEST_CASE("as a probe a call is bad if a rule marks it, of rules together if each does") {
  const auto is_bad = [](std::string_view sentence, Verdict verdict, Duration took) {
    return AnyRule<>{parse(sentence)->rules}.is_bad(Outcome{verdict, 0, took.ticks()});
  };
  constexpr std::string_view any = "slower than 1 s: 50 % in 10 s or 3 failures in a row";
  constexpr std::string_view all = "slower than 1 s: 50 % in 10 s and 3 failures in a row";
  constexpr std::string_view both = "failed or slower than 1 s: 50 % in 10 s";
  CHECK(is_bad(any, Verdict::success, 2s));
  CHECK_FALSE(is_bad(any, Verdict::success, 1s));
  CHECK(is_bad(any, Verdict::failure, 1s));
  CHECK_FALSE(is_bad(all, Verdict::success, 2s));
  CHECK(is_bad(all, Verdict::failure, 1s));
  CHECK(is_bad(both, Verdict::success, 2s));
  CHECK(is_bad(both, Verdict::failure, 1s));
  CHECK(is_bad("slower than 1 s: 50 % in 10 s", Verdict::failure, 1s));
}

TEST_CASE("an AnyRule keeps what it counted under other limits alone") {
  const auto keeps = [](std::string_view before, std::string_view after) {
    return AnyRule<>{parse(after)->rules}.keeps(AnyRule<>{parse(before)->rules});
  };
  CHECK(keeps("5 failures in 10 s or 3 failures in a row",
              "6 failures in 10 s or 4 failures in a row"));
  CHECK_FALSE(keeps("5 failures in 10 s or 3 failures in a row",
                    "5 failures in 10 s and 3 failures in a row"));
  CHECK_FALSE(keeps("5 failures in 10 s or 3 failures of the last 4 calls",
                    "5 failures in 10 s or 3 failures of the last 5 calls"));
  CHECK_FALSE(keeps("5 failures in 10 s", "5 failures in 20 s"));
  CHECK_FALSE(keeps("5 failures in 10 s", "50 % in 10 s"));
  CHECK_FALSE(keeps("slower than 1 s: 50 % in 10 s", "slower than 2 s: 50 % in 10 s"));
  CHECK_FALSE(keeps("slower than 1 s: 50 % in 10 s", "failed or slower than 1 s: 50 % in 10 s"));
  CHECK_FALSE(keeps("worse than 1 % at 9 calls/s", "worse than 1 % to 20 % at 9 calls/s"));
  const AnyRule<> scored{Rule{.kind = Rule::Kind::score, .limit = 5}};
  CHECK_FALSE(scored.keeps(AnyRule<>{Rule{.kind = Rule::Kind::row, .limit = 5}}));
}

TEST_CASE("limits and words of an AnyRule are those of the policies that it stands for") {
  const AnyRule<> slow{
      settings("slower than 100 d: 50 % in 10 s or slower than 1 s: 50 % in 10 s").rules};
  CHECK(slow.limits(0).at[3] == UINT32_MAX);
  CHECK(slow.limits(1).at[3] == 1000);
  CHECK(slow.words(0).rule == std::string_view{"slow_call_rate"});
  const AnyRule<> bad{settings("failed or slower than 1 s: 50 % in 10 s or 50 % in 10 s").rules};
  CHECK(bad.words(0).rule == std::string_view{"bad_call_rate"});
  CHECK(bad.words(1).rule == std::string_view{"failure_rate"});
  CHECK(row.window_calls(0) == 3);
  CHECK(row.window_calls(1) == 0);
}

TEST_CASE("an AnyRule stands as the first of its rules until one is at its limit") {
  policy_test::Asked asked{AnyRule<>{settings("5 failures in 10 s or 2 failures in a row").rules}};
  asked.fails();
  CHECK(asked.look().kind == Standing::Kind::below);
  CHECK(asked.look().numbers == Numbers{{1}});
  asked.fails();
  CHECK(asked.look().kind == Standing::Kind::at_limit);
  CHECK(asked.look().part == 1);
}
