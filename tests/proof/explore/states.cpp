// Scenarios over the shipping headers: deadlines, probes, late verdicts, hands, listeners.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::ConsecutiveFailures;
using breaker::Reason;
using breaker::Settled;

/// A circuit that is open, and due.
Fixture<ConsecutiveFailures>& make_due(Run& run, Config config) {
  auto& f = make(run, config, ConsecutiveFailures{1});
  f.trip();
  f.clock.advance(30s);
  return f;
}

/// A half-open circuit with one probe out; the permit is returned in `probe`.
template <class Permit>
Fixture<ConsecutiveFailures>& make_half_open(Run& run, Config config, Permit& probe) {
  auto& f = make_due(run, config);
  probe = f.acquire();
  return f;
}

using Permit = Fixture<ConsecutiveFailures>::Permit;
using Hand = void (Fixture<ConsecutiveFailures>::*)();

int admitted(const std::vector<bool>& granted) {
  return static_cast<int>(std::count(granted.begin(), granted.end(), true));
}

// ---- the open deadline

void race_at_the_deadline(Run& run, int threads, int probes) {
  auto& f = make_due(run, {.probes = probes, .close_after = 100});
  auto& permits = run.make<std::vector<Permit>>(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    run.thread([&f, &permits, i] { permits[static_cast<std::size_t>(i)] = f.acquire(); });
  }
  run.finally([&f, &permits, probes, threads] {
    std::vector<bool> granted;
    for (const Permit& permit : permits) granted.push_back(static_cast<bool>(permit));
    f.check(admitted(granted) == std::min(probes, threads),
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

// ---- late verdicts

void late_verdict_in_every_state(Run& run, Verdict late) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& old = run.make<Fixture<ConsecutiveFailures>::Permit>(f.acquire());
  auto& settled = run.make<Settled>(Settled::counted);
  run.thread([&] { settled = f.settle(old, late); });
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

// The verdict of a call of the closed time meets a hand, which nothing but a hand overrules.
void late_verdict_against_a_hand(Run& run, Hand hand, State end) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  auto& old = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(old, Verdict::failure); });
  run.thread([&f, hand] { (f.*hand)(); });
  run.finally([&f, end] { f.check(f.circuit.state() == end, "the hand takes effect"); });
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

// ---- half-open

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
                  event.at.count() - last->second >= breaker::Ticks{63'000'000'000},
              "a young probe was declared lost");
    }
  });
}

void lease_expiry_against_a_late_settle(Run& run, Verdict verdict) {
  auto& probe = run.make<Permit>();
  auto& f = make_half_open(run, {.probes = 1, .probe_lease = 10s}, probe);
  auto& settled = run.make<Settled>();
  auto& other = run.make<Permit>();
  run.thread([&] { settled = f.settle(probe, verdict); });
  run.thread([&f] { f.clock.advance(10s); });
  run.thread([&] { other = f.acquire(); });
  run.finally([&] {
    const bool lost = std::any_of(f.memory.transitions.begin(), f.memory.transitions.end(),
                                  [](const auto& t) { return t.reason == Reason::probe_lost; });
    if (lost) f.check(settled == Settled::stale, "a lost probe's verdict counted");
    if (!lost && verdict == Verdict::success)
      f.check(settled == Settled::counted, "a timely verdict was dropped");
    f.settle(other, Verdict::ignored);
  });
}

void the_clock_is_set_back(Run& run) {
  auto& f = make_due(run, {});
  f.clock_goes_back = true;
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.clock.advance(-40s); });
  run.thread([&f] { f.call(Verdict::success); });
}

void shadow_mode_refuses_nobody(Run& run) {
  auto& f = make(run, {.mode = breaker::Mode::shadow}, ConsecutiveFailures{1});
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] {
      auto permit = f.acquire();
      f.check(static_cast<bool>(permit), "a call was refused in shadow mode");
      f.settle(permit, Verdict::failure);
    });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "it trips once all the same"); });
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

// ---- by hand

void by_hand_against_a_failing_call(Run& run, Hand hand, State end) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f, hand] { (f.*hand)(); });
  run.finally([&f, end] {
    const State state = f.circuit.state();
    f.check(state == end || (end == State::closed && state == State::open),
            "the hand takes effect");
  });
}

void by_hand_against_a_probe(Run& run, Hand hand, State end, Verdict verdict = Verdict::failure) {
  auto& probe = run.make<Permit>();
  auto& f = make_half_open(run, {}, probe);
  run.thread([&f, &probe, verdict] { f.settle(probe, verdict); });
  run.thread([&f, hand] { (f.*hand)(); });
  run.finally([&f, end] { f.check(f.circuit.state() == end, "the last hand wins"); });
}

