// A service class that holds a circuit, and its test: no sleeping, and no template.
// AnyClock is the real clock by default; the test passes one that it moves by hand.
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

// What would ship, in weather.hpp.
class Weather {
 public:
  using Fetch = std::function<std::string()>;

  /// `clock`: for tests; it must outlive this.
  explicit Weather(Fetch fetch, breaker::AnyClock clock = {})
      : fetch_{std::move(fetch)}, circuit_{{.open_for = 30s}, clock} {}

  /// **Returns** the forecast, or yesterday's when there is none. Never throws.
  std::string forecast() {
    return circuit_.call(fetch_, [] { return std::string{"as yesterday"}; });
  }

 private:
  Fetch fetch_;
  breaker::CircuitBreaker<breaker::AnyClock> circuit_;  // five failures in a row open it
};

// Its test, in weather_test.cpp.
void test_that_a_dead_station_is_asked_again_after_30_seconds() {
  breaker::ManualClock clock;
  bool is_up = false;
  int requests = 0;
  const auto fetch = [&]() -> std::string {
    ++requests;
    return is_up ? "sunny" : throw "station is down";
  };
  Weather weather{fetch, clock};

  for (int i = 0; i < 100; ++i) check(weather.forecast() == "as yesterday", "it never throws");
  check(requests == 5, "a dead station is asked five times, not a hundred");

  clock.advance(29s);
  is_up = true;
  check(weather.forecast() == "as yesterday", "after 29 s it is still left in peace");

  clock.advance(1s);
  check(weather.forecast() == "sunny", "after 30 s it is asked again");
  check(requests == 6, "by one probe");
}

}  // namespace

int main() { test_that_a_dead_station_is_asked_again_after_30_seconds(); }
