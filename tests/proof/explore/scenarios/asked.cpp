// Scenarios: what failing answers ask for, and the openings that must find it.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::FailureCount;

// One of two bad probes asks for a wait, one of which may have lost its slot.
void one_of_two_bad_probes_asks(Run& run, bool is_overdue) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(
      run, {.probes = is_overdue ? 1 : 2, .reopen_after = 2, .probe_lease = 10s}, first);
  if (is_overdue) f.clock.advance(10s);
  run.thread([&] { f.settle(first, Verdict::failure, 60s); });
  run.thread([&f] { f.call(Verdict::failure); });
  run.finally([&f] {
    f.check(f.memory.transitions.back().open_for == 60s,
            "a probe that counted before had asked for a minute");
  });
}

// Of two that ask the later time counts, whoever notes it first.
void two_failures_ask(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  for (const auto asked : {40s, 60s}) {
    run.thread([&f, asked] {
      auto permit = f.acquire();
      f.settle(permit, Verdict::failure, asked);
    });
  }
  run.finally([&f] {
    f.check(f.memory.transitions.back().open_for == 60s, "the longer of two waits counts");
  });
}

// What was asked in an earlier stay is nothing to a later one.
void asked_against_a_reset(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& old = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(old, Verdict::failure, 60s); });
  run.thread([&f] {
    f.reset();
    f.call(Verdict::failure);
    f.call(Verdict::failure);
  });
  run.finally([&f] {
    f.check(f.memory.transitions.back().open_for == 30s, "a failure of an earlier stay is heard");
  });
}

// While a hand opens the circuit, a wait is asked for: before, or too late.
void asked_against_a_trip(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  run.thread([&f] {
    auto permit = f.acquire();
    f.settle(permit, Verdict::failure, 60s);
  });
  run.thread([&f] { f.trip(); });
}

const auto own_words = breaker::all_of(ConsecutiveFailures{2}, ConsecutiveFailures{1});
const auto any_row = breaker::AnyRule<4>{rule_of(ConsecutiveFailures{2})};

const Scenarios asked{
    {"one of two failures asks, the state word",
     [](Run& r) { one_of_two_failures_asks(r, ConsecutiveFailures{2}); }},
    {"one of two failures asks, last N",
     [](Run& r) { one_of_two_failures_asks(r, FailureCount{2, breaker::last_calls<2>()}); }, 1},
    {"one of two failures asks, time window",
     [](Run& r) { one_of_two_failures_asks(r, FailureCount{2, breaker::within<2>(2s)}); }, 1},
    {"one of two failures asks, all of two policies",
     [](Run& r) { one_of_two_failures_asks(r, own_words); }, 1},
    {"one of two failures asks, any rule", [](Run& r) { one_of_two_failures_asks(r, any_row); }},
    {"one of two bad probes asks", [](Run& r) { one_of_two_bad_probes_asks(r, false); }},
    {"one of two bad probes asks, after a lease",
     [](Run& r) { one_of_two_bad_probes_asks(r, true); }},
    {"two failures ask", two_failures_ask},
    {"a late failure asks against a reset", asked_against_a_reset, 1},
    {"a failure asks against a trip", asked_against_a_trip},
};

}  // namespace

}  // namespace explore
