// ManualClock: moves only when told.
#include "breaker/testing/manual_clock.hpp"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

TEST_CASE("a manual clock starts at 0 and stands until it is moved") {
  ManualClock clock;

  CHECK(clock.now().time_since_epoch() == 0s);
  CHECK(clock.now().time_since_epoch() == 0s);
  clock.advance(1500ms);
  clock.advance(-2s);
  CHECK(clock.now().time_since_epoch() == -500ms);
  clock.set(1h);
  CHECK(clock.now().time_since_epoch() == 1h);
}

TEST_CASE("copies of a manual clock share the time") {
  ManualClock clock;
  const ManualClock copy = clock;

  clock.advance(3s);

  CHECK(copy.now() == clock.now());
  CHECK(ManualClock{}.now() != clock.now());
}

TEST_CASE("a manual clock that was moved from goes on") {
  ManualClock clock;

  ManualClock other = std::move(clock);
  clock.advance(1s);  // NOLINT(bugprone-use-after-move): that is the promise

  CHECK(other.now() == clock.now());
  CHECK(clock.now().time_since_epoch() == 1s);
}

TEST_CASE("a manual clock saturates at both ends") {
  ManualClock clock;

  clock.set(std::chrono::hours::max());
  clock.advance(1s);
  CHECK(clock.now() == ManualClock::time_point::max());
  clock.set(std::chrono::hours::min());
  clock.advance(-1s);

  CHECK(clock.now() == ManualClock::time_point::min());
}

TEST_CASE("no move of several threads is lost") {
  ManualClock clock;

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([clock]() mutable {
      for (int step = 0; step < 10'000; ++step) clock.advance(1ns);
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(clock.now().time_since_epoch() == 40'000ns);
}
