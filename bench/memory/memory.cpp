// What circuits take: bytes each, and 100 000 of them as resident memory; a million in a registry,
// beside the bytes of their keys. Prints one JSON object.
#include <sys/wait.h>
#include <unistd.h>
#include <breaker/registry.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "support/circuits.hpp"

namespace {

using namespace bench;

constexpr std::size_t hosts = 100'000;
constexpr int keys = 1'000'000;

long resident_bytes() {
  long total = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

template <class Circuit>
double fill_array() {
  const long before = resident_bytes();
  const auto circuits = std::make_unique<Circuit[]>(hosts);
  for (std::size_t i = 0; i < hosts; ++i) keep(circuits[i].call([] { return operation(1); }));
  return static_cast<double>(resident_bytes() - before) / hosts;
}

template <class Circuit>
double fill_registry() {
  const long before = resident_bytes();
  breaker::Registry<Circuit> circuits{{.capacity = keys}};
  std::size_t bytes = 0;
  for (int i = 0; i < keys; ++i) {
    const std::string key = "api-" + std::to_string(i) + ".prod.example.net:8443";
    bytes += key.size();
    keep(circuits.of(key).call([] { return operation(1); }));
  }
  return (static_cast<double>(resident_bytes() - before) - static_cast<double>(bytes)) / keys;
}

/// In a process of its own, so that nothing is left of the last one. **Returns** what `fill` does.
double in_a_process(double (*fill)()) {
  int channel[2];
  if (pipe(channel) != 0) return -1;
  if (const pid_t child = fork(); child == 0) {
    const double each = fill();
    _exit(write(channel[1], &each, sizeof each) == sizeof each ? 0 : 1);
  } else {
    double each = -1;
    int status = 0;
    waitpid(child, &status, 0);
    if (status == 0 && read(channel[0], &each, sizeof each) != sizeof each) each = -1;
    close(channel[0]);
    close(channel[1]);
    return each;
  }
}

template <class Policy, class Clock = Steady, class Listener = breaker::NoListener>
void print(const char* name, const char* after = ",") {
  using Circuit = Plain<Policy, Clock, Listener>;
  std::printf("  \"%s\": {\"bytes\": %zu, \"resident\": %.1f}%s\n", name, sizeof(Circuit),
              in_a_process(fill_array<Circuit>), after);
  std::fflush(stdout);  // before the next fork, which would print it again
}

}  // namespace

int main() {
  std::printf("{\n");
  std::fflush(stdout);
  print<Consecutive>("consecutive");
  print<LastN<32>>("last_32");
  print<LastN<100>>("last_100");
  print<LastN<100, 8>>("last_100_striped");
  print<LastN<1000>>("last_1000");
  print<Count>("failure_count");
  print<Timed<10, 1>>("time_1_stripe");
  print<Timed<10, 8>>("time_8_stripes");
  print<SlowCalls>("slow_call");
  print<SlowCallsTimed>("slow_call_time");
  print<AnyOfTwoCounts>("any_of_two_counts");
  print<AnyOfTwo>("any_of_two");
  print<Timed<10, 8>, Any>("any_clock");
  print<Consecutive, Steady, breaker::Counters<8>>("counters_on");
  std::printf("  \"registry\": {\"bytes\": %zu, \"resident\": %.1f}\n",
              sizeof(breaker::CircuitBreaker<>),
              in_a_process(fill_registry<breaker::CircuitBreaker<>>));
  std::printf("}\n");
}
