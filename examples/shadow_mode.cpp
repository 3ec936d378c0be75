// Shadow mode: find out what a circuit would do to your traffic before it may do it.
// The whole machine runs, nobody is refused, and the snapshot counts who would have been.
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <breaker/testing/transition_log.hpp>
#include <chrono>

#include "check.hpp"

using namespace std::chrono_literals;

int main() {
  breaker::ManualClock clock;
  breaker::TransitionLog log;
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = 30s, .mode = breaker::Mode::shadow},
                                  breaker::FailureCount{5, breaker::within(10s)}, clock, log};

  // A minute of traffic, ten calls a second; the service is down from second 10 to second 30.
  int reached = 0;
  int failed = 0;
  for (int call = 0; call < 600; ++call) {
    const bool is_down = call >= 100 && call < 300;
    circuit.call(
        [&] {
          ++reached;
          if (is_down) throw "down";
        },
        [&](const breaker::NoResult& why) {
          check(why.rejection() == nullptr, "no call is refused");
          ++failed;
        });
    clock.advance(100ms);
  }
  check(reached == 600 && failed == 200, "the traffic goes on as without a circuit");

  // What would have happened: open with the fifth failure (at 10.4 s), for 30 s, then a good probe.
  const breaker::Snapshot would_be = circuit.snapshot();
  check(would_be.transitions == 3, "it would have opened, probed and closed");
  check(would_be.refused == 299, "it would have refused the calls of 30 s");
  check(log.transitions().front().at == 10400ms, "and the log says when");
  check(would_be.state == breaker::State::closed, "by now all is well again");
}
