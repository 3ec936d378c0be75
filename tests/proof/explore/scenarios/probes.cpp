// Scenarios: what probes decide, and when one is lost.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Reason;
using breaker::Settled;

void abandoned_while_another_closes(Run& run) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 2, .close_after = 1}, first);
  auto& second = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(first, Verdict::ignored); });
  run.thread([&] { f.settle(second, Verdict::success); });
  run.thread([&f] { f.call(Verdict::ignored); });
  run.finally([&f] { f.check(f.circuit.state() == State::closed, "one good probe closes"); });
}

void two_probes_disagree(Run& run) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 2, .close_after = 1}, first);
  auto& second = run.make<Permit>(f.acquire());
  auto& settled = run.make<std::vector<Settled>>(2);
  run.thread([&] { settled[0] = f.settle(first, Verdict::success); });
  run.thread([&] { settled[1] = f.settle(second, Verdict::failure); });
  run.finally([&] {
    f.check((settled[0] == Settled::counted) != (settled[1] == Settled::counted),
            "one verdict decides");
    f.check(f.circuit.state() == (settled[0] == Settled::counted ? State::closed : State::open),
            "the one that counted");
  });
}

void good_and_bad_probes_are_each_counted(Run& run) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 2, .close_after = 3, .reopen_after = 2}, first);
  auto& second = run.make<Permit>(f.acquire());
  run.thread([&] {
    f.settle(first, Verdict::failure);
    f.call(Verdict::failure);
  });
  run.thread([&] { f.settle(second, Verdict::success); });
  run.finally([&f] { f.check(f.circuit.state() == State::open, "two bad probes reopen"); });
}

void the_wait_grows_once(Run& run) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(run, {.open_for = breaker::Backoff{.first = 30s}, .probes = 2}, first);
  auto& second = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(first, Verdict::failure); });
  run.thread([&] { f.settle(second, Verdict::failure); });
  run.finally([&f] {
    f.check(f.memory.transitions.back().open_for == 60s, "the second wait is twice the first");
    f.check(f.memory.transitions.size() == 3, "two bad probes reopen once");
  });
}

void slot_comes_back_to_a_waiting_caller(Run& run) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 1, .close_after = 2}, first);
  run.thread([&] {
    f.settle(first, Verdict::ignored);
    auto again = f.acquire();
    f.settle(again, Verdict::success);
  });
  run.thread([&f] { f.call(Verdict::success); });
}

// A young probe must never be declared lost: that is what reading the clock after the word is for.
void young_probes_are_not_lost(Run& run) {
  auto& f = make_due(run, {.probes = 1, .probe_lease = 64s});
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] {
      auto permit = f.acquire();
      f.settle(permit, Verdict::ignored);
      auto next = f.acquire();
      f.settle(next, Verdict::ignored);
    });
  }
  run.thread([&f] { f.clock.advance(100s); });
  run.finally([&f] {
    for (const auto& event : f.memory.transitions) {
      if (event.reason != Reason::probe_lost) continue;
      const auto last = std::find_if(f.grants.rbegin(), f.grants.rend(), [&](const auto& g) {
        return g.first + 1 == event.generation;
      });
      f.check(last == f.grants.rend() ||
                  event.at.count() - last->second >= breaker::Ticks{60'000'000'000},
              "a young probe was declared lost");
    }
  });
}

void lease_expiry_against_a_late_settle(Run& run, Verdict verdict) {
  auto& probe = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 1, .probe_lease = 10s}, probe);
  auto& settled = run.make<Settled>();
  auto& other = run.make<Permit>();
  run.thread([&, verdict] { settled = f.settle(probe, verdict); });
  run.thread([&f] { f.clock.advance(10s); });
  run.thread([&] { other = f.acquire(); });
  run.finally([&] {
    f.check(settled == Settled::counted, "a verdict of this recovery was dropped");
    f.settle(other, Verdict::ignored);
  });
}

const Scenarios probes{
    {"a probe is abandoned while another closes", abandoned_while_another_closes},
    {"two probes disagree", two_probes_disagree},
    {"good and bad probes are each counted", good_and_bad_probes_are_each_counted},
    {"a slot comes back to a waiting caller", slot_comes_back_to_a_waiting_caller},
    {"young probes are not lost", young_probes_are_not_lost, 0},
    {"a lease ends while its probe succeeds",
     [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::success); }},
    {"a lease ends while its probe is abandoned",
     [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::ignored); }},
    {"a lease ends while its probe fails",
     [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::failure); }},
    {"two bad probes make the wait grow once", the_wait_grows_once},
};

}  // namespace

}  // namespace explore
