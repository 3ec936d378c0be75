// Candidate: settings under trial beside a live circuit.
#include "breaker/candidate.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/sentence.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constinit Candidate in_constant_memory{Config{}, ConsecutiveFailures{3}};

/// A live circuit that trips on `live` failures in a row, and a candidate that does on `candidate`.
auto pair(ManualClock& clock, int live, int candidate, const Config& config = {}) {
  return CircuitBreaker{config, ConsecutiveFailures{live}, clock,
                        Candidate{config, ConsecutiveFailures{candidate}, clock}};
}

template <class Circuit>
void call(Circuit& circuit, Verdict verdict, int times = 1) {
  for (int i = 0; i < times; ++i) circuit.try_acquire().settle(verdict);
}

}  // namespace

TEST_CASE("a candidate of the same settings agrees on every call") {
  ManualClock clock;
  auto live = pair(clock, 3, 3);

  call(live, Verdict::success, 4);
  call(live, Verdict::failure, 5);  // three open both, two are refused by both
  CHECK(live.listener().state() == State::open);
  clock.advance(30s);
  call(live, Verdict::success, 2);

  CHECK(live.listener().counts() == CandidateCounts{11, 0, 0});
  CHECK(live.listener().state() == State::closed);
  CHECK(live.listener().why().reason == Reason::probes_succeeded);
}

TEST_CASE("a candidate that trips sooner would have refused calls") {
  ManualClock clock;
  auto live = pair(clock, 5, 2);

  call(live, Verdict::failure, 4);
  CHECK(live.state() == State::closed);
  CHECK(live.listener().counts() == CandidateCounts{2, 0, 2});
  call(live, Verdict::failure, 3);  // the fifth opens the live circuit, too

  CHECK(live.listener().counts() == CandidateCounts{4, 0, 3});
  CHECK(live.listener().snapshot().refused == 3);
}

TEST_CASE("a candidate that trips later would have let calls pass, and hears of no outcome") {
  ManualClock clock;
  auto live = pair(clock, 1, 2);

  call(live, Verdict::failure, 4);

  CHECK(live.listener().counts() == CandidateCounts{1, 3, 0});
  CHECK(live.listener().snapshot().numbers == Numbers{{1}});
  CHECK(live.listener().state() == State::closed);
}

TEST_CASE("to ask a candidate about a refused call takes none of its probes") {
  ManualClock clock;
  auto live = pair(clock, 1, 1);
  call(live, Verdict::failure);
  clock.advance(29s);
  live.trip(60s);  // the live circuit waits for longer than the candidate
  clock.advance(1s);
  call(live, Verdict::success, 2);

  CHECK(live.listener().counts() == CandidateCounts{1, 2, 0});
  CHECK(live.listener().state() == State::half_open);
  CHECK(live.listener().why().reason == Reason::policy);
}

TEST_CASE("a candidate is told how long calls took") {
  ManualClock clock;
  const SlowCallRate slow{last_calls<4>(),
                          {.slower_than = 1s, .threshold = 50_percent, .min_calls = 2}};
  CircuitBreaker live{Config{}, clock, Candidate{Config{}, slow, clock}};
  const auto call_for = [&](std::chrono::seconds time) {
    auto permit = live.try_acquire();
    clock.advance(time);
    permit.success();
  };

  call_for(1s);
  call_for(0s);
  CHECK(live.listener().snapshot().numbers == Numbers{{0, 2}});
  call_for(2s);
  call_for(3s);

  CHECK(live.listener().state() == State::open);
  STATIC_REQUIRE(Candidate<ConsecutiveFailures>::clock_use == ClockUse::none);
  STATIC_REQUIRE(Candidate<FailureCount<Within<10, 1>>>::clock_use == ClockUse::none);
}

TEST_CASE("a candidate in shadow mode refuses nobody, and is counted all the same") {
  ManualClock clock;
  auto live = pair(clock, 9, 1, {.mode = Mode::shadow});

  call(live, Verdict::failure, 3);

  CHECK(live.listener().counts() == CandidateCounts{1, 0, 2});
  CHECK(live.listener().config().mode == Mode::shadow);  // as it was given
}

