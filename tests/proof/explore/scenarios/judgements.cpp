// Scenarios: a classifier says that the circuit opens at once, while others move it.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::ConsecutiveFailures;
using breaker::Judgement;
using breaker::Reason;
using breaker::Settled;

// Counted or not, no failure goes on counting in the next stay, and none of two openings is lost or told twice.
void a_judgement_against_failures(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& judged = run.make<Permit>(f.acquire());
  run.thread([&] { f.settle(judged, Judgement::trip(90s)); });
  run.thread([&f] {
    f.call(Verdict::failure);
    f.call(Verdict::failure);
  });
  run.finally([&f] {
    f.check(f.memory.transitions.size() == 1, "it opens once");
    const auto& opening = f.memory.transitions.back();
    f.check(opening.open_for == (opening.reason == Reason::classifier ? 90s : 30s),
            "who opens it says for how long");
  });
}

void a_judgement_against_a_reset(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& judged = run.make<Permit>(f.acquire());
  auto& settled = run.make<Settled>();
  run.thread([&] { settled = f.settle(judged, Judgement::trip()); });
  run.thread([&f] { f.reset(); });
  run.finally([&] {
    f.check(settled == Settled::counted || f.memory.transitions.size() == 1,
            "a judgement of an earlier stay moves nothing");
  });
}

// Of a probe it counts as its failure does, also when its lease is over.
void a_judgement_of_a_probe(Run& run, bool is_overdue) {
  auto& first = run.make<Permit>();
  auto& f = make_half_open(
      run, {.probes = is_overdue ? 1 : 2, .reopen_after = 2, .probe_lease = 10s}, first);
  if (is_overdue) f.clock.advance(10s);
  run.thread([&] { f.settle(first, Judgement::trip(90s)); });
  run.thread([&f] { f.call(Verdict::success); });
}

// One that says for no time finds what a failure before it asked for.
void a_failure_asks_against_a_judgement(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  auto& judged = run.make<Permit>(f.acquire());
  auto& asking = run.make<Permit>(f.acquire());
  auto& settled = run.make<Settled>();
  run.thread([&] { settled = f.settle(asking, Verdict::failure, 60s); });
  run.thread([&] { f.settle(judged, Judgement::trip()); });
  run.finally([&] {
    f.check(settled == Settled::stale || f.memory.transitions.back().open_for == 60s,
            "a failure that counted before had asked for a minute");
  });
}

const Scenarios judgements{
    {"a judgement opens against failures", a_judgement_against_failures},
    {"a failure asks against a judgement that opens", a_failure_asks_against_a_judgement},
    {"a judgement opens against a reset", a_judgement_against_a_reset},
    {"a judgement of a probe opens", [](Run& r) { a_judgement_of_a_probe(r, false); }},
    {"a judgement of a probe opens, after a lease",
     [](Run& r) { a_judgement_of_a_probe(r, true); }},
};

}  // namespace

}  // namespace explore
