// Promise 6: time going backwards never lengthens an open wait beyond the longest allowed wait, and
// never makes a window negative. Nor do jumps ahead, or times at the ends of the scale, do harm.
#include <chrono>
#include <cstdint>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::hours year{24 * 365};

// A wall clock that counts whole seconds, and may be set back.
struct WallClock {
  using duration = std::chrono::seconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;

  const std::int64_t* time;

  time_point now() const noexcept { return time_point{duration{*time}}; }
};

}  // namespace

template <>
inline constexpr bool breaker::accept_unsteady_clock<WallClock> = true;

TEST_CASE("after the clock went back, who asks is let in within the longest allowed wait") {
  const Duration back = GENERATE(Duration{1ns}, Duration{1ms}, Duration{29s}, Duration{10min},
                                 Duration{300h}, Duration{year}, Duration{100 * year});
  const auto idle = GENERATE(0s, 5s, 20s, 45s);  // until somebody asks
  ManualClock clock;
  clock.set(year);
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 40s}, ConsecutiveFailures{1},
                         clock};
  circuit.try_acquire().failure();
  CAPTURE(back.ticks(), idle.count());

  clock.advance(std::chrono::nanoseconds{-back.ticks()});
  clock.advance(idle);
  if (!circuit.would_admit()) clock.advance(40s + 2ms);

  CHECK(circuit.state() == State::half_open);
  CHECK(circuit.try_acquire());
}

TEST_CASE("a clock set back does not cut a wait shorter than its jump could explain") {
  ManualClock clock;
  clock.set(1h);
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();

  clock.advance(-10s);

  CHECK_FALSE(circuit.try_acquire());
  clock.advance(39s);
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(1s);
  CHECK(circuit.try_acquire());
}

TEST_CASE("a rejection's wait is never negative and never above the longest allowed wait") {
  ManualClock clock;
  clock.set(year);
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 40s}, ConsecutiveFailures{1},
                         clock};
  circuit.try_acquire().failure();
  int refused = 0;

  for (int second = 0; second < 200; ++second) {
    CAPTURE(second);
    clock.advance(-1s);
    const auto permit = circuit.try_acquire();
    if (permit) break;
    ++refused;
    CHECK(permit.rejection().retry_after > 0ns);
    CHECK(permit.rejection().retry_after <= 40s + 2ms);
  }

  CHECK(refused == 10);
}

TEST_CASE("a growing wait is measured against the longest one that is configured") {
  ManualClock clock;
  clock.set(year);
  const Backoff growing{.first = 10s, .factor = 10, .max = 1000s};
  CircuitBreaker circuit{Config{.open_for = growing, .retry_after_max = 1s}, ConsecutiveFailures{1},
                         clock};
  circuit.try_acquire().failure();

  clock.advance(-500s);
  CHECK_FALSE(circuit.try_acquire());  // 510 s left, as a later opening might ask for
  clock.advance(-600s);

  CHECK(circuit.try_acquire());
}

TEST_CASE("a wait given by hand outlasts the configured ones, and ends after a jump back") {
  ManualClock clock;
  clock.set(year);
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 30s}, ConsecutiveFailures{1},
                         clock};
  circuit.trip(1h);
  clock.advance(59min);
  CHECK_FALSE(circuit.try_acquire());

  clock.advance(1min);

  CHECK(circuit.try_acquire());
}

TEST_CASE("probes that were granted before the clock went back do not block for ever") {
  const Duration back = GENERATE(Duration{1ns}, Duration{29s}, Duration{300h}, Duration{year});
  ManualClock clock;
  clock.set(2 * year);
  CircuitBreaker circuit{Config{.probe_lease = 64s}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();
  clock.advance(30s);
  const auto hung = circuit.try_acquire();

  clock.advance(std::chrono::nanoseconds{-back.ticks()});
  const bool at_once = circuit.would_admit();
  clock.advance(std::chrono::nanoseconds{back.ticks() < (100s).count() ? back.ticks() : 0});
  clock.advance(64s);

  REQUIRE(hung);
  CHECK((at_once || circuit.try_acquire()));
}

namespace {

template <class Policy>
void keep_its_window_sound_when_the_clock_goes_back(const Policy& policy) {
  ManualClock clock;
  clock.set(1h);
  CircuitBreaker circuit{Config{}, policy, clock};
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  const Duration back = GENERATE(Duration{1ns}, Duration{1s}, Duration{15s}, Duration{2h});

  clock.advance(std::chrono::nanoseconds{-back.ticks()});
  const Numbers after_jump = circuit.snapshot().numbers;
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  const Numbers at_rest = circuit.snapshot().numbers;

  CHECK(after_jump.at[0] <= 3);  // never negative, which would read as billions
  CHECK(at_rest.at[0] <= 6);
  CHECK(circuit.state() == State::closed);
  clock.advance(20s);  // a span later, counting is as ever
  for (int i = 0; i < 100; ++i) circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().numbers.at[0] == 7);
}

}  // namespace

