// The simulation is the production circuit: the same calls, fed to a live one, give the same.
#include "simulation.hpp"

#include <algorithm>
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <breaker/testing/transition_log.hpp>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "candidates.hpp"
#include "order.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

constexpr Ticks ms = 1'000'000;

/// Traffic with good and bad times, whose calls overlap and begin in another order than they end.
std::vector<Call> random_calls(unsigned seed) {
  std::mt19937 random{seed};
  const auto below = [&](int limit) {
    return static_cast<Ticks>(random() % static_cast<unsigned>(limit));
  };
  std::vector<Call> calls;
  Ticks now = 1000 * second;
  Ticks failing = 0;
  for (int i = 0; i < 3000; ++i) {
    if (i % 200 == 0) failing = below(4) == 0 ? 90 : below(30);
    now += below(200) * ms / 2;
    const Ticks took = below(10) == 0 ? 0 : below(10) == 0 ? below(4000) * ms : below(100) * ms;
    const Verdict verdict = below(100) < failing ? Verdict::failure
                            : below(20) == 0     ? Verdict::ignored
                                                 : Verdict::success;
    calls.push_back({now, now + took, 0, verdict});
  }
  std::stable_sort(calls.begin(), calls.end(),
                   [](const Call& a, const Call& b) { return a.end < b.end; });
  return calls;
}

struct Lived {
  std::uint64_t saved = 0, lost = 0, openings = 0, reopenings = 0;
  Ticks waiting_saved = 0;
  std::vector<Ticks> opened_at;
};

/// The same by hand: one list of beginnings and ends, sorted; a live circuit; a clock that is set
/// before each step; a permit for each call.
template <class Policy>
Lived live(const std::vector<Call>& calls, const breaker::Config& config, const Policy& policy) {
  struct Step {
    Ticks time;
    int phase;  // 0: a call ends, 1: one begins
    std::size_t call;
  };
  std::vector<Step> steps;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    steps.push_back({calls[i].begin, 1, i});
    if (calls[i].begin != calls[i].end) steps.push_back({calls[i].end, 0, i});
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    return a.time != b.time ? a.time < b.time : a.phase < b.phase;
  });

  breaker::ManualClock clock;
  breaker::TransitionLog log;
  breaker::CircuitBreaker circuit{config, policy, clock, log};
  std::vector<typename decltype(circuit)::Permit> permits(calls.size());
  Lived lived;
  for (const Step& step : steps) {
    const Call& call = calls[step.call];
    auto& permit = permits[step.call];
    clock.set(std::chrono::nanoseconds{step.time});
    if (step.phase == 1) {
      permit = circuit.try_acquire();
      if (!permit && call.verdict == Verdict::failure) {
        ++lived.saved;
        lived.waiting_saved += call.end - call.begin;
      }
      if (!permit && call.verdict == Verdict::success) ++lived.lost;
    }
    if (permit && (step.phase == 0 || call.begin == call.end)) permit.settle(call.verdict);
  }
  for (const auto& transition : log.transitions()) {
    if (transition.to != breaker::State::open) continue;
    if (transition.from == breaker::State::half_open) ++lived.reopenings;
    if (transition.from != breaker::State::closed) continue;
    ++lived.openings;
    lived.opened_at.push_back(transition.at.count());
  }
  return lived;
}

Trial simulate(const std::vector<Call>& calls, const Candidate& candidate) {
  const auto simulation = make_simulation(candidate);
  std::vector<Event> batch;
  Order order{{}, [&](std::uint32_t, const Event& event) {
                batch.push_back(event);
                if (batch.size() < 100) return;
                simulation->replay(batch);
                batch.clear();
              }};
  for (const Call& call : calls) order.add(call.end, call.end - call.begin, 0, call.verdict);
  order.finish();
  if (!batch.empty()) simulation->replay(batch);
  return simulation->trial();
}

template <class Policy>
void check_same(const char* text, const Policy& policy) {
  const Candidate candidate = checked_candidate(text);
  std::uint64_t openings = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto calls = random_calls(seed);

    const Trial trial = simulate(calls, candidate);
    const Lived lived = live(calls, candidate.config(), policy);

    CAPTURE(text, seed);
    CHECK(trial.saved == lived.saved);
    CHECK(trial.lost == lived.lost);
    CHECK(trial.openings == lived.openings);
    CHECK(trial.reopenings == lived.reopenings);
    CHECK(trial.waiting_saved == lived.waiting_saved);
    REQUIRE(trial.kept.size() == lived.opened_at.size());
    for (std::size_t i = 0; i < trial.kept.size(); ++i)
      CHECK(trial.kept[i].from == lived.opened_at[i]);
    openings += trial.openings;
  }
  CHECK(openings > 20);  // otherwise it says nothing
}

Event begins(Ticks time, std::uint32_t slot, Verdict verdict, Ticks took = ms) {
  return {time, took, slot, true, false, verdict};
}
Event ends(Ticks time, std::uint32_t slot, Verdict verdict, Ticks took = ms) {
  return {time, took, slot, false, false, verdict};
}

}  // namespace

