// Scenarios: listeners, and why().
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::Reason;

void listener_calls_back(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  f.memory.also = [&f](const breaker::Transition& transition) {
    if (transition.to == State::open && transition.generation < 6) f.reset();
  };
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.call(Verdict::failure); });
}

void listener_makes_a_call(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  f.memory.also = [&f](const breaker::Transition& transition) {
    if (transition.generation < 4) f.call(Verdict::failure);
  };
  run.thread([&f] { f.trip(); });
  run.thread([&f] { f.reset(); });
  run.finally([&f] { f.memory.also = nullptr; });
}

void listener_throws(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  f.memory.also = [&f](const breaker::Transition&) {
    if (f.run_.choose(2) == 1) throw 42;
  };
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.reset(); });
  run.finally([&f] { f.memory.also = nullptr; });
}

void why_tells_one_transition(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  auto& seen = run.make<breaker::Transition>();
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.reset(); });
  run.thread([&] { seen = f.circuit.why(); });
  run.finally([&] {
    if (seen.reason == Reason::none) return;
    const auto told = std::find_if(f.memory.transitions.begin(), f.memory.transitions.end(),
                                   [&](const auto& t) { return t.generation == seen.generation; });
    f.check(
        told != f.memory.transitions.end() && told->to == seen.to && told->reason == seen.reason,
        "why() tells a transition that never was");
    if (seen.has_numbers) f.check(*told == seen, "why() mixes the numbers of two transitions");
  });
}

const Scenarios listeners{
    {"a listener calls back", listener_calls_back, 1},
    {"a listener makes a call", listener_makes_a_call, 1},
    {"a listener throws", listener_throws, 1},
    {"why() tells one transition", why_tells_one_transition, 0},
};

}  // namespace

}  // namespace explore
