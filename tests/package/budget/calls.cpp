// What callgrind and objdump look at: the same noinline function, bare and through circuits.
// Usage: calls bare|consecutive|last_100 <how many calls>
#include <breaker/breaker.hpp>
#include <cstdlib>
#include <string_view>

namespace {

using Consecutive = breaker::CircuitBreaker<>;
using Last100 = breaker::CircuitBreaker<breaker::SteadyClock, breaker::FailureRate<>>;

Consecutive consecutive;
Last100 last_100{breaker::Config{}, breaker::FailureRate{{.threshold = breaker::percent(50)}}};

[[gnu::noinline]] int work(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

// The result is used, and memory may have changed: nothing moves out of the loop.
void use(int value) { asm volatile("" ::"r"(value) : "memory"); }

}  // namespace

// Not templates and not local: so gcc lays the loops out alike, without a jump more in one of them.
[[gnu::noinline]] void bare(int calls) {
  for (int i = 0; i < calls; ++i) use(work(i));
}
[[gnu::noinline]] void through_consecutive(int calls) {
  for (int i = 0; i < calls; ++i) use(consecutive.call([&] { return work(i); }));
}
[[gnu::noinline]] void through_last_100(int calls) {
  for (int i = 0; i < calls; ++i) use(last_100.call([&] { return work(i); }));
}

/// One call through a circuit, for objdump: its slow paths are functions of their own.
extern "C" [[gnu::flatten]] int closed_path(Consecutive& circuit) {
  return circuit.call([] { return work(1); });
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string_view what = argv[1];
  const int calls = std::atoi(argv[2]);
  through_last_100(200);  // fills the window: from here on it is clean
  if (what == "bare") bare(calls);
  if (what == "consecutive") through_consecutive(calls);
  if (what == "last_100") through_last_100(calls);
  return closed_path(consecutive) - 1;
}
