// EXPECT: success
// Compiles through the same harness: what stands in for each misuse when it is put right.
#include <chrono>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"

using namespace breaker::literals;

struct Response {
  int status;
};
int fetch();
Response respond();

constexpr breaker::Config config =
    breaker::checked({.open_for = std::chrono::seconds{30}, .probes = 3});
constinit breaker::CircuitBreaker<> global{{.probes = 63}};

int use(breaker::CircuitBreaker<>& circuit) {
  auto permit = circuit.try_acquire();
  auto second = std::move(permit);
  second.success();
  const breaker::ManualClock clock;
  breaker::CircuitBreaker own{config, breaker::AnyClock{clock}, breaker::ConsecutiveFailures{3},
                              breaker::failing_on([](const Response& r) { return r.status > 499; }),
                              [](const breaker::Transition&) {}};
  own.call(respond);
  breaker::CircuitBreaker rate{
      config,
      breaker::FailureRate{breaker::last_calls<10>(), {.threshold = 100_percent, .min_calls = 10}}};
  return rate.call(fetch, [](const breaker::Rejection&) { return 0; }) + circuit.call(fetch, 1);
}
