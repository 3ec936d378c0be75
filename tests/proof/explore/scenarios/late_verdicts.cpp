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
    const std::uint32_t failures = f.circuit.numbers().at[0];
    f.check(f.circuit.state() == State::closed, "a probe's success closes, whatever comes late");
    if (settled == Settled::stale) f.check(failures == 0, "a stale failure is counted");
    f.check(failures == 0, "evidence of an earlier stay survived");
  });
}

// ---- of a probe whose lease is over

/// **Returns** a half-open circuit whose one slot is held, by `old`, for longer than its lease.
Circuit& make_overdue(Run& run, Config config, Permit& old) {
  config.probe_lease = 10s;
  auto& f = make_half_open(run, config, old);
  f.clock.advance(10s);
  return f;
}

// One of the two verdicts is the first, and decides; the other one is of another time.
void late_verdict_against_a_renewal(Run& run, Verdict late, Verdict timely) {
  auto& old = run.make<Permit>();
  auto& f = make_overdue(run, {}, old);
  run.thread([&f, timely] { f.call(timely); });
  run.thread([&f, &old, late] { f.settle(old, late); });
  run.finally([&f] {
    const auto ends = std::count_if(
        f.memory.transitions.begin(), f.memory.transitions.end(),
        [](const auto& t) { return t.from == State::half_open && t.to != State::half_open; });
    f.check(ends == 1, "one verdict decides");
  });
}

// Both count, in one generation or in two.
void late_verdicts_add_up(Run& run, Verdict verdict, State end) {
  auto& old = run.make<Permit>();
  auto& f = make_overdue(run, {.close_after = 2, .reopen_after = 2}, old);
  run.thread([&f, verdict] { f.call(verdict); });
  run.thread([&f, &old, verdict] { f.settle(old, verdict); });
  run.finally([&f, end] {
    f.check(f.circuit.state() == end, "two verdicts of one recovery decide it");
    f.check(std::count(f.results.begin(), f.results.end(), Settled::stale) == 0,
            "a verdict of this recovery was dropped");
  });
}

// The lease ends, and its renewal's too. Whoever is lost still counts, and why() keeps what opened the circuit.
void two_leases_end(Run& run) {
  auto& old = run.make<Permit>();
  auto& f = make_overdue(run, {.close_after = 5}, old);
  f.settle(old, Verdict::success);
  old = f.acquire();
  f.clock.advance(10s);
  auto& permits = run.make<std::array<Permit, 2>>();
  run.thread([&] { permits[0] = f.acquire(); });
  run.thread([&] {
    f.clock.advance(20s);
    permits[1] = f.acquire();
  });
  run.finally([&] {
    f.settle(old, Verdict::success);
    for (Permit& permit : permits) {
      if (permit)
        f.check(f.settle(permit, Verdict::success) == Settled::counted,
                "a lost probe's verdict counts");
    }
  });
}

void late_release_adds_no_capacity(Run& run) {
  auto& old = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 1, .close_after = 63, .probe_lease = 10s}, old);
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
    {"a late failure against a renewal that succeeds",
     [](Run& r) { late_verdict_against_a_renewal(r, Verdict::failure, Verdict::success); }},
    {"a late success against a renewal that fails",
     [](Run& r) { late_verdict_against_a_renewal(r, Verdict::success, Verdict::failure); }},
    {"a late success against a renewal that closes",
     [](Run& r) { late_verdict_against_a_renewal(r, Verdict::success, Verdict::success); }},
    {"a late success and a timely one add up",
     [](Run& r) { late_verdicts_add_up(r, Verdict::success, State::closed); }},
    {"a late failure and a timely one add up",
     [](Run& r) { late_verdicts_add_up(r, Verdict::failure, State::open); }},
    {"two leases end", two_leases_end},
    {"a late release adds no capacity", late_release_adds_no_capacity},
    {"force_open against a late failure",
     [](Run& r) { late_verdict_against_a_hand(r, &Circuit::force_open, State::forced_open); }},
    {"disable against a late failure",
     [](Run& r) { late_verdict_against_a_hand(r, &Circuit::disable, State::disabled); }},
};

}  // namespace

}  // namespace explore