TEST_CASE("the simulation does what a live circuit does with the same calls, one by one") {
  using namespace breaker;
  using namespace std::chrono_literals;
  using namespace breaker::literals;
  check_same("consecutive 3, open 2s", ConsecutiveFailures{3});
  check_same("consecutive 2, open 1s x2 max 8s, probes 3, close 2, reopen 2",
             ConsecutiveFailures{2});
  check_same("5 failures in 2s, open 3s", FailureCount{5, within(2s)});
  check_same("8 failures of last 20, open 3s, lease 1s", FailureCount{8, last_calls<20>()});
  check_same("rate>=40% in 2s, min 5, open 1s",
             FailureRate{within(2s), {.threshold = 40_percent, .min_calls = 5}});
  check_same("rate>=40% of last 20, min 10, open 1s",
             FailureRate{last_calls<20>(), {.threshold = 40_percent, .min_calls = 10}});
  check_same("slow>50ms rate>=60% of last 10, min 5, open 1s",
             SlowCallRate{last_calls<10>(),
                          {.slower_than = 50ms, .threshold = 60_percent, .min_calls = 5}});
  check_same(
      "slow>70ms rate>=40% in 1s, min 5, open 1s",
      SlowCallRate{within(1s), {.slower_than = 70ms, .threshold = 40_percent, .min_calls = 5}});
  check_same("3 calls over 60ms, open 1s", Overdue{{.limit = 60ms, .calls = 3}});
  check_same("9 calls over 20ms, open 1s", Overdue<64>{{.limit = 20ms, .calls = 9}});
}

// A log knows how long calls took: those that end in a time-out are seen while they are out.
TEST_CASE("calls that hang are seen while they hang") {
  const auto simulation = make_simulation(checked_candidate("5 calls over 2s, open 10s"));
  std::vector<Event> events;
  for (std::uint32_t i = 0; i < 30; ++i)
    events.push_back(begins(i * second / 2, i, Verdict::failure, 30 * second));
  for (std::uint32_t i = 0; i < 30; ++i)
    events.push_back(ends(30 * second + i * second / 2, i, Verdict::failure, 30 * second));

  simulation->replay(events);
  simulation->finish(60 * second);

  // The fifth begins at 2 s; the first arrival that finds all five out for longer than 2 s comes at 4.5 s.
  REQUIRE(simulation->trial().openings == 1);
  CHECK(simulation->trial().kept[0].from == 4 * second + second / 2);
  CHECK(simulation->trial().saved == 30 - 9 - 1);  // a probe at 14.5 s
  CHECK(simulation->trial().first_cause ==
        "closed -> open: 5 calls out for more than 2000 ms (limit 5); calls are refused for 10000 "
        "ms");
}

TEST_CASE("a refused call is saved if it failed, lost if it succeeded, and neither if ignored") {
  const auto simulation = make_simulation(checked_candidate("consecutive 1, open 10s"));
  const std::vector<Event> events{
      begins(second, 0, Verdict::failure),
      ends(second + ms, 0, Verdict::failure),
      begins(2 * second, 0, Verdict::failure, 700 * ms),
      begins(2 * second, 1, Verdict::success),
      begins(2 * second, 2, Verdict::ignored),
      ends(2 * second + ms, 1, Verdict::success),
      ends(2 * second + ms, 2, Verdict::ignored),
      ends(3 * second, 0, Verdict::failure, 700 * ms),
  };

  simulation->replay(events);

  CHECK(simulation->trial().saved == 1);
  CHECK(simulation->trial().lost == 1);
  CHECK(simulation->trial().refused_ignored == 1);
  CHECK(simulation->trial().waiting_saved == 700 * ms);
  CHECK(simulation->trial().first_cause ==
        "closed -> open: 1 failure in a row (limit 1); calls are refused for 10000 ms");
}

TEST_CASE("an opening lasts until the circuit closes again, or the log ends") {
  const auto simulation = make_simulation(checked_candidate("consecutive 1, open 10s"));
  const auto call = [&](Ticks time, Verdict verdict) {
    const std::vector<Event> events{begins(time, 0, verdict), ends(time + ms, 0, verdict)};
    simulation->replay(events);
  };

  call(1 * second, Verdict::failure);   // opens
  call(20 * second, Verdict::failure);  // the probe fails
  call(40 * second, Verdict::success);  // the probe succeeds
  call(50 * second, Verdict::failure);  // opens, soon after closing
  simulation->finish(60 * second);

  const Trial& trial = simulation->trial();
  CHECK(trial.openings == 2);
  CHECK(trial.reopenings == 1);
  CHECK(trial.flaps == 1);
  REQUIRE(trial.kept.size() == 2);
  CHECK(trial.kept[0].from == second + ms);
  CHECK(trial.kept[0].until == 40 * second + ms);
  CHECK(trial.kept[1].until == 60 * second);
  CHECK(trial.open_time == 39 * second + 10 * second - ms);
}

TEST_CASE("openings beyond those that are kept are still counted") {
  const auto simulation = make_simulation(checked_candidate("consecutive 1, open 1s"));
  const int rounds = static_cast<int>(Trial::most_openings) + 10;
  for (int i = 0; i < rounds; ++i) {
    const Ticks time = i * 10 * second;
    const std::vector<Event> events{begins(time, 0, Verdict::failure),
                                    ends(time + ms, 0, Verdict::failure),
                                    begins(time + 5 * second, 0, Verdict::success),
                                    ends(time + 5 * second + ms, 0, Verdict::success)};
    simulation->replay(events);
  }

  CHECK(simulation->trial().openings == static_cast<std::uint64_t>(rounds));
  CHECK(simulation->trial().kept.size() == Trial::most_openings);
  CHECK(simulation->trial().open_time == rounds * 5 * second);
}
