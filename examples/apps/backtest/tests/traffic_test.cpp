// What normal traffic is like, and whether candidates keep what they promise there.
#include "traffic.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "candidates.hpp"
#include "promise.hpp"
#include "support/catch.hpp"

using namespace backtest;

namespace {

/// Hundred calls a second for `seconds`. After a failed one the next fails with the chance `after`, else with `share`.
std::vector<Event> calls(int seconds, double share, double after, unsigned seed = 1) {
  std::mt19937 random{seed};
  std::vector<Event> events;
  bool failed = false;
  for (int i = 0; i < 100 * seconds; ++i) {
    failed = std::bernoulli_distribution{failed ? after : share}(random);
    events.push_back({.time = 1'000 * second + i * (second / 100),
                      .took = 0,
                      .slot = 0,
                      .is_begin = false,
                      .verdict = failed ? Verdict::failure : Verdict::success});
  }
  return events;
}

Normal measured(const std::vector<Event>& events, const std::vector<Outage>& outages = {}) {
  TrafficMeter meter;
  meter.add(events);
  return meter.normal(outages);
}

Outage outage(Ticks from, Ticks until) { return {from, until, 0, 0, Outage::Kind::failing}; }

bool is_near(double a, double b, double by) { return std::abs(a - b) <= by * b; }

Promise promise_of(const char* candidate, const Normal& normal, std::uint64_t did,
                   std::size_t callers = 1) {
  Assessment assessment;
  assessment.false_openings = did;
  return promises_of({checked_candidate(candidate)}, normal, callers, {assessment}).front();
}

}  // namespace

TEST_CASE("what is shorter than a second has no rate above its calls") {
  const Normal one = measured({calls(1, 0, 0).front()});
  CHECK(one.usual == 1);
  CHECK(one.busiest == 1);
}

TEST_CASE("calls that fail one by one have a dispersion of 1, and no failure calls the next") {
  const Normal normal = measured(calls(2000, 0.02, 0.02));

  CHECK(normal.calls == 200'000);
  CHECK(is_near(normal.share(), 0.02, 0.05));
  CHECK(normal.share_at_most > normal.share());
  CHECK(is_near(normal.share_at_most, 0.02, 0.1));
  CHECK(is_near(normal.after_failure, 0.02, 0.2));
  CHECK(is_near(normal.dispersion_of_tenth, 1, 0.1));
  CHECK(is_near(normal.dispersion_of_second, 1, 0.2));
  CHECK(is_near(normal.usual, 100, 0.01));
  CHECK(is_near(normal.busiest, 100, 0.01));
  CHECK(is_near(normal.quietest, 100, 0.01));
  CHECK_FALSE(normal.is_clumped());
}

TEST_CASE("clumps show") {
  const Normal normal = measured(calls(2000, 0.01, 0.5));

  CHECK(is_near(normal.after_failure, 0.5, 0.1));
  CHECK(normal.dispersion_of_second > 2);
  CHECK(normal.is_clumped());
}

TEST_CASE("what is in an outage is not normal") {
  std::vector<Event> events = calls(300, 0, 0);
  for (int i = 10'000; i < 12'000; ++i)
    events[static_cast<std::size_t>(i)].verdict = Verdict::failure;

  const Normal normal = measured(events, {outage(1'100 * second, 1'120 * second - second / 100)});

  CHECK(normal.failures == 0);
  CHECK(normal.calls == 28'000);
  CHECK(is_near(normal.usual, 100, 0.01));
}

TEST_CASE("the busiest and the quietest minute are found, in steps that grow with the log") {
  TrafficMeter meter;
  for (int minute = 0; minute < 40; ++minute)
    for (int i = 0; i < (minute == 20 ? 6000 : minute == 30 ? 60 : 600); ++i)
      meter.add(std::vector<Event>{{.time = minute * 60 * second + i * (60 * second /
                                                                        (minute == 20   ? 6000
                                                                         : minute == 30 ? 60
                                                                                        : 600)),
                                    .took = 0,
                                    .slot = 0,
                                    .is_begin = false,
                                    .verdict = Verdict::success}});

  const Normal normal = meter.normal({});

  CHECK(is_near(normal.busiest, 100, 0.1));
  CHECK(is_near(normal.quietest, 1, 0.3));
  CHECK(is_near(normal.usual, (38 * 10 + 100 + 1) / 40.0, 0.05));
}

TEST_CASE("without a call nothing is known") {
  const Normal normal = measured({});

  CHECK(normal.calls == 0);
  CHECK(normal.dispersion_of_second == 1);
  CHECK_FALSE(promise_of("5 failures in a row", normal, 0).busy);
}

TEST_CASE("a promise is kept, broken, or the log is too short to tell") {
  const Normal normal = measured(calls(2000, 0.1, 0.1));
  // 3 in a row at 10 %: every 1110 calls, 11 s, or a little sooner at the upper end of the share.
  CHECK(is_near(promise_of("3 failures in a row", normal, 0).expected, 190, 0.2));
  CHECK(promise_of("3 failures in a row", normal, 180).news == Promise::News::kept);
  CHECK(promise_of("3 failures in a row", normal, 300).news == Promise::News::broken);
  CHECK(promise_of("8 failures in a row", normal, 0).news == Promise::News::none);
  CHECK(promise_of("8 failures in a row", normal, 1).news == Promise::News::broken);
  CHECK(promise_of("3 failures in a row", normal, 0).news == Promise::News::kept);
  CHECK_FALSE(promise_of("slower than 1 s: 50 % in 10 s", normal, 0).busy);
  CHECK_FALSE(promise_of("5 calls over 2 s", normal, 0).busy);
}

TEST_CASE("callers share the calls, and each opens by itself") {
  const Normal normal = measured(calls(2000, 0.1, 0.1));

  CHECK(is_near(promise_of("3 failures in a row", normal, 0, 4).expected, 190, 0.2));
  CHECK(promise_of("5 failures in 10 s", normal, 0, 100).expected <
        promise_of("5 failures in 10 s", normal, 0).expected);
}

TEST_CASE("where promise and deed part, it says why") {
  const Normal normal = measured(calls(2000, 0.01, 0.5));
  const Candidate candidate = checked_candidate("5 failures in a row");
  const Promise promise = promise_of("5 failures in a row", normal, 7);
  const std::string text = warning(candidate, promise, normal);

  CHECK(promise.news == Promise::News::broken);
  CHECK(text.find("'5 failures in a row; open 30 s' promises a false opening every") !=
        std::string::npos);
  CHECK(text.find("and did 7 in") != std::string::npos);
  CHECK(text.find("failures come in clumps here") != std::string::npos);
  CHECK(warning(candidate, promise_of("5 failures in a row", normal, 0), normal).empty());
}

TEST_CASE("a window that holds too few calls in a quiet minute is told of") {
  Normal normal = measured(calls(2000, 0.01, 0.01));
  normal.quietest = 0.1;
  const char* const candidate = "50 % in 10 s, at least 20";

  const Promise promise = promise_of(candidate, normal, 0);

  CHECK(promise.quiet->dead.seconds > 86'400);
  CHECK(warning(checked_candidate(candidate), promise, normal)
            .find("does not see a dead backend in the quietest minute") != std::string::npos);
}
