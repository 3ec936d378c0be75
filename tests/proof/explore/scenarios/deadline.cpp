// Scenarios: the open deadline: who passes it, and who sees it passed.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;

void race_at_the_deadline(Run& run, int threads, int probes) {
  auto& f = make_due(run, {.probes = probes, .close_after = 63});
  auto& permits = run.make<std::vector<Permit>>(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    run.thread([&f, &permits, i] { permits[static_cast<std::size_t>(i)] = f.acquire(); });
  }
  run.finally([&f, &permits, probes, threads] {
    const auto admitted = std::count_if(permits.begin(), permits.end(), [](const Permit& permit) {
      return static_cast<bool>(permit);
    });
    f.check(admitted == std::min(probes, threads),
            "exactly as many probes as allowed are admitted");
    f.check(f.memory.transitions.size() == 2, "the circuit goes half-open once");
    for (Permit& permit : permits) f.settle(permit, Verdict::ignored);
  });
}

void deadline_while_time_moves(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  f.trip();
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] {
      auto permit = f.acquire();
      if (permit)
        f.check(f.clock.last_reading() >= breaker::Ticks{30'000'000'000}, "a probe went out early");
      f.settle(permit, Verdict::ignored);
    });
  }
  run.thread([&f] {
    f.clock.advance(29s);
    f.clock.advance(1s);
  });
}

void trip_for_against_a_due_arrival(Run& run) {
  auto& f = make_due(run, {});
  run.thread([&f] {
    auto permit = f.acquire();
    f.settle(permit, Verdict::failure);
  });
  run.thread([&f] { f.trip(5s); });
}

// The wait ends at another time, while somebody arrives.
void retry_in_against_an_arrival(Run& run, bool is_due, breaker::Duration left) {
  auto& f = is_due ? make_due(run, {}) : make(run, {}, ConsecutiveFailures{1});
  if (!is_due) f.trip();
  run.thread([&f] {
    auto permit = f.acquire();
    f.settle(permit, Verdict::failure);
  });
  run.thread([&f, left] { f.retry_in(left); });
  run.finally([&f] {
    const auto told = f.memory.transitions.size();
    f.check(told == 1 || told == 3, "retry_in is no transition");
  });
}

void retry_in_against_trip_for(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  f.trip();
  run.thread([&f] { f.retry_in(0s); });
  run.thread([&f] { f.trip(20s); });
  run.thread([&f] { f.call(Verdict::success); });
}

// Who must not probe leaves the probe to another.
void a_call_that_is_no_probe_arrives(Run& run) {
  auto& f = make_due(run, {});
  run.thread([&f] {
    auto permit = f.acquire(false);
    f.check(!permit || !permit.is_probe(), "a call that must not be a probe is one");
    f.settle(permit, Verdict::failure);
  });
  run.thread([&f] { f.call(Verdict::success); });
}

void the_clock_is_set_back(Run& run) {
  auto& f = make_due(run, {});
  f.clock_goes_back = true;
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.clock.advance(-40s); });
  run.thread([&f] { f.call(Verdict::success); });
}

// ---- asking without taking

// Who sees that the circuit is open must read a clock that is not behind the opening: else the deadline seems so far away that
// the clock must have been set back, and the wait counts as over.
template <class Ask>
void asked_while_it_opens(Run& run, const Ask& says_that_the_wait_is_over) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  run.thread([&f] {
    f.clock.advance(1h);
    f.trip();
  });
  run.thread([&f, says_that_the_wait_is_over] {
    const bool is_over = says_that_the_wait_is_over(f.circuit);
    f.check(!is_over, "a circuit that has only just opened seems to be due");
  });
}

void would_admit_while_it_opens_again(Run& run) {
  auto& probe = run.make<Permit>();
  auto& f = make_half_open(run, {.probe_lease = 10h}, probe);
  run.thread([&] {
    f.clock.advance(1h);
    f.settle(probe, Verdict::failure);
  });
  run.thread([&f] { f.check(!f.circuit.would_admit(), "neither full nor open would it admit"); });
}

const Scenarios deadline{
    {"two callers race at the deadline", [](Run& r) { race_at_the_deadline(r, 2, 1); }},
    {"three callers race at the deadline", [](Run& r) { race_at_the_deadline(r, 3, 1); }, 1},
    {"three callers race for two probes", [](Run& r) { race_at_the_deadline(r, 3, 2); }, 0},
    {"callers ask while time moves to the deadline", deadline_while_time_moves},
    {"trip(wait) against a due arrival", trip_for_against_a_due_arrival},
    {"retry_in against an arrival", [](Run& r) { retry_in_against_an_arrival(r, false, 0s); }},
    {"retry_in against a due arrival", [](Run& r) { retry_in_against_an_arrival(r, true, 10s); }},
    {"retry_in against trip(wait)", retry_in_against_trip_for, 1},
    {"a call that must not be a probe arrives", a_call_that_is_no_probe_arrives},
    {"the clock is set back", the_clock_is_set_back, 0},
    {"state() while the circuit opens",
     [](Run& r) {
       asked_while_it_opens(r, [](auto& circuit) { return circuit.state() == State::half_open; });
     }},
    {"would_admit() while the circuit opens again", would_admit_while_it_opens_again},
    {"snapshot() while the circuit opens",
     [](Run& r) {
       asked_while_it_opens(
           r, [](auto& circuit) { return circuit.snapshot().state == State::half_open; });
     }},
    {"saved() while the circuit opens",
     [](Run& r) {
       asked_while_it_opens(r, [](auto& circuit) {
         const breaker::Saved saved = circuit.saved();
         return saved.state == State::open && saved.left == 0ms;
       });
     }},
};

}  // namespace

}  // namespace explore
