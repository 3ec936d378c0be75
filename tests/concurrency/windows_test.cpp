// The windows lose and invent nothing while many threads record: held against exact counts at rest.
#include <atomic>
#include <cstdint>
#include <iterator>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/window/striped_count_window.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr int threads = 4;

// Records calls, every `nth` of them failed. Returns how many failed.
template <class Circuit>
std::uint32_t record(Circuit& circuit, int calls, int nth) {
  std::uint32_t failed = 0;
  for (int i = 0; i < calls; ++i) {
    const bool fails = i % nth == 0;
    failed += fails ? 1 : 0;
    circuit.try_acquire().settle(fails ? Verdict::failure : Verdict::success);
  }
  return failed;
}

}  // namespace

namespace {

template <class Policy>
void hold_every_call(const Policy& policy) {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  CircuitBreaker circuit{Config{}, policy};
  std::atomic<std::uint32_t> failed{0};

  race(crew, [&](int number) { failed += record(circuit, 16000 / crew.threads, 2 + number); });

  CHECK(circuit.snapshot().numbers.at[1] == 16000);
  CHECK(circuit.snapshot().numbers.at[0] == failed);
}

}  // namespace

TEST_CASE("a last-calls window that is not full holds every call that was recorded") {
  SECTION("one control word") {
    hold_every_call(FailureRate{last_calls<50000>(), {100_percent, 50000}});
  }
  SECTION("three stripes") {
    hold_every_call(FailureRate{last_calls<50000, 3>(), {100_percent, 50000}});
  }
}

namespace {

template <int N, int Stripes = 1>
void count_the_marks_in_a_full_window() {
  CircuitBreaker circuit{Config{}, FailureRate{last_calls<N, Stripes>(), {percent(100), N}}};
  // Every second call fails, so that a window of N > 2 · threads never fails as a whole.
  race(threads, [&](int) { record(circuit, 20000, 2); });
  const Numbers at_rest = circuit.snapshot().numbers;

  // Push the window out call by call: the count must go down by the marks that it held, to nothing.
  std::uint32_t last = at_rest.at[0];
  int wrong = 0;
  for (int i = 0; i < N; ++i) {
    circuit.try_acquire().success();
    const std::uint32_t now = circuit.snapshot().numbers.at[0];
    if (now > last || last - now > 1) ++wrong;
    last = now;
  }

  CHECK(circuit.state() == State::closed);
  CHECK(at_rest.at[1] == N);
  CHECK(at_rest.at[0] > 0);
  CHECK(wrong == 0);
  CHECK(last == 0);
}

}  // namespace

TEST_CASE("a full last-calls window's count is that of the marks in it, after any race") {
  SECTION("two short segments") { count_the_marks_in_a_full_window<13>(); }
  SECTION("a hundred") { count_the_marks_in_a_full_window<100>(); }
  SECTION("many segments") { count_the_marks_in_a_full_window<1000>(); }
  SECTION("short segments") { count_the_marks_in_a_full_window<5000>(); }
  SECTION("a hundred, three stripes") { count_the_marks_in_a_full_window<100, 3>(); }
}

namespace {

// Resets race with recording: what is left is what was counted in the last stay, exactly.
template <class Policy>
void keep_the_last_stay_apart(const Policy& policy, bool counts_successes) {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, policy, clock};
  std::vector<std::vector<std::pair<Generation, Verdict>>> counted(threads);

  race(threads, [&](int number) {
    Random random{number};
    for (int i = 0; i < 4000; ++i) {
      if (random.below(40) == 0 && i < 3900) circuit.reset();
      auto permit = circuit.try_acquire();
      const Verdict verdict = random.below(2) == 0 ? Verdict::failure : Verdict::success;
      if (permit.settle(verdict) == Settled::counted)
        counted[static_cast<std::size_t>(number)].emplace_back(permit.generation(), verdict);
    }
  });

  const Snapshot at_rest = circuit.snapshot();
  Numbers expected{};
  for (const auto& of_thread : counted) {
    for (const auto& [generation, verdict] : of_thread) {
      if (generation != at_rest.generation) continue;
      expected.at[1] += verdict == Verdict::failure || counts_successes ? 1 : 0;
      expected.at[0] += verdict == Verdict::failure ? 1 : 0;
    }
  }
  if (!counts_successes) expected.at[1] = 0;
  CHECK(at_rest.state == State::closed);
  CHECK(at_rest.numbers == expected);
  CHECK(expected.at[0] > 0);
}

}  // namespace

TEST_CASE("resets that race with recording leave exactly the evidence of the last stay") {
  SECTION("last calls") {
    keep_the_last_stay_apart(FailureRate{last_calls<20000>(), {100_percent, 20000}}, true);
  }
  SECTION("last calls, striped") {
    keep_the_last_stay_apart(FailureRate{last_calls<20000, 3>(), {100_percent, 20000}}, true);
  }
  SECTION("time window") {
    keep_the_last_stay_apart(FailureRate{within(10s), {100_percent, 1000000}}, true);
  }
  SECTION("striped time window") {
    keep_the_last_stay_apart(FailureRate{within<10, 4>(10s), {100_percent, 1000000}}, true);
  }
  SECTION("failures in a time window") {
    keep_the_last_stay_apart(FailureCount{1000000, within(10s)}, false);
  }
}