TEST_CASE("a time window neither goes negative nor stops counting when the clock goes back") {
  SECTION("failure count") {
    keep_its_window_sound_when_the_clock_goes_back(FailureCount{7, within(10s)});
  }
  SECTION("failure rate") {
    keep_its_window_sound_when_the_clock_goes_back(
        FailureRate{within(10s), {.threshold = 100_percent, .min_calls = 7}});
  }
  SECTION("failure rate, striped") {
    keep_its_window_sound_when_the_clock_goes_back(
        FailureRate{within<10, 4>(10s), {.threshold = 100_percent, .min_calls = 7}});
  }
}

TEST_CASE("a call that ends before it began is not slow, and its duration is not negative") {
  ManualClock clock;
  clock.set(1h);
  CircuitBreaker circuit{
      Config{}, clock,
      SlowCallRate{last_calls<2>(), {.slower_than = 1s, .threshold = 50_percent, .min_calls = 1}}};
  auto permit = circuit.try_acquire();

  clock.advance(-30min);
  permit.success();

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{{0, 1}});
}

TEST_CASE("a clock that jumps ahead by years ends the wait and empties the window") {
  ManualClock clock;
  CircuitBreaker waiting{Config{}, ConsecutiveFailures{1}, clock};
  CircuitBreaker counting{Config{}, FailureCount{2, within(10s)}, clock};
  waiting.try_acquire().failure();
  counting.try_acquire().failure();

  clock.advance(100 * year + 1ms);

  CHECK(counting.snapshot().numbers.at[0] == 0);
  counting.try_acquire().failure();
  CHECK(counting.state() == State::closed);
  CHECK(waiting.try_acquire());
}

TEST_CASE("equal times are one instant: a clock that stands still never ends a wait") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1ms}, ConsecutiveFailures{1}, clock};
  circuit.try_acquire().failure();

  for (int i = 0; i < 1000; ++i) CHECK_FALSE(circuit.try_acquire());

  clock.advance(1ms);
  CHECK(circuit.try_acquire());
}

TEST_CASE("a clock that counts before its epoch works as any other") {
  ManualClock clock;
  clock.set(-15s);
  CircuitBreaker circuit{Config{.open_for = 30s}, FailureCount{2, within(10s)}, clock};
  circuit.try_acquire().failure();
  clock.advance(8s);
  circuit.try_acquire().failure();
  REQUIRE(circuit.state() == State::open);

  clock.advance(29'999ms);
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(1ms);

  CHECK(circuit.try_acquire());
}

TEST_CASE("at the ends of the scale sums saturate, and the circuit still ends in a probe") {
  const Duration time =
      GENERATE(Duration{std::chrono::nanoseconds::max()}, Duration{std::chrono::nanoseconds::min()},
               Duration{std::chrono::hours::max()}, Duration{std::chrono::hours::min()});
  ManualClock clock;
  clock.set(time);
  CircuitBreaker circuit{Config{.open_for = 30s},
                         any_of(ConsecutiveFailures{2}, FailureCount{9, within(10s)}), clock};
  circuit.try_acquire().failure();
  circuit.try_acquire().failure();
  CHECK(circuit.why().reason == Reason::policy);
  {
    const auto permit = circuit.try_acquire();
    if (!permit) CHECK(permit.rejection().retry_after <= 5min + 2ms);
  }

  clock.set(0s);
  clock.advance(6min);

  CHECK((circuit.state() == State::half_open || circuit.state() == State::closed));
  CHECK(circuit.would_admit());
}

TEST_CASE("a wall clock that was agreed to, and counts whole seconds, may be set back") {
  std::int64_t time = 1'700'000'000;
  CircuitBreaker circuit{Config{.open_for = 1500ms, .retry_after_max = 2s}, ConsecutiveFailures{1},
                         WallClock{&time}};
  circuit.try_acquire().failure();
  time += 1;
  CHECK_FALSE(circuit.try_acquire());

  time -= 3600;

  CHECK(circuit.try_acquire());
}
