// One circuit for several processes: what one worker learns, the others know. Linux.
// This program starts itself twice more, as workers. The second is killed in the middle of its probe.
#include <sys/wait.h>
#include <unistd.h>
#include <breaker/breaker.hpp>
#include <breaker/shared_memory.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>

#include "check.hpp"

using namespace std::chrono_literals;

namespace {

// Each process names the same settings.
const breaker::SharedSettings settings{.config = {.open_for = 1s, .probe_lease = 1s}};

int work(const char* path, std::string_view task) {
  breaker::SharedCircuits circuits{path, settings, breaker::ConsecutiveFailures{5}};
  auto& payments = circuits.of("payments.example");
  if (task == "meet the outage") {
    for (int i = 0; i < 5; ++i) payments.try_acquire().failure();
    return 0;
  }
  const auto probe = payments.try_acquire();  // "die while probing"
  return std::raise(SIGKILL);
}

/// Runs a worker. **Returns** whether it ended by itself.
bool run(const char* program, const char* path, const char* task) {
  const ::pid_t worker = ::fork();
  if (worker == 0) return ::execl(program, program, path, task, nullptr);
  int status = 0;
  return ::waitpid(worker, &status, 0) == worker && WIFEXITED(status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) return work(argv[1], argv[2]);
  const std::string path = "/dev/shm/breaker_example." + std::to_string(::getpid());
  breaker::SharedCircuits circuits{path.c_str(), settings, breaker::ConsecutiveFailures{5}};
  auto& payments = circuits.of("payments.example");
  const auto call = [&] { return payments.call([] { return true; }, false); };

  check(run(argv[0], path.c_str(), "meet the outage"), "a worker calls a dead backend five times");
  check(!call(), "this process is refused, and has not called once");

  std::this_thread::sleep_for(1s);
  check(!run(argv[0], path.c_str(), "die while probing"), "a worker is killed while it probes");
  check(!call(), "its probe holds the slot");
  std::this_thread::sleep_for(1s);
  check(call() && call(), "its lease is over: the next probe closes the circuit for all");

  breaker::SharedCircuits<>::remove(path.c_str());
}
