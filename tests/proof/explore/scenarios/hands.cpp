// Scenarios: commands by hand.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::Settled;
using Circuit = Fixture<ConsecutiveFailures>;
using Hand = void (Circuit::*)();

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

const Scenarios hands{
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
     [](Run& r) { by_hand_against_a_probe(r, &Circuit::reset, State::closed, Verdict::success); }},
    {"trip against a succeeding probe",
     [](Run& r) { by_hand_against_a_probe(r, &Circuit::trip_now, State::open, Verdict::success); }},
    {"forced open admits nobody", forced_open_admits_nobody, 1},
    {"events are dated in order", events_are_dated_in_order},
    {"three hands at once", three_hands, 0},
};

}  // namespace

}  // namespace explore