TEST_CASE("a live circuit in shadow mode is counted by what it would have refused") {
  ManualClock clock;
  auto live = pair(clock, 1, 2, {.mode = Mode::shadow});

  call(live, Verdict::failure, 4);

  // The second call would have been refused by the live circuit alone, the third by both.
  CHECK(live.listener().counts() == CandidateCounts{3, 1, 0});
}

TEST_CASE("a disabled live circuit decides on nothing, and its outcomes are heard") {
  ManualClock clock;
  auto live = pair(clock, 5, 2);
  live.disable();

  call(live, Verdict::failure, 3);

  CHECK(live.listener().counts() == CandidateCounts{0, 0, 0});
  CHECK(live.listener().state() == State::open);
}

TEST_CASE("a candidate takes the place of the live settings, and an outage is not forgotten") {
  ManualClock clock;
  CircuitBreaker live{Config{.open_for = 30s}, ConsecutiveFailures{2}, clock,
                      Candidate{Config{.open_for = 60s}, ConsecutiveFailures{7}, clock}};
  call(live, Verdict::failure, 2);
  clock.advance(10s);

  const Reconfigured kept = live.listener().take_over(live);

  CHECK(kept.kept_wait);
  CHECK(live.state() == State::open);
  CHECK(live.saved().left == 20s);
  CHECK(live.policy() == ConsecutiveFailures{7});
  live.reset();
  call(live, Verdict::failure, 7);
  CHECK(live.why().open_for == 60s);
}

TEST_CASE("another candidate begins afresh") {
  ManualClock clock;
  using Rules = AnyRule<20>;
  const auto rules = [](const char* sentence) { return Rules{parse(sentence)->rules}; };
  Candidate trial{Config{}, rules("2 failures in a row"), clock};
  for (int i = 0; i < 3; ++i) trial.on_settled({Verdict::failure, Settled::counted, 0ns});
  REQUIRE(trial.counts() == CandidateCounts{2, 0, 1});

  trial.replace({.probes = 3}, rules("50 % of the last 10 calls"));

  CHECK(trial.counts() == CandidateCounts{0, 0, 0});
  CHECK(trial.state() == State::closed);
  CHECK(trial.config().probes == 3);
  CHECK(trial.policy() == rules("50 % of the last 10 calls"));
  for (int i = 0; i < 12; ++i) trial.on_settled({Verdict::failure, Settled::counted, 0ns});
  CHECK(trial.counts() == CandidateCounts{10, 0, 2});

  CHECK_THROWS_AS(trial.replace({.probes = 0}, rules("3 failures in a row")), ConfigError);
  CHECK(trial.config().probes == 3);
}

TEST_CASE("settings that make no sense can not be tried") {
  CHECK_THROWS_AS((Candidate{Config{.probes = 0}}), ConfigError);
  CHECK_THROWS_AS((Candidate{Config{}, ConsecutiveFailures{0}}), ConfigError);
}

TEST_CASE("each call of many threads is counted once") {
  constexpr int threads = 4;
  constexpr int calls = 5000;
  CircuitBreaker live{Config{.open_for = 1ms}, ConsecutiveFailures{2},
                      Candidate{Config{.open_for = 2ms}, ConsecutiveFailures{3}}};
  std::vector<std::thread> callers;
  for (int i = 0; i < threads; ++i) {
    callers.emplace_back([&live, i] {
      for (int call = 0; call < calls; ++call)
        live.try_acquire().settle((call + i) % 3 == 0 ? Verdict::success : Verdict::failure);
    });
  }
  for (std::thread& caller : callers) caller.join();

  const auto [agreed, live_only, candidate_only] = live.listener().counts();
  CHECK(agreed + live_only + candidate_only == std::uint64_t{threads} * calls);
  CHECK(in_constant_memory.counts() == CandidateCounts{0, 0, 0});
}
