// A program that takes the library by its module: parts of each kind, names of each header.
#if defined(IMPORT_STD)
import std;
#else
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#endif
import breaker;

using namespace std::chrono_literals;
using namespace breaker::literals;

namespace {

bool trips_and_recovers() {
  breaker::ManualClock clock;
  breaker::CircuitBreaker circuit{
      breaker::Config{.open_for = breaker::Backoff{.first = 1s, .jitter = 10_percent}},
      breaker::any_of(breaker::ConsecutiveFailures{2},
                      breaker::FailureRate{breaker::within(10s), {.threshold = 50_percent}}),
      clock, breaker::Listeners{breaker::Counters{}, breaker::TransitionLog{}},
      breaker::ignoring<std::exception>() |
          breaker::failing_on([](int value) { return value < 0; })};
  for (int i = 0; i < 2; ++i) circuit.call([] { return -1; }, 0);
  if (circuit.state() != breaker::State::open) return false;
  if (circuit.call([] { return 1; }, [](const breaker::Rejection&) { return 2; }) != 2)
    return false;
  const std::string why = describe(circuit.why());
  clock.advance(1s);
  circuit.try_acquire().success();
  return circuit.state() == breaker::State::closed && why.find("2 failures in a row") != why.npos;
}

bool keeps_circuits_by_key() {
  breaker::Registry circuits{{.capacity = 2}};
  circuits.of("a").try_acquire().settle(breaker::Verdict::success, 1ms);
  const std::string page = breaker::prometheus_page(circuits);
  return page.find("\"a\"") != page.npos;
}

bool refuses_by_exception() {
  breaker::CircuitBreaker<> circuit;
  circuit.force_open();
  try {
    circuit.call([] {});
  } catch (const breaker::CircuitOpen& refused) {
    return refused.rejection().reason == breaker::RejectionReason::forced_open;
  }
  return false;
}

}  // namespace

int main() {
  const breaker::Duration wait = breaker::adapters::parse_retry_after("120");
  const bool is_right = trips_and_recovers() && keeps_circuits_by_key() && refuses_by_exception() &&
                        wait.is_given() &&
                        to_string(breaker::State::open) == std::string_view{"open"};
  return is_right ? 0 : 1;
}
