// HTTP 503 with Retry-After: the server knows better than our configuration how long to wait.
// A classifier returns a Judgement; its wait is used if that very answer opens the circuit.
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <chrono>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

struct Response {
  int status = 200;
  std::chrono::seconds retry_after{0};  // the header, parsed; 0: not there
};

/// Recognised as a classifier by the name of its member.
struct HttpStatus {
  breaker::Judgement on_result(const Response& response) const {
    const bool is_failure = response.status >= 500 || response.status == 429;
    if (!is_failure) return breaker::Verdict::success;
    return {breaker::Verdict::failure, response.retry_after};
  }
};

}  // namespace

int main() {
  breaker::ManualClock clock;
  breaker::CircuitBreaker circuit{
      breaker::Config{.open_for = 10s, .retry_after_max = 5min},  // the header can't ask for more
      breaker::ConsecutiveFailures{3}, HttpStatus{}, clock};

  const auto answer = [&](const Response& response) {
    return circuit.call([&] { return response; },
                        [](const breaker::Rejection&) { return Response{.status = 0}; });
  };
  const auto is_refused = [&] { return answer({.status = 200}).status == 0; };

  // A 404 is an answer too: it says nothing against the server.
  for (int i = 0; i < 10; ++i) answer({.status = 404});
  check(circuit.state() == breaker::State::closed, "4xx does not open the circuit");

  answer({.status = 503});
  answer({.status = 503});
  check(answer({.status = 503, .retry_after = 60s}).status == 503, "the response is unchanged");

  clock.advance(59s);
  check(is_refused(), "the circuit waits for as long as the server asked, not for 10 s");
  clock.advance(1s);
  check(!is_refused(), "and lets a probe through then");

  // An absurd header is capped, and a short one does not shorten our own wait.
  for (int i = 0; i < 3; ++i) answer({.status = 503, .retry_after = 24h});
  check(circuit.why().open_for == 5min, "retry_after_max caps the wait");
  circuit.reset();
  for (int i = 0; i < 3; ++i) answer({.status = 503, .retry_after = 1s});
  check(circuit.why().open_for == 10s, "the longer of the two waits is taken");
}