namespace {

template <class Policy>
void total_exactly_while_the_clock_moves(const Policy& policy) {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  constexpr int calls = 8000;  // of all threads
  ManualClock clock;
  clock.set(-5s);  // through time 0
  CircuitBreaker circuit{Config{}, policy, clock};
  std::atomic<std::uint32_t> failed{0};

  race(crew, [&](int number) {
    std::uint32_t failed_here = 0;
    for (int i = 0; i < calls / crew.threads; ++i) {
      // 8 s in all at most, of a span of 10 s
      if (number == 0 && i % 50 == 0) clock.advance(100ms);
      failed_here += record(circuit, 1, i % 3 == 0 ? 1 : 2);
    }
    failed += failed_here;
  });

  // One more than nine slices are still covered, so nothing has left the window.
  CHECK(circuit.snapshot().numbers.at[1] == calls);
  CHECK(circuit.snapshot().numbers.at[0] == failed);
  clock.advance(10s);
  CHECK(circuit.snapshot().numbers == Numbers{});
}

}  // namespace

TEST_CASE("a time window's totals are exact while threads record and the clock moves") {
  const FailureRateSettings never{100_percent, 1000000};
  SECTION("one stripe") { total_exactly_while_the_clock_moves(FailureRate{within(10s), never}); }
  SECTION("four stripes") {
    total_exactly_while_the_clock_moves(FailureRate{within<10, 4>(10s), never});
  }
  SECTION("more slices, fewer stripes than threads") {
    total_exactly_while_the_clock_moves(FailureRate{within<64, 3>(10s), never});
  }
}

TEST_CASE("a time window that slides holds the slices of its span, whatever races at their edges") {
  constexpr int calls = 20;  // by each thread, in each slice
  constexpr int slices = 300;
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureRate{within<10, 2>(10s), {100_percent, 1000000}}, clock};
  int slice = 0;
  int wrong = 0;

  Barrier next{threads, [&]() noexcept {
                 const auto covered = static_cast<std::uint32_t>(slice < 10 ? slice : 10);
                 const Numbers seen = circuit.snapshot().numbers;
                 if (seen.at[1] != covered * threads * calls) ++wrong;
                 if (seen.at[0] != covered * threads * calls / 2) ++wrong;
                 ++slice;
                 clock.advance(1s);
               }};
  race(threads, [&](int) {
    for (int i = 0; i < slices; ++i) {
      next.arrive_and_wait();
      record(circuit, calls, 2);
    }
  });

  CHECK(wrong == 0);
}

TEST_CASE("failures that race to the threshold open the circuit once, on numbers that reach it") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int callers = crew.threads;
  const int rounds = 2000 / callers;
  ManualClock clock;
  CircuitBreaker circuit{Config{}, FailureCount{callers, within(10s)}, clock};
  int wrong = 0;

  Barrier start{callers, [&]() noexcept { circuit.reset(); }};
  Barrier end{callers, [&]() noexcept {
                if (circuit.state() != State::open) ++wrong;
                if (circuit.why().numbers.at[0] != static_cast<std::uint32_t>(callers)) ++wrong;
              }};
  race(crew, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      circuit.try_acquire().failure();
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
  CHECK(circuit.snapshot().transitions == 2 * static_cast<std::uint64_t>(rounds));
}

namespace {

// Healthy traffic, then an outage, again and again: the circuit opens at the failure that brings the window up to its
// limit, and at no other. Failures that race to it may be counted as well, one by each other thread.
template <class Policy>
void open_at_the_limit(const Policy& policy, bool counts_calls) {
  const Crew crew = GENERATE(Crew{4}, Crew{4, true});
  CircuitBreaker circuit{Config{}, policy};
  std::atomic<std::uint32_t> failed{0};
  int early = 0;
  int late = 0;
  int wrong = 0;

  Barrier start{crew.threads, [&]() noexcept {
                  circuit.reset();
                  failed = 0;
                }};
  Barrier healthy{crew.threads, [&]() noexcept {
                    if (circuit.state() != State::closed) ++early;
                  }};
  Barrier end{crew.threads, [&]() noexcept {
                const Transition why = circuit.why();
                if (circuit.state() != State::open || failed < 50) ++early;
                if (failed >= 50 + static_cast<std::uint32_t>(crew.threads)) ++late;
                if (why.numbers.at[0] < 50 || why.numbers.at[0] > failed) ++wrong;
                if (why.numbers.at[1] != (counts_calls ? 100 : 0)) ++wrong;
              }};
  race(crew, [&](int /*number*/) {
    for (int round = 0; round < 150; ++round) {
      start.arrive_and_wait();
      record(circuit, 100, 5);  // one in five fails
      for (int i = 0; i < 100; ++i) circuit.try_acquire().success();
      healthy.arrive_and_wait();
      while (auto permit = circuit.try_acquire()) {
        if (permit.settle(Verdict::failure) == Settled::counted) ++failed;
      }
      end.arrive_and_wait();
    }
  });

  CHECK(early == 0);
  CHECK(late == 0);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("outages open a circuit at the failure that is one too many, whatever threads record") {
  SECTION("last calls") {
    open_at_the_limit(FailureRate{last_calls<100>(), {50_percent, 20}}, true);
  }
  SECTION("last calls, striped") {
    open_at_the_limit(FailureRate{last_calls<100, 8>(), {50_percent, 20}}, true);
  }
  SECTION("last calls, fewer stripes than threads") {
    open_at_the_limit(FailureRate{last_calls<100, 2>(), {50_percent, 20}}, true);
  }
}
