// Asynchronous work in two steps: ask for a permit here, settle it on another thread.
// The permit moves along with the work; dropped unsettled, it hands its slot back.
#include <breaker/breaker.hpp>
#include <breaker/testing/manual_clock.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

// A type that can be named. (In your program: CircuitBreaker<>, with the real clock.)
using Circuit = breaker::CircuitBreaker<breaker::ManualClock>;

/// Sends a message on a thread of its own. **Returns** how the permit was settled.
std::future<breaker::Settled> send(Circuit::Permit permit, bool is_link_up) {
  std::promise<breaker::Settled> promise;
  std::future<breaker::Settled> settled = promise.get_future();
  std::thread{[permit = std::move(permit), promise = std::move(promise), is_link_up]() mutable {
    promise.set_value(is_link_up ? permit.success() : permit.failure());
  }}.detach();
  return settled;
}

}  // namespace

int main() {
  breaker::ManualClock clock;
  Circuit circuit{breaker::Config{.open_for = 30s}, clock};  // five failures in a row open it

  for (int i = 0; i < 5; ++i) {
    Circuit::Permit permit = circuit.try_acquire();
    check(bool{permit}, "a closed circuit gives a permit");
    const breaker::Settled settled = send(std::move(permit), false).get();
    check(settled == breaker::Settled::counted, "a verdict given on another thread counts");
  }

  const Circuit::Permit refused = circuit.try_acquire();
  check(!refused, "five failures in a row open the circuit");
  check(refused.rejection().retry_after == 30s, "a refused permit says for how long");

  clock.advance(30s);
  {
    Circuit::Permit probe = circuit.try_acquire();
    check(bool{probe}, "after the wait a probe is let through");
    check(!circuit.try_acquire(), "and only one");
  }  // cancelled before it was sent: the permit is dropped, and counts as nothing

  Circuit::Permit probe = circuit.try_acquire();
  check(bool{probe}, "a dropped probe handed its slot back");
  probe.if_dropped(breaker::Verdict::failure);  // from here on a drop would be a timeout
  send(std::move(probe), true).get();
  check(circuit.state() == breaker::State::closed, "a good probe closes the circuit");
}