void disabled_while_a_call_arrives(Run& run) {
  auto& f = make_due(run, {});
  auto& settled = run.make<Settled>();
  run.thread([&] {
    auto permit = f.acquire();
    f.check(static_cast<bool>(permit), "half-open or disabled, this call is admitted");
    settled = f.settle(permit, Verdict::failure);
  });
  run.thread([&f] { f.disable(); });
  run.finally([&] {
    f.check(f.circuit.state() == State::disabled, "the last hand wins");
    f.check(settled != Settled::refused && settled != Settled::repeated, "it was settled once");
  });
}

void forced_open_admits_nobody(Run& run) {
  auto& f = make_due(run, {});
  auto& is_forced = run.make<bool>(false);
  run.thread([&] {
    f.force_open();
    is_forced = true;
    f.check(!f.acquire(), "a call was admitted after force_open by the same thread");
  });
  run.thread([&f] { f.call(Verdict::success); });
  run.finally(
      [&f] { f.check(f.circuit.state() == State::forced_open, "nothing leaves forced open"); });
}

void events_are_dated_in_order(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  run.thread([&f] {
    f.clock.advance(1s);
    f.trip();
  });
  run.thread([&f] { f.reset(); });
}

void three_hands(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{1});
  run.thread([&f] { f.trip(); });
  run.thread([&f] { f.reset(); });
  run.thread([&f] { f.disable(); });
}

// ---- listeners, why()

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

// ---- calls and counters, on circuits of their own

// A guard settles the call whose exception passes through it, whatever passes through another thread's.
void exceptions_pass_through_two_guards(Run& run) {
  using Circuit = breaker::CircuitBreaker<Clock, ConsecutiveFailures>;
  auto& time = run.make<Clock::Time>();
  auto& circuit = run.make<Circuit>(Config{}, ConsecutiveFailures{2}, Clock{time});
  for (int number = 1; number <= 2; ++number) {
    run.thread([&run, &circuit, number] {
      int caught = 0;
      try {
        circuit.call([number]() -> int { throw number; });
      } catch (int thrown) {
        caught = thrown;
      }
      run.check(caught == number, "an exception came out of another thread's call");
    });
  }
  run.finally([&run, &circuit] {
    run.check(circuit.snapshot().transitions == 1 && circuit.state() == State::open,
              "two calls that threw are two failures");
  });
}

void counters_add_up(Run& run) {
  using Circuit = breaker::CircuitBreaker<Clock, ConsecutiveFailures, breaker::DefaultClassifier,
                                          breaker::Counters<2>>;
  auto& time = run.make<Clock::Time>();
  auto& circuit =
      run.make<Circuit>(Config{}, ConsecutiveFailures{1}, Clock{time}, breaker::Counters<2>{});
  auto& refused = run.make<std::array<bool, 2>>();
  for (std::size_t i = 0; i < 2; ++i) {
    run.thread([&circuit, &refused, i] {
      auto permit = circuit.try_acquire();
      refused[i] = !permit;
      permit.settle(i == 0 ? Verdict::failure : Verdict::success);
    });
  }
  run.thread([&circuit] { circuit.reset(); });
  run.finally([&run, &circuit, &refused] {
    const auto all = circuit.listener().totals();
    run.check(all.admitted == all.succeeded + all.failed + all.ignored + all.stale,
              "what was admitted is not what was settled");
    run.check(all.admitted + all.refused == 2, "a call was counted twice, or not at all");
    run.check(all.refused == std::uint64_t{refused[0]} + refused[1], "a refusal was not counted");
    run.check(all.stale == circuit.snapshot().stale, "the circuit counts other stale calls");
  });
}

// The cached time guards nothing: who sees that the circuit opened sees a time that is not before.
void cached_clock_while_it_opens(Run& run) {
  using Circuit = breaker::CircuitBreaker<breaker::CachedClock, ConsecutiveFailures>;
  auto& time = run.make<breaker::CachedClock::Time>();
  time.set(0ns);
  auto& circuit = run.make<Circuit>(Config{}, ConsecutiveFailures{1}, breaker::CachedClock{time});
  run.thread([&time, &circuit] {
    time.set(1h);
    circuit.trip();
  });
  run.thread([&run, &circuit] {
    run.check(circuit.state() != State::half_open,
              "a circuit that has only just opened seems to be due");
  });
}

}  // namespace

