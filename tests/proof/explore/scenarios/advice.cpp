// Scenarios: advice, while calls fail.
#include "breaker/core/peek.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::FailureCount;

/// A circuit that is advised, and what it told.
template <class Policy>
struct Advisee {
  using Circuit =
      breaker::CircuitBreaker<Clock, breaker::Advised<Policy>, breaker::DefaultClassifier, Watcher>;

  Advisee(Policy usual, Policy under_advice)
      : circuit{{}, breaker::Advised{usual, under_advice}, clock, Watcher{memory}} {}

  Clock::Time time;
  Clock clock{time};
  Watcher::Memory memory;
  Circuit circuit;
};

// The failure that advice finds has asked for a minute, and whoever opens the circuit knows. If the two
// missed each other, the next failure opens it.
template <class Policy>
void advice_finds_a_failure(Run& run, Policy usual, Policy under_advice) {
  auto& a = run.make<Advisee<Policy>>(usual, under_advice);
  auto& opened = run.make<bool>(false);
  run.thread([&a] {
    auto permit = a.circuit.try_acquire();
    permit.settle(breaker::Judgement{Verdict::failure, 60s});
  });
  run.thread([&a, &opened] { opened = breaker::detail::Peek::advise(a.circuit, slice); });
  run.finally([&run, &a, &opened] {
    const auto& told = a.memory.transitions;
    run.check(!opened || !told.empty(), "advice says that it opened what is closed");
    if (told.empty()) a.circuit.try_acquire().failure();
    run.check(told.size() == 1, "advice was not heard, or it opened twice");
    for (const auto& opening : told)
      run.check(opening.open_for == 60s, "the failure that advice found had asked for a minute");
  });
}

// Advice that comes while the circuit is closed by hand trips by nothing that an earlier stay has seen.
void advice_against_a_reset(Run& run) {
  auto& a = run.make<Advisee<FailureCount<breaker::LastCalls<2>>>>(
      FailureCount{2, breaker::last_calls<2>()}, FailureCount{1, breaker::last_calls<2>()});
  a.circuit.try_acquire().failure();
  run.thread([&a] {
    a.circuit.trip();
    a.circuit.reset();
  });
  run.thread([&a] { breaker::detail::Peek::advise(a.circuit, slice); });
  run.finally([&run, &a] {
    run.check(a.circuit.state() == State::closed, "advice opened for a failure of an earlier stay");
  });
}

const auto row = [](int limit) { return ConsecutiveFailures{limit}; };
const auto of_last = [](int limit) { return FailureCount{limit, breaker::last_calls<4>()}; };
const auto of_stripes = [](int limit) { return FailureCount{limit, breaker::last_calls<4, 2>()}; };
const auto of_slices = [](int limit) { return FailureCount{limit, breaker::within<2>(2s)}; };

const Scenarios advice{
    {"advice finds a failure in a row", [](Run& r) { advice_finds_a_failure(r, row(3), row(1)); }},
    {"advice finds a failure of the last N",
     [](Run& r) { advice_finds_a_failure(r, of_last(3), of_last(1)); }},
    {"advice finds a failure in a time window",
     [](Run& r) { advice_finds_a_failure(r, of_slices(3), of_slices(1)); }, 1},
    {"advice finds a failure in stripes",
     [](Run& r) { advice_finds_a_failure(r, of_stripes(3), of_stripes(1)); }, 1},
    {"advice finds a failure of two policies",
     [](Run& r) {
       advice_finds_a_failure(r, any_of(row(4), of_last(3)), any_of(row(2), of_last(1)));
     },
     1},
    {"advice finds a failure of any rule",
     [](Run& r) {
       advice_finds_a_failure(r, breaker::AnyRule<4>{rule_of(row(3))},
                              breaker::AnyRule<4>{rule_of(row(1))});
     },
     0},
    {"advice against a reset", advice_against_a_reset, 1},
};

}  // namespace

}  // namespace explore
