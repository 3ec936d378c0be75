// Scenarios: the last N calls, whose unmarked ones are counted in stripes.
#include "breaker/window/striped_count_window.hpp"
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::FailureCount;
using breaker::FailureRate;

template <int N>
FailureRate<breaker::LastCalls<N, 2>> all_of_last() {
  return {breaker::last_calls<N, 2>(), {.threshold = 100_percent, .min_calls = N}};
}

void two_failures_trip_once(Run& run) {
  auto& f = make(run, {}, all_of_last<2>());
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] { f.call(Verdict::failure); });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "two of the last two trip once"); });
}

// The first and the third thread have one stripe; each refusal is counted, see Fixture::check_at_rest().
void refusals_in_stripes(Run& run) {
  auto& f = make(run, {}, all_of_last<2>());
  run.thread([&f] {
    f.call(Verdict::success);
    f.trip();
    f.call(Verdict::success);
  });
  run.thread([] {});
  run.thread([&f] {
    f.call(Verdict::success);
    f.call(Verdict::success);
  });
}

// Which of the two failures comes last sees as many successes as the other one, or more.
void two_failures_against_a_success(Run& run) {
  auto& f = make(run, {}, FailureCount{2, breaker::last_calls<3, 2>()});
  run.thread([&f] { f.call(Verdict::success); });
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] { f.call(Verdict::failure); });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "two of the last three trip"); });
}

template <int N>
void each_call_counts_once(Run& run, int before, int failures, int successes) {
  auto& f = make(run, {}, all_of_last<N>());
  for (int i = 0; i < before; ++i) f.call(i % 4 == 1 ? Verdict::failure : Verdict::success);
  run.thread([&f, failures] {
    for (int i = 0; i < failures; ++i) f.call(Verdict::failure);
  });
  run.thread([&f, successes] {
    for (int i = 0; i < successes; ++i) f.call(Verdict::success);
  });
  run.finally([&f, before, failures, successes] {
    const int calls = std::min(N, before + failures + successes);
    f.check(f.circuit.numbers().at[1] == static_cast<std::uint32_t>(calls),
            "a call was lost or counted twice");
    for (int i = 0; i < N; ++i) f.call(Verdict::success);
    f.check(f.circuit.numbers().at[0] == 0, "a failure did not leave the window");
  });
}

// Of the first and the third thread, which have one stripe, one owns it; where it is shared, neither.
void three_threads_count(Run& run, bool shares) {
  auto& f = make(run, {}, all_of_last<9>());
  if (shares) breaker::detail::share_stripes(breaker::detail::Peek::at(f.circuit).evidence);
  for (int i = 0; i < 3; ++i) {
    run.thread([&f] { f.call(Verdict::success); });
  }
  run.finally([&f] {
    f.check(f.circuit.numbers() == breaker::Numbers{{0, 3, 0}}, "a call was lost or counted twice");
  });
}

// A helper stalls before it puts a failure into the ring, while another thread goes round. What is counted in the
// end must be what some order of the calls leaves.
void a_helper_stalls_for_a_lap(Run& run) {
  auto& f = make(run, {}, all_of_last<4>());
  f.call(Verdict::success);
  f.call(Verdict::failure);
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] {
    f.call(Verdict::failure);
    for (int i = 0; i < 2; ++i) {
      f.call(Verdict::success);
      f.call(Verdict::failure);
      f.call(Verdict::failure);
    }
  });
}

// ---- stays

// The owner of a stripe takes it into the next stay, while a failure of that stay sums it.
void a_stripe_goes_into_the_next_stay(Run& run) {
  auto& f = make(run, {}, FailureCount{2, breaker::last_calls<3, 2>()});
  for (int i = 0; i < 3; ++i) f.call(Verdict::success);
  run.thread([&f] {
    for (int i = 0; i < 3; ++i) f.call(Verdict::success);
    f.reset();
    f.call(Verdict::success);
  });
  run.thread([&f] {
    f.call(Verdict::failure);
    f.check(f.circuit.numbers().at[1] <= 7, "calls were made up");
    f.call(Verdict::failure);
  });
}

template <class Policy>
void reset_against_late_calls(Run& run, const Policy& policy, bool shares) {
  auto& f = make(run, {}, policy);
  if (shares) breaker::detail::share_stripes(breaker::detail::Peek::at(f.circuit).evidence);
  f.call(Verdict::success);
  f.call(Verdict::failure);
  auto& old = run.make<typename Fixture<Policy>::Permit>(f.acquire());
  auto& second = run.make<typename Fixture<Policy>::Permit>(f.acquire());
  run.thread([&] {
    f.reset();
    f.call(Verdict::failure);
    f.call(Verdict::success);
  });
  if (shares) run.thread([] {});  // the first thread and the third have one stripe
  run.thread([&] {
    f.settle(old, Verdict::success);
    f.settle(second, Verdict::failure);
  });
  run.finally([&f] {
    f.check(f.circuit.numbers() == breaker::Numbers{{1, 2, 0}},
            "the new stay holds its two calls and no other");
  });
}

template <class Policy>
void failure_after_two_resets(Run& run, const Policy& policy) {
  auto& f = make(run, {}, policy);
  auto& generation = run.make<breaker::Generation>(0u);
  run.thread([&f] { f.reset(); });
  run.thread([&f, &generation] {
    f.reset();
    auto permit = f.acquire();
    if (f.settle(permit, Verdict::failure) == breaker::Settled::counted)
      generation = permit.generation();
  });
  run.finally([&f, &generation] {
    const bool is_current = f.circuit.snapshot().generation == generation;
    f.check(f.circuit.numbers().at[0] == (is_current ? 1u : 0u),
            "a failure of this stay was lost, or one of an earlier stay is kept");
  });
}

const auto two_of_two = FailureCount{2, breaker::last_calls<2, 2>()};

const Scenarios striped_counts{
    {"striped last 2: two failures trip once", two_failures_trip_once},
    {"striped: each refusal is counted", refusals_in_stripes, 1},
    {"striped last 3: two failures against a success", two_failures_against_a_success, 1},
    {"striped last 4: each call counts once", [](Run& r) { each_call_counts_once<4>(r, 3, 2, 2); },
     1},
    {"striped last 5: the ring comes round", [](Run& r) { each_call_counts_once<5>(r, 7, 3, 3); },
     1},
    {"striped: three threads count", [](Run& r) { three_threads_count(r, false); }, 1},
    {"striped and shared: three threads count", [](Run& r) { three_threads_count(r, true); }, 1},
    {"striped last 4: a helper stalls for a lap", a_helper_stalls_for_a_lap, 1},
    {"striped: a stripe goes into the next stay", a_stripe_goes_into_the_next_stay, 1},
    {"striped: one of two failures asks", [](Run& r) { one_of_two_failures_asks(r, two_of_two); },
     1},
    {"striped: one of two failures asks, all of two policies",
     [](Run& r) {
       one_of_two_failures_asks(r, breaker::all_of(two_of_two, breaker::ConsecutiveFailures{1}));
     },
     1},
    {"striped: reset against late calls",
     [](Run& r) { reset_against_late_calls(r, all_of_last<4>(), false); }, 1},
    {"striped and shared: reset against late calls",
     [](Run& r) { reset_against_late_calls(r, all_of_last<4>(), true); }, 1},
    {"striped: two resets, then a failure",
     [](Run& r) { failure_after_two_resets(r, all_of_last<4>()); }, 1},
};

}  // namespace

}  // namespace explore
