// A log line for each transition, with the number that crossed the threshold.
// A listener is a callable that takes a Transition; no lock is held while it runs.
#include <breaker/breaker.hpp>
#include <breaker/describe.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "check.hpp"

using namespace std::chrono_literals;
using namespace breaker::literals;

namespace {

/// Stands for your logger. Any thread may use it, for any thread may cause a transition.
class Log {
 public:
  void write(const std::string& line) {
    const std::lock_guard lock{mutex_};
    std::printf("%s\n", line.c_str());
    lines_.push_back(line);
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace

int main() {
  Log log;
  breaker::ManualClock clock;
  breaker::CircuitBreaker circuit{
      breaker::Config{.open_for = 30s},
      breaker::FailureRate{breaker::last_calls<50>(), {.threshold = 50_percent, .min_calls = 20}},
      clock, [&](const breaker::Transition& transition) {
        log.write("payments: " + describe(transition));
      }};

  for (int i = 0; i < 8; ++i) circuit.try_acquire().success();
  for (int i = 0; i < 12; ++i) circuit.try_acquire().failure();
  clock.advance(30s);
  circuit.try_acquire().success();  // the probe

  const std::vector<std::string> expected{
      "payments: closed -> open: 12 of 20 calls failed, 60.0 % (limit 50.0 % of at least 20 "
      "calls); calls are refused for 30000 ms",
      "payments: open -> half_open: the wait is over, a probe goes out",
      "payments: half_open -> closed: enough probes succeeded"};
  check(log.lines() == expected, "each transition is logged once, with its cause");
}
