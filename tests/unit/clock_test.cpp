// The clocks that ship.
#include "breaker/clock.hpp"

#include <chrono>
#include <type_traits>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

/// Counts in hours, so that nanoseconds overflow.
struct HourClock {
  using rep = std::chrono::hours::rep;
  using period = std::chrono::hours::period;
  using duration = std::chrono::hours;
  using time_point = std::chrono::time_point<HourClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept { return time_point::max(); }
};

}  // namespace

TEST_CASE("every clock that ships is a clock") {
  STATIC_REQUIRE(MonotonicClock<SteadyClock>);
  STATIC_REQUIRE(MonotonicClock<CoarseClock>);
  STATIC_REQUIRE(MonotonicClock<CachedClock>);
  STATIC_REQUIRE(MonotonicClock<AnyClock>);
  STATIC_REQUIRE(MonotonicClock<ManualClock>);
  STATIC_REQUIRE_FALSE(MonotonicClock<std::chrono::system_clock>);
}

TEST_CASE("the coarse clock shows the steady clock's time, a little behind") {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const auto coarse = CoarseClock::now().time_since_epoch();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();

  CHECK(coarse > before - 100ms);
  CHECK(coarse <= after);
  CHECK(CoarseClock::now().time_since_epoch() >= coarse);
}

TEST_CASE("a cached clock stands until it is set, and every copy follows") {
  CachedClock::Time time;
  const CachedClock clock{time};
  const CachedClock copy = clock;

  time.set(5s);
  CHECK(copy.now().time_since_epoch() == 5s);
  CHECK(clock.now() == copy.now());
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  time.refresh();

  CHECK(copy.now().time_since_epoch() >= before);
}

TEST_CASE("a cached time starts at the steady clock's") {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();

  const CachedClock::Time time;

  CHECK(CachedClock{time}.now().time_since_epoch() >= before);
}

TEST_CASE("a cached clock cannot be made from a time that is about to end") {
  STATIC_REQUIRE(std::is_constructible_v<CachedClock, const CachedClock::Time&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<CachedClock, CachedClock::Time>);
}

TEST_CASE("AnyClock reads the steady clock unless it is given one") {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const auto read = AnyClock{}.now().time_since_epoch();

  CHECK(read >= before);
  CHECK(read <= std::chrono::steady_clock::now().time_since_epoch());
}

TEST_CASE("AnyClock reads the clock that it is given, and so do its copies") {
  ManualClock manual;
  const AnyClock clock = manual;
  const AnyClock copy = clock;

  manual.advance(7s);

  CHECK(clock.now().time_since_epoch() == 7s);
  CHECK(copy.now().time_since_epoch() == 7s);
  STATIC_REQUIRE(std::is_trivially_copyable_v<AnyClock>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<AnyClock, ManualClock>);  // it would dangle
}

TEST_CASE("a clock that shows more than nanoseconds hold saturates") {
  const HourClock hours;
  const AnyClock clock = hours;

  CHECK(clock.now() == AnyClock::time_point::max());
}

TEST_CASE("a circuit at the end of time is still a circuit") {
  CircuitBreaker circuit{Config{.open_for = 1h}, ConsecutiveFailures{1}, HourClock{}};

  circuit.try_acquire().failure();

  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.why().at == std::chrono::nanoseconds::max());
}
