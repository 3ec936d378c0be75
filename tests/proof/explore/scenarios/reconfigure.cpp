// Scenarios: new settings, while others are judged by the old ones.
#include "breaker/core/two_copies.hpp"
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::ConsecutiveFailures;
using breaker::FailureCount;

// ---- the word

// A probe's verdict is judged by the old settings or by the new ones.
void against_a_verdict(Run& run, Verdict verdict) {
  auto& probe = run.make<Permit>();
  auto& f = make_half_open(run, {.close_after = 1, .reopen_after = 1}, probe);
  run.thread([&f, &probe, verdict] {
    f.settle(probe, verdict);
    f.call(verdict);
  });
  run.thread(
      [&f] { f.reconfigure({.close_after = 2, .reopen_after = 2}, ConsecutiveFailures{1}); });
}

// A trip is told with the limits that it reached.
void against_a_trip(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  for (int i = 0; i < 2; ++i) run.thread([&f] { f.call(Verdict::failure); });
  run.thread([&f] { f.reconfigure({}, ConsecutiveFailures{3}); });
}

// Whoever opens the circuit, by whichever settings, it does not wait for longer than the new ones say.
void a_shorter_wait_against_an_opening(Run& run, bool by_hand) {
  auto& f = make(run, {.open_for = 30s}, ConsecutiveFailures{1});
  run.thread([&f, by_hand] {
    f.clock.advance(1h);
    if (by_hand) {
      f.trip();
    } else {
      f.call(Verdict::failure);
    }
  });
  run.thread(
      [&f] { f.reconfigure({.open_for = 5s, .retry_after_max = 5s}, ConsecutiveFailures{1}); });
  run.finally([&f] {
    f.check(f.circuit.saved().left == 5s, "it waits for another time than the new settings say");
  });
}

void against_an_arrival(Run& run) {
  auto& f = make_due(run, {.probes = 1, .close_after = 63});
  auto& permits = run.make<std::array<Permit, 2>>();
  for (Permit& permit : permits) run.thread([&f, &permit] { permit = f.acquire(); });
  run.thread([&f] { f.reconfigure({.probes = 2, .close_after = 63}, ConsecutiveFailures{1}); });
  run.finally([&f, &permits] {
    for (Permit& permit : permits) f.settle(permit, Verdict::ignored);
  });
}

// A probe's lease is one of the new settings, by whichever it was granted.
void a_longer_lease_against_an_arrival(Run& run) {
  auto& f = make_due(run, {.close_after = 63, .probe_lease = 10s});
  auto& probe = run.make<Permit>();
  run.thread([&] { probe = f.acquire(); });
  run.thread(
      [&f] { f.reconfigure({.close_after = 63, .probe_lease = 1h}, ConsecutiveFailures{1}); });
  run.finally([&] {
    f.check(!f.acquire(), "a probe was declared lost, and its lease is not over");
    f.settle(probe, Verdict::ignored);
  });
}

// ---- the settings

// One after the other: config and policy are of the same one.
void against_each_other(Run& run) {
  auto& f = make(run, {}, ConsecutiveFailures{2});
  for (const int count : {3, 4}) {
    run.thread([&f, count] { f.reconfigure({.close_after = count}, ConsecutiveFailures{count}); });
  }
  run.finally([&f] {
    const auto close_after = breaker::detail::Peek::at(f.circuit).machine.rules().close_after();
    f.check(f.circuit.limits().at[0] == close_after, "settings of two are mixed");
  });
}

// Who reads while two are written gets one of the three, whole.
void a_reader_against_two_writes(Run& run) {
  struct Three {
    std::uint64_t first, second;
    std::uint32_t third;
    bool operator==(const Three&) const = default;
  };
  struct Shared {
    breaker::detail::SettingsVersion version{0};
    breaker::detail::TwoCopies<Three> copies{Three{0, 0, 0}};
  };
  auto& shared = run.make<Shared>();
  run.thread([&shared] {
    for (std::uint16_t number = 1; number <= 2; ++number) {
      shared.copies.prepare({number, number, number}, shared.version);
      shared.version.store(number, breaker::detail::release);
    }
  });
  run.thread([&run, &shared] {
    const bool is_last = shared.version.load(breaker::detail::relaxed) == 2;
    const std::uint64_t first = shared.copies.read_first(shared.version);
    run.check(!is_last || first == 2, "who sees the new number reads settings of before");
    const Three read = shared.copies.read(shared.version);
    run.check(read == Three{read.first, read.first, static_cast<std::uint32_t>(read.first)},
              "settings of two versions are mixed");
  });
}

// ---- the evidence

// What was counted under other settings is void, and what is counted under the new ones is not lost.
template <class Policy>
void evidence_against_failures(Run& run, const Policy& before, const Policy& after,
                               breaker::Ticks span) {
  auto& f = make(run, {}, before);
  f.call(Verdict::failure);
  run.thread([&f] {
    f.call(Verdict::failure);
    f.call(Verdict::failure);
  });
  run.thread([&f, after, span] { f.reconfigure({}, after, span); });
}

// A stay that begins because of new settings is not dated before the one that it ends.
void evidence_against_a_reset(Run& run) {
  const FailureCount before{3, breaker::within<2>(2s)};
  const FailureCount after{3, breaker::within<2>(4s)};
  auto& f = make(run, {}, before);
  run.thread([&f] {
    f.clock.advance(1s);
    f.reset();
  });
  run.thread([&f, after] { f.reconfigure({}, after, 4 * slice); });
}

const auto three_in_two_seconds = FailureCount{3, breaker::within<2>(2s)};
const auto two_in_four_seconds = FailureCount{2, breaker::within<2>(4s)};
const auto three_of_four = breaker::AnyRule<4>{rule_of(FailureCount{3, breaker::last_calls<4>()})};
const auto two_of_two = breaker::AnyRule<4>{rule_of(FailureCount{2, breaker::last_calls<2>()})};

const Scenarios reconfigure{
    {"new settings against a good verdict", [](Run& r) { against_a_verdict(r, Verdict::success); }},
    {"new settings against a bad verdict", [](Run& r) { against_a_verdict(r, Verdict::failure); }},
    {"new settings against a trip", against_a_trip, 1},
    {"new settings against an opening by hand",
     [](Run& r) { a_shorter_wait_against_an_opening(r, true); }},
    {"new settings against an opening by the policy",
     [](Run& r) { a_shorter_wait_against_an_opening(r, false); }},
    {"a longer lease against an arrival", a_longer_lease_against_an_arrival},
    {"new settings against arrivals", against_an_arrival, 0},
    {"new settings against new settings", against_each_other, 1},
    {"a reader of settings against two writes", a_reader_against_two_writes},
    {"a new window against failures",
     [](Run& r) {
       evidence_against_failures(r, three_in_two_seconds, two_in_four_seconds, 4 * slice);
     },
     1},
    {"another N against failures",
     [](Run& r) { evidence_against_failures(r, three_of_four, two_of_two, 0); }, 1},
    {"a new window against a reset", evidence_against_a_reset, 1},
};

}  // namespace

}  // namespace explore
