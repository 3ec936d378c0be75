// Traffic over time, in a bounded number of steps.
#include "timeline.hpp"

#include <array>
#include <cstdint>

#include "support/catch.hpp"

using namespace backtest;

namespace {

constexpr Ticks ms = 1'000'000;

void add(Timeline& timeline, Ticks end, Ticks took = 0, Verdict verdict = Verdict::success) {
  const std::array<Event, 2> events{Event{end - took, took, 0, true, false, verdict},
                                    Event{end, took, 0, false, false, verdict}};
  timeline.add(events);
}

std::uint64_t calls_in(const Timeline& timeline) {
  std::uint64_t calls = 0;
  for (const auto& step : timeline.steps()) calls += step.calls;
  return calls;
}

}  // namespace

TEST_CASE("a short log has a step for each second, with a call where it ended") {
  Timeline timeline;
  add(timeline, 10'500 * ms, 900 * ms);
  add(timeline, 12'000 * ms, 0, Verdict::failure);

  CHECK(timeline.begin() == 10 * second);
  CHECK(timeline.width() == second);
  REQUIRE(timeline.steps().size() == 3);
  CHECK(timeline.steps()[0].calls == 1);
  CHECK(timeline.steps()[1].calls == 0);
  CHECK(timeline.steps()[2].failures == 1);
}

TEST_CASE("a log of any length has a bounded number of steps, and no call is lost") {
  for (const int seconds : {4096, 4097, 8192, 8193, 100'000}) {
    Timeline timeline;
    for (int i = 0; i < seconds; ++i) add(timeline, i * second, 0, Verdict::failure);

    CAPTURE(seconds);
    CHECK(timeline.steps().size() <= Timeline::most_steps);
    CHECK(timeline.steps().size() * 2 > Timeline::most_steps);
    CHECK(calls_in(timeline) == static_cast<std::uint64_t>(seconds));
    CHECK(timeline.steps()[0].failures == static_cast<std::uint32_t>(timeline.width() / second));
  }
}

TEST_CASE("a night without traffic costs no more steps") {
  Timeline timeline;
  add(timeline, 0);
  add(timeline, 40'000 * second);

  CHECK(timeline.steps().size() <= Timeline::most_steps);
  CHECK(calls_in(timeline) == 2);
}

TEST_CASE("percentiles of latency are never below, and at most a class above the truth") {
  for (const Ticks took : {ms, ms + 1, 3 * ms, 20 * ms, 150 * ms, 2 * second, 300 * second}) {
    Timeline::Latencies latencies;
    for (int i = 0; i < 100; ++i) latencies.add(i < 90 ? took : took * 3);

    CAPTURE(took);
    CHECK(latencies.percentile(50) >= took);
    CHECK(latencies.percentile(50) < took * 3 / 2);
    CHECK(latencies.percentile(95) >= took * 3);
  }
  CHECK(Timeline::Latencies{}.percentile(50) == 0);
}
