// One circuit for several processes: what one worker learns, the others know. Linux.
// This program forks two workers. The second is killed in the middle of its probe.
#include <sys/wait.h>
#include <unistd.h>
#include <breaker/breaker.hpp>
#include <breaker/shared_memory.hpp>
#include <chrono>
#include <csignal>
#include <string>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

// Time that moves by hand, so that nobody waits. (In your program: the default, the machine's.)
struct HandClock {
  static constexpr bool is_steady = true;
  static inline breaker::SteadyClock::time_point time;
  static breaker::SteadyClock::time_point now() noexcept { return time; }
};

using Circuits = breaker::SharedCircuits<breaker::ConsecutiveFailures, HandClock>;
using Circuit = Circuits::Circuit;
const breaker::SharedSettings settings{.config = {.open_for = 30s, .probe_lease = 10s}};

int meet_the_outage(Circuit& payments) {
  for (int i = 0; i < 5; ++i) payments.try_acquire().failure();
  return 0;
}
int die_while_probing(Circuit& payments) {
  const auto probe = payments.try_acquire();
  return std::raise(SIGKILL);
}

/// Runs `task` in a worker. **Returns** whether it ended by itself.
bool run(int (*task)(Circuit&), Circuit& payments) {
  const ::pid_t worker = ::fork();
  if (worker == 0) ::_exit(task(payments));
  int status = 0;
  return ::waitpid(worker, &status, 0) == worker && WIFEXITED(status);
}

}  // namespace

int main() {
  const std::string path = "/dev/shm/breaker_example." + std::to_string(::getpid());
  Circuits circuits{path.c_str(), settings, breaker::ConsecutiveFailures{5}};
  Circuit& payments = circuits.of("payments.example");
  const auto call = [&] { return payments.call([] { return true; }, false); };
  check(run(meet_the_outage, payments), "a worker calls a dead backend five times");
  check(!call(), "this process is refused, and has not called once");
  HandClock::time += 30s;
  check(!run(die_while_probing, payments), "a worker is killed while it probes");
  check(!call(), "its probe holds the slot");
  HandClock::time += 10s;
  check(call() && call(), "its lease is over: the next probe closes the circuit for all");
  Circuits::remove(path.c_str());
}
