// Calls through a circuit whose agent is at work on another thread: the circuit opens, waits and closes again. What this thread
// asks of the kernel stands between two calls of getppid(), and quiet.cmake counts it.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <stop_token>
#include <thread>

#include "breaker/breaker.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/fleet/memory_store.hpp"

int main() {
  using namespace std::chrono_literals;
  breaker::fleet::MemoryHub hub;
  breaker::fleet::MemoryStore store{hub};
  breaker::CircuitBreaker circuit{breaker::Config{.open_for = 5ms},
                                  breaker::advised(breaker::ConsecutiveFailures{5}),
                                  breaker::named("quiet")};
  breaker::fleet::Circuits circuits{circuit};
  breaker::fleet::Agent agent{store, circuits, {.quorum = 1, .turn = 1ms}};
  std::jthread thread{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) agent.step();
  }};

  const auto end =
      std::chrono::steady_clock::now() + 1s;  // of this process alone: a clock without the kernel
  static_cast<void>(::getppid());
  unsigned long calls = 0;
  for (; std::chrono::steady_clock::now() < end || agent.status().votes == 0; ++calls) {
    const bool is_down = calls / 10'000 % 2 == 1;
    if (!is_down) static_cast<void>(circuit.call([] { return 1; }, 0));
    if (auto permit = circuit.try_acquire())
      permit.settle(is_down ? breaker::Verdict::failure : breaker::Verdict::success);
  }
  static_cast<void>(::getppid());
  const auto status = agent.status();
  std::printf("%lu calls, %llu transitions, %llu votes\n", calls,
              static_cast<unsigned long long>(circuit.snapshot().transitions),
              static_cast<unsigned long long>(status.votes));
  return circuit.snapshot().transitions > 4 && status.votes > 0 ? 0 : 1;
}