std::vector<NamedScenario> state_scenarios() {
  using Circuit = Fixture<ConsecutiveFailures>;
  return {
      {"two callers race at the deadline", [](Run& r) { race_at_the_deadline(r, 2, 1); }},
      {"three callers race at the deadline", [](Run& r) { race_at_the_deadline(r, 3, 1); }},
      {"three callers race for two probes", [](Run& r) { race_at_the_deadline(r, 3, 2); }},
      {"callers ask while time moves to the deadline", deadline_while_time_moves},
      {"trip(wait) against a due arrival", trip_for_against_a_due_arrival},
      {"a late success moves nothing",
       [](Run& r) { late_verdict_in_every_state(r, Verdict::success); }},
      {"a late failure moves nothing",
       [](Run& r) { late_verdict_in_every_state(r, Verdict::failure); }},
      {"a probe of an old generation settles late", probe_of_an_old_generation_settles_late},
      {"a late release adds no capacity", late_release_adds_no_capacity},
      {"a probe is abandoned while another closes", abandoned_while_another_closes},
      {"two probes disagree", two_probes_disagree},
      {"good and bad probes are each counted", good_and_bad_probes_are_each_counted},
      {"a slot comes back to a waiting caller", slot_comes_back_to_a_waiting_caller},
      {"young probes are not lost", young_probes_are_not_lost, 1},
      {"a lease ends while its probe succeeds",
       [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::success); }},
      {"a lease ends while its probe is abandoned",
       [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::ignored); }},
      {"a lease ends while its probe fails",
       [](Run& r) { lease_expiry_against_a_late_settle(r, Verdict::failure); }},
      {"two bad probes make the wait grow once", the_wait_grows_once},
      {"four callers race for two probes", [](Run& r) { race_at_the_deadline(r, 4, 2); }, 0},
      {"the clock is set back", the_clock_is_set_back, 1},
      {"shadow mode refuses nobody", shadow_mode_refuses_nobody},
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
      {"disable against a call that arrives", disabled_while_a_call_arrives, 1},
      {"force_open against a failing call",
       [](Run& r) { by_hand_against_a_failing_call(r, &Circuit::force_open, State::forced_open); }},
      {"disable against a failing call",
       [](Run& r) { by_hand_against_a_failing_call(r, &Circuit::disable, State::disabled); }},
      {"reset against a failing call",
       [](Run& r) { by_hand_against_a_failing_call(r, &Circuit::reset, State::closed); }},
      {"force_open against a probe",
       [](Run& r) { by_hand_against_a_probe(r, &Circuit::force_open, State::forced_open); }},
      {"disable against a probe",
       [](Run& r) { by_hand_against_a_probe(r, &Circuit::disable, State::disabled); }},
      {"reset against a probe",
       [](Run& r) { by_hand_against_a_probe(r, &Circuit::reset, State::closed); }},
      {"force_open against a succeeding probe",
       [](Run& r) {
         by_hand_against_a_probe(r, &Circuit::force_open, State::forced_open, Verdict::success);
       }},
      {"disable against a succeeding probe",
       [](Run& r) {
         by_hand_against_a_probe(r, &Circuit::disable, State::disabled, Verdict::success);
       }},
      {"reset against a succeeding probe",
       [](Run& r) {
         by_hand_against_a_probe(r, &Circuit::reset, State::closed, Verdict::success);
       }},
      {"trip against a succeeding probe",
       [](Run& r) {
         by_hand_against_a_probe(r, &Circuit::trip_now, State::open, Verdict::success);
       }},
      {"force_open against a late failure",
       [](Run& r) { late_verdict_against_a_hand(r, &Circuit::force_open, State::forced_open); }},
      {"disable against a late failure",
       [](Run& r) { late_verdict_against_a_hand(r, &Circuit::disable, State::disabled); }},
      {"forced open admits nobody", forced_open_admits_nobody},
      {"events are dated in order", events_are_dated_in_order},
      {"three hands at once", three_hands, 1},
      {"a listener calls back", listener_calls_back, 1},
      {"a listener makes a call", listener_makes_a_call, 1},
      {"exceptions pass through two guards", exceptions_pass_through_two_guards},
      {"counters add up", counters_add_up, 1},
      {"a cached clock while the circuit opens", cached_clock_while_it_opens},
      {"a listener throws", listener_throws, 1},
      {"why() tells one transition", why_tells_one_transition, 1},
  };
}

}  // namespace explore
