// What callgrind counts: one function a case, each making so many calls. The operation is in another
// file, so that it may throw for all the compiler knows, as a service's may.
//
// Clocks are the cached one, a load: what a clock itself costs is another row's business.
#include <breaker/registry.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "support/circuits.hpp"
#include "support/operation.hpp"

using namespace bench;

namespace {

template <class Circuit>
[[gnu::noinline]] void succeed(Circuit& circuit, int calls) {
  for (int i = 0; i < calls; ++i) keep(circuit.call([i] { return operation(i); }));
}
template <int each, class Circuit>
[[gnu::noinline]] void fail_one_in(Circuit& circuit, int calls) {
  for (int i = 0; i < calls; ++i) {
    const int answer = 1 - 2 * static_cast<int>(i % each == 0);
    keep(circuit.call([answer] { return operation(answer); }));
  }
}
template <class Circuit>
[[gnu::noinline]] void be_refused(Circuit& circuit, int calls) {
  for (int i = 0; i < calls; ++i) {
    keep(circuit.call([i] { return operation(i); },
                      [](const breaker::Rejection& /*why*/) { return 2; }));
  }
}
template <class Circuit>
[[gnu::noinline]] void acquire_and_settle(Circuit& circuit, int calls) {
  for (int i = 0; i < calls; ++i) {
    auto permit = circuit.try_acquire();
    keep(operation(i));
    permit.success();
  }
}

/// Looks up each of the keys in turn, and calls.
[[gnu::noinline]] void look_up_and_call(breaker::Registry<>& circuits,
                                        const std::vector<std::string>& keys, int calls) {
  for (int i = 0; i < calls;) {
    for (const std::string& key : keys) {
      keep(circuits.of(key).call([i] { return operation(i); }));
      ++i;
    }
  }
}

const std::string key_of_31 = "api-1000.prod.example.net:84430";
[[gnu::noinline]] void hash(const breaker::detail::KeyHash& hash_of, int calls) {
  for (int i = 0; i < calls; ++i) keep(operation(static_cast<int>(hash_of(key_of_31))));
}

// Above 0, so that "closed" and "no clock reading yet" are not the same bits.
breaker::CachedClock::Time time_now;
breaker::CachedClock::Time time_of_slice;
constexpr int many_slices = 1024;

/// Of the two calls in each slice, one fails.
template <class Circuit>
[[gnu::noinline]] void begin_slices(Circuit& circuit, int calls) {
  static std::chrono::nanoseconds now = std::chrono::steady_clock::now().time_since_epoch();
  for (int i = 0; i < calls; i += 2) {
    time_of_slice.set(now += std::chrono::nanoseconds{10s} / many_slices);
    keep(circuit.call([] { return operation(1); }));
    keep(circuit.call([] { return operation(-1); }));
  }
}

template <class Policy>
struct OnCached : breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Policy>> {
  OnCached()
      : breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Policy>>{
            stays_open, Policy::make(), breaker::CachedClock{time_now}} {}
};
template <class Policy>
struct JudgingOnCached
    : breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Policy>, FailingOnNegative> {
  explicit JudgingOnCached(const breaker::CachedClock::Time& time = time_now)
      : breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Policy>, FailingOnNegative>{
            stays_open, Policy::make(), breaker::CachedClock{time}, is_failure()} {}
};

OnCached<Consecutive> consecutive;
OnCached<LastN<100>> last_100;
OnCached<LastN<100, 8>> last_100_striped;
OnCached<Timed<10, 1>> time_1_stripe;
OnCached<Timed<10, 8>> time_8_stripes;
OnCached<Count> failure_count;
OnCached<AnyRuleAs<Consecutive>> any_rule_row;
OnCached<AnyRuleAs<LastN<100>>> any_rule_last_100;
OnCached<AnyRuleAs<Count>> any_rule_count;
OnCached<AnyRuleAs<Sums>> any_rule_cusum;
OnCached<AnyRuleAs<AnyOfTwoCounts>> any_rule_of_two;
OnCached<SlowCalls> slow_call;
OnCached<SlowCallsTimed> slow_call_time;
OnCached<Hanging> overdue;
OnCached<AnyOfTwo> any_of_two;
OnCached<AnyOfTwoCounts> any_of_two_counts;
breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Consecutive>, breaker::DefaultClassifier,
                        breaker::Counters<8>>
    counted{stays_open, Consecutive::make(), breaker::CachedClock{time_now},
            breaker::Counters<8>{}};
JudgingOnCached<Consecutive> consecutive_failing;
JudgingOnCached<LastN<100>> last_100_failing;
JudgingOnCached<LastN<100>> last_100_failing_rarely;
JudgingOnCached<LastN<100, 8>> last_100_striped_failing;
JudgingOnCached<LastN<100, 8>> last_100_striped_failing_rarely;
JudgingOnCached<Timed<10, 8>> time_8_stripes_failing;
JudgingOnCached<Timed<many_slices, 64>> time_1024_slices{time_of_slice};
breaker::Registry<> circuits{{.seed = 1}};
std::vector<std::string> keys_up_to(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i)
    keys.push_back("api-" + std::to_string(1000 + i) + ".prod.example.net");
  return keys;
}
const std::vector<std::string> one_key = keys_up_to(1);
const std::vector<std::string> thousand_keys = keys_up_to(1000);
const breaker::detail::KeyHash key_hash{1};
const breaker::Handle<> handle = circuits.handle(one_key.front());
OnCached<Consecutive> open;
OnCached<Consecutive> half_open;
OnCached<Timed<10, 8>> open_striped;
breaker::CircuitBreaker<breaker::CachedClock, PolicyOf<Consecutive>, breaker::DefaultClassifier,
                        Uncounted>
    open_uncounted{stays_open, Consecutive::make(), breaker::CachedClock{time_now}, Uncounted{}};

}  // namespace

