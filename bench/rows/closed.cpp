// Calls on a closed circuit: each policy, with each clock that it reads, at 0 to 20 % failures.
#include "rows/rows.hpp"
#include "support/circuits.hpp"
#include "support/row.hpp"

namespace bench {

namespace {

template <class Circuit>
struct Succeeding {
  int once(Dice& /*dice*/) {
    return circuit_.call([] { return operation(1); });
  }
  Circuit circuit_;
};

template <class Circuit, int per_mille>
struct Failing {
  int once(Dice& dice) {
    const int answer = dice.answer<per_mille>();
    return circuit_.call([answer] { return operation(answer); });
  }
  Circuit circuit_;
};

template <class Policy, class Clock = Steady>
void add_policy(const std::string& name) {
  add_row<Succeeding<Plain<Policy, Clock>>>("closed_success/" + name);
  add_row<Failing<Judging<Policy, Clock>, 1>>("closed_success/" + name + "/fail_0.1");
  add_row<Failing<Judging<Policy, Clock>, 10>>("closed_success/" + name + "/fail_1");
  add_row<Failing<Judging<Policy, Clock>, 50>>("closed_success/" + name + "/fail_5");
  add_row<Failing<Judging<Policy, Clock>, 200>>("closed_success/" + name + "/fail_20");
}

template <class Policy>
void add_timed(const std::string& name) {
  add_policy<Policy, Steady>(name + "/steady");
  add_policy<Policy, Coarse>(name + "/coarse");
  add_policy<Policy, Cached>(name + "/cached");
}

}  // namespace

void add_closed_calls() {
  add_policy<Consecutive>("consecutive");
  add_policy<LastN<100>>("last_100");
  add_policy<LastN<100, 8>>("last_100_striped");
  add_policy<AnyOfTwoCounts>("any_of_two_counts");
  add_policy<AnyRuleAs<LastN<100>>>("any_rule_last_100");
  add_timed<Timed<10, 1>>("time_1_stripe");
  add_timed<Timed<10, 8>>("time_8_stripes");
  add_timed<SlowCalls>("slow_call");
  add_timed<SlowCallsTimed>("slow_call_time");
  add_timed<Hanging>("overdue");
  add_timed<AnyOfTwo>("any_of_two");
  add_policy<Timed<10, 8>, Any>("any_clock");
  // Failures would trip them, as they are meant to: only successes.
  add_row<Succeeding<Plain<Count>>>("failure_count_success");
  add_row<Succeeding<Plain<Sums>>>("cusum_success");
  add_row<Succeeding<Plain<Consecutive, Steady, breaker::Counters<8>>>>("counters_on");
}

}  // namespace bench
