// DurationHistogram: buckets and exemplars.
#include "breaker/metrics/duration_histogram.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

// As many traces as the test says; none by default.
struct CurrentTrace {
  TraceId operator()() const noexcept { return id; }
  static inline thread_local TraceId id;
};

template <class Histogram>
void settle(Histogram& histogram, std::chrono::nanoseconds took, Verdict verdict = Verdict::success,
            Settled settled = Settled::counted) {
  histogram.on_settled(SettledCall{verdict, settled, took});
}

}  // namespace

TEST_CASE("a duration is in the first bucket whose bound is not below it") {
  DurationHistogram<> histogram;
  const auto bucket_of = [&](std::chrono::nanoseconds took) {
    const auto before = histogram.counts(Verdict::success);
    settle(histogram, took);
    const auto after = histogram.counts(Verdict::success);
    CHECK(after.sum - before.sum == took);
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < histogram.size; ++i)
      if (after.in[i] != before.in[i]) changed.push_back(i);
    REQUIRE(changed.size() == 1);
    return changed[0];
  };

  for (std::size_t i = 0; i + 1 < histogram.size; ++i) {
    const std::chrono::nanoseconds bound{histogram.bound(i)};
    CHECK(bucket_of(bound) == i);
    CHECK(bucket_of(bound + 1ns) == i + 1);
  }
  CHECK(bucket_of(0ns) == 0);
  CHECK(bucket_of(1h) == 11);
  CHECK(histogram.bound(11) == -1);
}

TEST_CASE("verdicts are counted apart, stale calls not at all") {
  DurationHistogram<buckets_up_to(1s), NoTrace, 1> histogram;
  settle(histogram, 1ms, Verdict::failure);
  settle(histogram, 2s, Verdict::failure);
  settle(histogram, 3ms, Verdict::ignored);
  settle(histogram, 4ms, Verdict::success, Settled::stale);

  CHECK(histogram.counts(Verdict::failure).in[0] == 1);
  CHECK(histogram.counts(Verdict::failure).in[1] == 1);
  CHECK(histogram.counts(Verdict::failure).sum == 2001ms);
  CHECK(histogram.counts(Verdict::ignored).in[0] == 1);
  CHECK(histogram.counts(Verdict::success).in[0] == 0);
  CHECK_FALSE(NoTrace{}());
}

TEST_CASE("exponential buckets have the bounds of a native histogram") {
  constexpr auto by_two = exponential_buckets<-2, 2>();
  CHECK(std::vector<std::int64_t>(std::begin(by_two.at), std::end(by_two.at)) ==
        std::vector<std::int64_t>{250'000'000, 500'000'000, 1'000'000'000, 2'000'000'000,
                                  4'000'000'000});
  for (int i = 0; i < 5; ++i)  // at run time, too
    CHECK(exponential_buckets<-2, 2>().at[i] == by_two.at[i]);
  CHECK(exponential_buckets<0, 1, 1>().at[0] == 1'000'000'000);
  constexpr auto fine = exponential_buckets<-160, 32, 4>();
  for (int i = -160; i <= 32; ++i) {
    const double bound = std::exp2(i / 16.0) * 1e9;
    CHECK(std::abs(static_cast<double>(fine.at[i + 160]) - bound) <= 0.5 + bound * 1e-13);
  }
}

TEST_CASE("bounds that do not ascend are refused") {
  CHECK_THROWS_AS(buckets_up_to(1s, 1s), ConfigError);
  CHECK_THROWS_AS(buckets_up_to(0s), ConfigError);
}

TEST_CASE("each bucket knows its last call of a trace") {
  DurationHistogram<buckets_up_to(1s), CurrentTrace, 1> histogram;
  settle(histogram, 1ms);
  CHECK_FALSE(histogram.counts(Verdict::success).last[0].trace);
  CurrentTrace::id = {1, 2};
  settle(histogram, 2ms);
  CurrentTrace::id = {3, 4};
  settle(histogram, 3s);
  CurrentTrace::id = {};
  settle(histogram, 4ms);

  const auto counts = histogram.counts(Verdict::success);
  CHECK(counts.last[0].trace == TraceId{1, 2});
  CHECK(counts.last[0].took == 2ms);
  CHECK(counts.last[1].trace == TraceId{3, 4});
  CHECK(counts.in[0] == 3);
}

TEST_CASE("a histogram that forgets knows neither counts nor exemplars") {
  DurationHistogram<buckets_up_to(1s), CurrentTrace, 1> histogram;
  CurrentTrace::id = {1, 2};
  settle(histogram, 2ms);
  CurrentTrace::id = {};

  histogram.forget();

  const auto counts = histogram.counts(Verdict::success);
  CHECK(counts.in[0] == 0);
  CHECK(counts.sum == 0ns);
  CHECK_FALSE(counts.last[0].trace);
}

TEST_CASE("an exemplar is never made of two calls") {
  detail::LastExemplar last;
  std::vector<std::thread> threads;
  for (std::uint64_t id = 1; id <= 2; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 20'000; ++i)
        last.keep({{id, id}, std::chrono::nanoseconds{static_cast<std::int64_t>(id)}});
    });
  }
  int torn = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Exemplar seen = last.get();
    torn += seen.trace.high != seen.trace.low ||
                    seen.took.count() != static_cast<std::int64_t>(seen.trace.low)
                ? 1
                : 0;
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(last.get().trace);
}

TEST_CASE("a circuit tells its histogram how long calls took") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, Listeners{Counters<1>{}, DurationHistogram<>{}}};
  auto permit = circuit.try_acquire();
  clock.advance(30ms);
  permit.success();

  CHECK(circuit.listener().get<DurationHistogram<>>().counts(Verdict::success).sum == 30ms);
}