// extern "C": names that callgrind's report gives back as they are.
#define CASE(name, what, circuit) \
  extern "C" [[gnu::noinline]] void case_##name(int calls) { what(circuit, calls); }

extern "C" [[gnu::noinline]] void case_bare(int calls) {
  for (int i = 0; i < calls; ++i) keep(operation(i));
}
extern "C" [[gnu::noinline]] void case_bare_one_in_five(int calls) {
  for (int i = 0; i < calls; ++i) keep(operation(1 - 2 * static_cast<int>(i % 5 == 0)));
}
extern "C" [[gnu::noinline]] void case_bare_one_in_hundred(int calls) {
  for (int i = 0; i < calls; ++i) keep(operation(1 - 2 * static_cast<int>(i % 100 == 0)));
}
CASE(consecutive, succeed, consecutive)
CASE(last_100, succeed, last_100)
CASE(last_100_striped, succeed, last_100_striped)
CASE(time_1_stripe, succeed, time_1_stripe)
CASE(time_8_stripes, succeed, time_8_stripes)
CASE(failure_count, succeed, failure_count)
CASE(any_rule_row, succeed, any_rule_row)
CASE(any_rule_last_100, succeed, any_rule_last_100)
CASE(any_rule_count, succeed, any_rule_count)
CASE(any_rule_cusum, succeed, any_rule_cusum)
CASE(any_rule_of_two, succeed, any_rule_of_two)
CASE(slow_call, succeed, slow_call)
CASE(slow_call_time, succeed, slow_call_time)
CASE(overdue, succeed, overdue)
CASE(any_of_two, succeed, any_of_two)
CASE(any_of_two_counts, succeed, any_of_two_counts)
CASE(counters_on, succeed, counted)
CASE(consecutive_fail_20, fail_one_in<5>, consecutive_failing)
CASE(last_100_fail_1, fail_one_in<100>, last_100_failing_rarely)
CASE(last_100_fail_20, fail_one_in<5>, last_100_failing)
CASE(last_100_striped_fail_1, fail_one_in<100>, last_100_striped_failing_rarely)
CASE(last_100_striped_fail_20, fail_one_in<5>, last_100_striped_failing)
CASE(time_8_stripes_fail_20, fail_one_in<5>, time_8_stripes_failing)
CASE(new_slice_of_1024, begin_slices, time_1024_slices)
CASE(open_reject, be_refused, open)
CASE(open_reject_striped, be_refused, open_striped)
CASE(open_reject_uncounted, be_refused, open_uncounted)
CASE(half_open_reject, be_refused, half_open)
CASE(handle, succeed, handle)
CASE(hash_31, hash, key_hash)
extern "C" [[gnu::noinline]] void case_look_up(int calls) {
  look_up_and_call(circuits, one_key, calls);
}
extern "C" [[gnu::noinline]] void case_look_up_1000(int calls) {
  look_up_and_call(circuits, thousand_keys, calls);
}
CASE(permit_consecutive, acquire_and_settle, consecutive)
CASE(permit_last_100, acquire_and_settle, last_100)
CASE(permit_time_8_stripes, acquire_and_settle, time_8_stripes)

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int calls = std::atoi(argv[1]);

  // Full windows and settled hints: what is counted is the run of the mill.
  succeed(last_100, 101);
  succeed(last_100_striped, 1);
  succeed(any_of_two_counts, 101);
  succeed(any_rule_row, 1);
  succeed(any_rule_last_100, 101);
  succeed(any_rule_cusum, 1);
  succeed(any_rule_of_two, 101);
  look_up_and_call(circuits, thousand_keys, 1000);
  succeed(time_1_stripe, 1);
  succeed(time_8_stripes, 1);
  succeed(slow_call, 101);
  succeed(slow_call_time, 1);
  succeed(any_of_two, 1);
  fail_one_in<5>(last_100_failing, 1000);
  fail_one_in<100>(last_100_failing_rarely, 1000);
  fail_one_in<5>(last_100_striped_failing, 1000);
  fail_one_in<100>(last_100_striped_failing_rarely, 1000);
  fail_one_in<5>(time_8_stripes_failing, 1000);
  begin_slices(time_1024_slices, 2 * many_slices);
  half_open.trip();
  time_now.set(std::chrono::steady_clock::now().time_since_epoch() + 2h);
  auto probe = half_open.try_acquire();
  open.trip();
  succeed(open_striped, 1);
  open_striped.trip();
  open_uncounted.trip();
  succeed(time_1_stripe, 1);
  succeed(time_8_stripes, 1);
  succeed(slow_call_time, 1);
  succeed(any_of_two, 1);
  fail_one_in<5>(time_8_stripes_failing, 5);

  case_bare(calls);
  case_bare_one_in_five(calls);
  case_bare_one_in_hundred(calls);
  case_consecutive(calls);
  case_last_100(calls);
  case_last_100_striped(calls);
  case_time_1_stripe(calls);
  case_time_8_stripes(calls);
  case_failure_count(calls);
  case_any_rule_row(calls);
  case_any_rule_last_100(calls);
  case_any_rule_count(calls);
  case_any_rule_cusum(calls);
  case_any_rule_of_two(calls);
  case_slow_call(calls);
  case_slow_call_time(calls);
  case_overdue(calls);
  case_any_of_two(calls);
  case_any_of_two_counts(calls);
  case_counters_on(calls);
  case_consecutive_fail_20(calls);
  case_last_100_fail_1(calls);
  case_last_100_fail_20(calls);
  case_last_100_striped_fail_1(calls);
  case_last_100_striped_fail_20(calls);
  case_time_8_stripes_fail_20(calls);
  case_new_slice_of_1024(calls);
  case_open_reject(calls);
  case_open_reject_striped(calls);
  case_open_reject_uncounted(calls);
  case_half_open_reject(calls);
  case_handle(calls);
  case_hash_31(calls);
  case_look_up(calls);
  case_look_up_1000(calls);
  case_permit_consecutive(calls);
  case_permit_last_100(calls);
  case_permit_time_8_stripes(calls);

  const bool as_meant = consecutive.state() == breaker::State::closed &&
                        last_100_failing.state() == breaker::State::closed &&
                        open.snapshot().refused == static_cast<std::uint64_t>(calls) &&
                        half_open.snapshot().refused == static_cast<std::uint64_t>(calls) && probe;
  if (!as_meant) std::puts("a circuit was not in the state that its case is about");
  return as_meant ? 0 : 1;
}
