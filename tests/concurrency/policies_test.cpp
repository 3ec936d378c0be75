// Policies that many threads use at once: a user's sequential one needs no lock of its own, a row
// of failures is counted exactly, and combined parts are all fed.
#include <cstdint>
#include <iterator>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

// Calls of all threads together.
constexpr int calls = 16'000;

// Plain integers: a race on them is a race that the thread sanitizer sees.
struct PlainCount {
  struct Evidence {
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    ++seen.calls;
    seen.failures += outcome.verdict == Verdict::failure ? 1 : 0;
    return {.kind = seen.failures >= 1'000'000 ? Standing::Kind::at_limit : Standing::Kind::below,
            .numbers = {{seen.failures, seen.calls}}};
  }
  bool operator==(const PlainCount&) const = default;
};

}  // namespace

TEST_CASE("a user's sequential policy sees one call at a time, and every call") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  CircuitBreaker circuit{Config{}, PlainCount{}};

  race(crew, [&](int) {
    for (int i = 0; i < calls / crew.threads; ++i) {
      circuit.try_acquire().settle(i % 2 == 0 ? Verdict::failure : Verdict::success);
      if (i % 50 == 0) static_cast<void>(circuit.snapshot());
    }
  });

  CHECK(circuit.snapshot().numbers == Numbers{{calls / 2, calls}});
}

TEST_CASE("a user's sequential policy starts anew in each stay, whatever races with the reset") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  CircuitBreaker circuit{Config{}, PlainCount{}};

  race(crew, [&](int number) {
    for (int i = 0; i < calls / crew.threads; ++i) {
      if (number == 0 && i % 10 == 0) circuit.reset();
      circuit.try_acquire().failure();
    }
  });
  circuit.reset();
  circuit.try_acquire().failure();

  CHECK(circuit.snapshot().numbers == Numbers{{1, 1}});
}

TEST_CASE("failures in a row of many threads open the circuit at the threshold, not before") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int rounds = 4000 / crew.threads;
  CircuitBreaker at{Config{}, ConsecutiveFailures{crew.threads}};
  CircuitBreaker above{Config{}, ConsecutiveFailures{crew.threads + 1}};
  int wrong = 0;

  Barrier start{crew.threads, [&]() noexcept {
                  at.reset();
                  above.reset();
                }};
  Barrier end{crew.threads, [&]() noexcept {
                if (at.state() != State::open) ++wrong;
                if (above.state() != State::closed) ++wrong;
                if (above.snapshot().numbers.at[0] != static_cast<std::uint32_t>(crew.threads))
                  ++wrong;
              }};
  race(crew, [&](int) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      at.try_acquire().failure();
      above.try_acquire().failure();
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
}

TEST_CASE("each part of a combined policy hears every call, from every thread") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  ManualClock clock;
  CircuitBreaker circuit{
      Config{},
      all_of(FailureRate{last_calls<20000>(), {100_percent, 20000}}, PlainCount{},
             FailureRate{within<10, 2>(10s), {100_percent, 1000000}}),
      clock};

  race(crew, [&](int) {
    for (int i = 0; i < calls / crew.threads; ++i)
      circuit.try_acquire().settle(i % 2 == 0 ? Verdict::failure : Verdict::success);
  });

  for (int part = 0; part < 3; ++part) CHECK(circuit.numbers(part) == Numbers{{calls / 2, calls}});
}

TEST_CASE("a row in a word of its own counts every failure of many threads") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  CircuitBreaker circuit{Config{},
                         any_of(ConsecutiveFailures{1'000'000}, ConsecutiveFailures{2'000'000})};

  race(crew, [&](int) {
    for (int i = 0; i < calls / crew.threads; ++i) circuit.try_acquire().failure();
  });

  for (int part = 0; part < 2; ++part) CHECK(circuit.numbers(part) == Numbers{{calls}});
}
