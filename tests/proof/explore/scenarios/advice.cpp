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

/// A circuit, and what it told.
template <class Policy>
struct Watched {
  explicit Watched(const Policy& policy) : circuit{{}, policy, clock, Watcher{memory}} {}

  Clock::Time time;
  Clock clock{time};
  Watcher::Memory memory;
  breaker::CircuitBreaker<Clock, Policy, breaker::DefaultClassifier, Watcher> circuit;
};

// The failure that advice finds has asked for a minute, and whoever opens the circuit knows. If the two
// missed each other, the next failure opens it.
template <class Policy>
void advice_finds_a_failure(Run& run, Policy usual, Policy under_advice) {
  auto& a = run.make<Watched<breaker::Advised<Policy>>>(breaker::Advised{usual, under_advice});
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

// A registry opens a circuit for what it counted: then, too, the failure that counted before has asked for a minute.
void a_trip_from_outside_finds_a_failure(Run& run) {
  auto& w = run.make<Watched<ConsecutiveFailures>>(ConsecutiveFailures{2});
  auto& settled = run.make<breaker::Settled>();
  run.thread([&w, &settled] {
    auto permit = w.circuit.try_acquire();
    settled = permit.settle(breaker::Judgement{Verdict::failure, 60s});
  });
  run.thread([&w] { breaker::detail::Peek::trip(w.circuit, 0, {}); });
  run.finally([&run, &w, &settled] {
    const auto& told = w.memory.transitions;
    run.check(told.size() == 1, "it did not open, or twice");
    for (const auto& opening : told) {
      run.check(settled != breaker::Settled::counted || opening.open_for == 60s,
                "a failure that counted before had asked for a minute");
    }
  });
}

// Advice that comes while the circuit is closed by hand trips by nothing that an earlier stay has seen.
void advice_against_a_reset(Run& run) {
  auto& a =
      run.make<Watched<breaker::Advised<FailureCount<breaker::LastCalls<2>>>>>(breaker::Advised{
          FailureCount{2, breaker::last_calls<2>()}, FailureCount{1, breaker::last_calls<2>()}});
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
    {"a trip from outside finds a failure", a_trip_from_outside_finds_a_failure},
    {"advice against a reset", advice_against_a_reset, 1},
};

}  // namespace

}  // namespace explore
