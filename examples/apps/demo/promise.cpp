// The promise and the outcome, see promise.hpp.
#include "promise.hpp"

#include <algorithm>
#include <breaker/breaker.hpp>
#include <breaker/text/forecast.hpp>
#include <string>

namespace demo {

namespace {

using Seconds = std::chrono::duration<double>;

breaker::Forecast forecast_of(const Story& story) {
  const double second = Seconds{story.pay_every}.count();
  return breaker::forecast(
      breaker::FailureCount{story.failures, breaker::within(story.window)},
      breaker::Config{.open_for = story.open_for},
      {.normal = breaker::Ratio{1, 1000}, .calls_per_second = story.clients / second});
}

Clock::duration in_clock(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(Seconds{seconds});
}

}  // namespace

void show_promise(Screen& screen, const Story& story) {
  const breaker::Forecast promise = forecast_of(story);
  constexpr double day = 24 * 60 * 60;
  screen.say("The setting promises: once all payments fail, the circuit opens after " +
             in_milliseconds(in_clock(promise.dead.seconds)) + ", in 95 %");
  screen.say("of cases within " + in_milliseconds(in_clock(promise.dead.seconds_95)) +
             "; by mistake every " +
             std::to_string(static_cast<long>(promise.false_openings_every / day)) +
             " days, if one payment in 1000 fails anyway.");
}

void show_outcome(Screen& screen, const Story& story, const Run& run,
                  const CircuitRecord& circuit) {
  const auto opened =
      std::ranges::find(circuit.transitions, breaker::State::open, &breaker::Transition::to);
  const auto stuck = (run.start + story.well_at_first).time_since_epoch();
  screen.say("It opened " + in_milliseconds(opened->at - stuck) +
             " after the database got stuck. Payments fail " +
             in_milliseconds(story.connection_limit) + " after they are");
  screen.say("sent, or later: the promise counts from there.");
}

}  // namespace demo
