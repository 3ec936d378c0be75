// As killed_anywhere.cpp, in the long run: the other policies that may be shared.
#include "breaker/policy/any_rule.hpp"
#include "breaker/text/rule.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "proof/killed/everywhere.hpp"

using namespace killed;

TEST_CASE("killed at any instruction: a count over time") {
  kill_in_each_operation(FailureCount{5, within<3>(1min)});
}
TEST_CASE("killed at any instruction: a count over calls") {
  kill_in_each_operation(FailureCount{5, last_calls<10>()});
}
TEST_CASE("killed at any instruction: a rate over calls, on stripes") {
  kill_in_each_operation(FailureRate{last_calls<12, 2>(), {100_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate of slow calls") {
  kill_in_each_operation(SlowCallRate{within<3>(1min), {1s, 100_percent, 5}});
}
TEST_CASE("killed at any instruction: a rate of bad calls") {
  kill_in_each_operation(BadCallRate{last_calls<10>(), {1s, 100_percent, 5}});
}
TEST_CASE("killed at any instruction: all of two") {
  kill_in_each_operation(
      all_of(FailureRate{last_calls<10>(), {100_percent, 5}}, ConsecutiveFailures{5}));
}
TEST_CASE("killed at any instruction: a score") {
  kill_in_each_operation(Cusum{{.normal = 1_percent,
                                .bad = 30_percent,
                                .calls_per_second = 10,
                                .false_opening_every = std::chrono::days{1}}});
}
TEST_CASE("killed at any instruction: with counters") {
  kill_in_each_operation(ConsecutiveFailures{5}, Listeners{Counters<2>{}, TimedCounters<2>{}});
}
TEST_CASE("killed at any instruction: rules that are known at run time") {
  kill_in_each_operation(AnyRule<20>{
      rule_of(any_of(FailureCount{5, within(1min)}, FailureCount{5, last_calls<13>()}))});
}
