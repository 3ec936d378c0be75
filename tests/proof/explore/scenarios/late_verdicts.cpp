// Scenarios: verdicts of an earlier generation.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::ConsecutiveFailures;
using breaker::Settled;
using Circuit = Fixture<ConsecutiveFailures>;
using Hand = void (Circuit::*)();

void late_verdict_in_every_state(Run& run, Verdict late) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& old = run.make<Fixture<ConsecutiveFailures>::Permit>(f.acquire());
  auto& settled = run.make<Settled>(Settled::counted);
  run.thread([&, late] { settled = f.settle(old, late); });
  run.thread([&f] {
    f.trip();
    f.clock.advance(30s);
    f.call(Verdict::success);
  });
  run.finally([&f, &settled] {
    const auto evidence = f.circuit.snapshot().evidence;
    f.check(f.circuit.state() == State::closed, "a probe's success closes, whatever comes late");
    if (settled == Settled::stale) f.check(evidence.failures == 0, "a stale failure is counted");
    f.check(evidence.failures == 0, "evidence of an earlier stay survived");
  });
}

void probe_of_an_old_generation_settles_late(Run& run) {
  static constexpr Config config{.probes = 1, .probe_lease = 10s};
  auto& old = run.make<Permit>();
  auto& f = make_half_open(run, config, old);
  f.clock.advance(10s);
  run.thread([&f] { f.call(Verdict::success); });
  run.thread([&f, &old] { f.settle(old, Verdict::failure); });
}

void late_release_adds_no_capacity(Run& run) {
  auto& old = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 1, .close_after = 100, .probe_lease = 10s}, old);
  f.clock.advance(10s);
  auto& a = run.make<Permit>();
  auto& b = run.make<Permit>();
  run.thread([&] { a = f.acquire(); });
  run.thread([&] { f.settle(old, Verdict::ignored); });
  run.thread([&] { b = f.acquire(); });
  run.finally([&] {
    if (a && b)
      f.check(a.generation() != b.generation(), "two probes share the one slot of a generation");
    f.settle(a, Verdict::ignored);
    f.settle(b, Verdict::ignored);
  });
}

// The verdict of a call of the closed time meets a hand, which nothing but a hand overrules.
void late_verdict_against_a_hand(Run& run, Hand hand, State end) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  auto& old = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.thread([&f, hand] { (f.*hand)(); });
  run.finally([&f, end] { f.check(f.circuit.state() == end, "the hand takes effect"); });
}

const Scenarios late_verdicts{
    {"a late success moves nothing",
     [](Run& r) { late_verdict_in_every_state(r, Verdict::success); }},
    {"a late failure moves nothing",
     [](Run& r) { late_verdict_in_every_state(r, Verdict::failure); }},
    {"a probe of an old generation settles late", probe_of_an_old_generation_settles_late},
    {"a late release adds no capacity", late_release_adds_no_capacity},
    {"force_open against a late failure",
     [](Run& r) { late_verdict_against_a_hand(r, &Circuit::force_open, State::forced_open); }},
    {"disable against a late failure",
     [](Run& r) { late_verdict_against_a_hand(r, &Circuit::disable, State::disabled); }},
};

}  // namespace

}  // namespace explore
