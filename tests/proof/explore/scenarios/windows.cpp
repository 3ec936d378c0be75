// Scenarios: what policies count, and when they trip.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::FailureCount;
using breaker::FailureRate;

// ---- tripping

template <class Policy>
void two_failures_trip_once(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] { f.call(Verdict::failure); });
  }
  run.finally([&f] {
    f.check(f.memory.transitions.size() == 1,
            "two failures at a threshold of two trip exactly once");
    f.check(f.circuit.state() == State::open, "the circuit is open");
  });
}

// Two failures in neighbouring slices: each adds, then sums. One of them must see both.
template <int Stripes>
void failures_on_both_sides_of_a_slice_trip(Run& run) {
  auto& f = make(run, {}, FailureCount{2, breaker::within<2, Stripes>(2s)});
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] {
    f.clock.advance(1s);
    f.call(Verdict::failure);
  });
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "no trip is missed"); });
}

// Once the slice was summed, failures are judged by how many were numbered since.
void a_sum_meets_two_failures(Run& run) {
  auto& f = make(run, {}, FailureCount{3, breaker::within<2, 2>(2s)});
  f.call(Verdict::failure);
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] { f.call(Verdict::failure); });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "no trip is missed"); });
}

void success_against_failure_consecutive(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.call(Verdict::success); });
  run.thread([&f] { f.call(Verdict::failure); });
}

// The row is as long as it was when the failure was counted, or it is not counted yet.
void success_against_the_last_failure(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  f.call(Verdict::failure);
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.call(Verdict::success); });
}

void success_in_a_stripe_against_a_failure(Run& run) {
  auto& f = make(run, {},
                 FailureRate{breaker::within<2, 2>(2s), {.threshold = 50_percent, .min_calls = 2}});
  run.thread([&f] { f.call(Verdict::success); });
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.call(Verdict::failure); });
  run.finally(
      [&f] { f.check(f.memory.transitions.size() == 1, "two of three failed: tripped once"); });
}

template <int Stripes>
void slice_turns_while_counting(Run& run) {
  auto& f = make(
      run, {},
      FailureRate{breaker::within<2, Stripes>(2s), {.threshold = 100_percent, .min_calls = 100}});
  f.call(Verdict::failure);
  f.clock.advance(2s);  // the failure's slice is due to be used again
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.call(Verdict::success); });
  run.finally([&f] {
    f.check(f.circuit.numbers() == breaker::Numbers{{1, 2, 0}},
            "a turning slice lost or kept a count");
  });
}

// Calls of two hours each, where one hour is slow.
void two_slow_calls_trip_once(Run& run) {
  auto& f =
      make(run, {},
           breaker::SlowCallRate{breaker::last_calls<2>(),
                                 {.slower_than = 1h, .threshold = 100_percent, .min_calls = 2}});
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] {
      auto permit = f.acquire();
      f.clock.advance(2h);
      f.settle(permit, Verdict::success);
    });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "two slow calls trip once"); });
}

// A call of the closed time ends while others trip the circuit. Its stay is over, and so is what it says.
template <class Policy>
void late_failure_against_a_trip(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  auto& old = run.make<typename Fixture<Policy>::Permit>(f.acquire());
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.thread([&f] {
    f.call(Verdict::failure);
    f.call(Verdict::failure);
  });
  run.finally([&f] {
    f.check(f.memory.transitions.size() == 1, "it trips once");
    f.clock.advance(30s);
    f.call(Verdict::success);
    f.check(f.circuit.numbers().at[0] == 0, "evidence survived the recovery");
  });
}

// ---- the last-N window

template <class Policy>
void window_counts_each_call_once(Run& run, const Policy& policy, int before, int failures,
                                  int successes) {
  auto& f = make(run, {}, policy);
  const auto n = static_cast<int>(breaker::detail::window_calls_of(policy, 0));
  for (int i = 0; i < before; ++i) {
    f.call(n > 5 && i % 3 == 1 ? Verdict::failure : Verdict::success);
  }
  run.thread([&f, failures] {
    for (int i = 0; i < failures; ++i) f.call(Verdict::failure);
  });
  run.thread([&f, successes] {
    for (int i = 0; i < successes; ++i) f.call(Verdict::success);
  });
  run.finally([&f, n, before, failures, successes] {
    const int calls = std::min(n, before + failures + successes);
    f.check(f.circuit.numbers().at[1] == static_cast<std::uint32_t>(calls),
            "a call was lost or counted twice");
    // Push what is in the window out, one by one: the count must come down to 0, or the bits and
    // the count disagree.
    // (A failure first: a window that counts none is not written at all.)
    f.call(Verdict::failure);
    for (int i = 0; i < n; ++i) f.call(Verdict::success);
    f.check(f.circuit.numbers().at[0] == 0, "the count of failures is not that of the window");
  });
}

template <int N>
const auto all_of_last =
    FailureRate{breaker::last_calls<N>(), {.threshold = 100_percent, .min_calls = N}};

template <int N>
void last_n_counts_each_call_once(Run& run, int before, int failures, int successes) {
  window_counts_each_call_once(run, all_of_last<N>, before, failures, successes);
}

// N is known at run time only, and there is room for more.
template <int N>
void any_n_counts_each_call_once(Run& run, int before, int failures, int successes) {
  window_counts_each_call_once(run, breaker::AnyRule<30>{rule_of(all_of_last<N>)}, before, failures,
                               successes);
}

// A large window has short segments: of five calls.
void a_large_window_hands_over(Run& run) {
  auto& f = make(run, {}, all_of_last<5000>);
  for (int i = 0; i < 4; ++i) f.call(Verdict::failure);
  run.thread([&f] {
    f.call(Verdict::failure);
    f.call(Verdict::success);
  });
  run.thread([&f] { f.call(Verdict::failure); });
  run.finally([&f] {
    f.check(f.circuit.numbers() == breaker::Numbers{{6, 7, 0}}, "a call was lost or counted twice");
  });
}

// A helper stalls between reading the control word and the cell, while another thread fills the
// cell anew. The laps differ in how many failures they hold, so that a mix-up shows in the count.
void a_helper_stalls_for_a_lap(Run& run) {
  auto& f = make(run, {}, all_of_last<3>);
  f.call(Verdict::success);
  f.call(Verdict::failure);
  f.call(Verdict::failure);
  run.thread([&f] { f.call(Verdict::success); });
  run.thread([&f] {
    f.call(Verdict::success);
    f.call(Verdict::failure);
    f.call(Verdict::success);
    f.call(Verdict::success);
  });
  run.finally([&f] {
    f.call(Verdict::failure);  // the two calls before it succeeded, in every order
    f.check(f.circuit.numbers().at[0] == 1, "a cell was overwritten with an earlier lap");
  });
}

const auto two_of_two = all_of_last<2>;
const auto two_in_window = FailureCount{2, breaker::within<2>(2s)};
const auto any_row = breaker::AnyRule<4>{rule_of(ConsecutiveFailures{2})};

const Scenarios windows{
    {"two failures in a row trip once",
     [](Run& r) { two_failures_trip_once(r, ConsecutiveFailures{2}); }},
    {"two failures in a row trip once, by any rule",
     [](Run& r) { two_failures_trip_once(r, any_row); }},
    {"two failures of the last two trip once",
     [](Run& r) { two_failures_trip_once(r, two_of_two); }},
    {"two failures in a time window trip once",
     [](Run& r) { two_failures_trip_once(r, two_in_window); }},
    {"failures on both sides of a slice trip", failures_on_both_sides_of_a_slice_trip<1>, 1},
    {"failures on both sides of a slice trip, with bounds",
     failures_on_both_sides_of_a_slice_trip<2>, 1},
    {"a failure that was summed up meets two more", a_sum_meets_two_failures, 1},
    {"a success against failures in a row", success_against_failure_consecutive},
    {"a success against the last failure of a row", success_against_the_last_failure},
    {"a success in a stripe against failures", success_in_a_stripe_against_a_failure, 0},
    {"a slice turns while it is counted in", slice_turns_while_counting<1>, 1},
    {"a slice turns while its stripes are counted in", slice_turns_while_counting<2>, 1},
    {"last 3: a segment ends with every third record",
     [](Run& r) { last_n_counts_each_call_once<3>(r, 3, 2, 2); }, 1},
    {"last 13: successes meet failures within a segment",
     [](Run& r) { last_n_counts_each_call_once<13>(r, 5, 2, 2); }, 1},
    {"last 13: a segment is handed over",
     [](Run& r) { last_n_counts_each_call_once<13>(r, 11, 2, 2); }, 1},
    {"last 13: the window wraps", [](Run& r) { last_n_counts_each_call_once<13>(r, 25, 2, 2); }, 1},
    {"last 3: a helper stalls for a lap", a_helper_stalls_for_a_lap, 1},
    {"last 2: one thread goes round twice",
     [](Run& r) { last_n_counts_each_call_once<2>(r, 2, 1, 5); }, 1},
    {"any N, of 3: a segment ends with every third record",
     [](Run& r) { any_n_counts_each_call_once<3>(r, 3, 2, 2); }, 1},
    {"any N, of 13: a segment is handed over",
     [](Run& r) { any_n_counts_each_call_once<13>(r, 11, 2, 2); }, 1},
    {"any N, of 13: the window wraps", [](Run& r) { any_n_counts_each_call_once<13>(r, 25, 2, 2); },
     1},
    {"two slow calls trip once", two_slow_calls_trip_once, 1},
    {"a late failure against a trip, last N",
     [](Run& r) { late_failure_against_a_trip(r, two_of_two); }, 1},
    {"a late failure against a trip, time window",
     [](Run& r) { late_failure_against_a_trip(r, two_in_window); }, 1},
    {"last 5000: a segment is handed over", a_large_window_hands_over, 1},
    {"two failures trip any of two policies once",
     [](Run& r) {
       two_failures_trip_once(
           r, breaker::any_of(ConsecutiveFailures{2}, FailureCount{2, breaker::within<2>(2s)}));
     },
     1},
    {"two failures trip any of a row and the last 3 once",
     [](Run& r) {
       two_failures_trip_once(
           r, breaker::any_of(ConsecutiveFailures{2}, FailureCount{2, breaker::last_calls<3>()}));
     },
     1},
    {"two failures trip any of two rules once",
     [](Run& r) {
       two_failures_trip_once(
           r, breaker::AnyRule<4>{rule_of(breaker::any_of(
                  ConsecutiveFailures{2}, FailureCount{2, breaker::last_calls<3>()}))});
     },
     1},
    {"two failures trip all of two policies once",
     [](Run& r) {
       two_failures_trip_once(
           r, breaker::all_of(ConsecutiveFailures{2}, FailureCount{2, breaker::within<2>(2s)}));
     },
     1},
};

}  // namespace

}  // namespace explore
