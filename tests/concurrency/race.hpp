// Race: runs the same function in several threads that set off together.
#pragma once

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

#include "breaker/types.hpp"
#include "concurrency/barrier.hpp"

/// Who races.
struct Crew {
  int threads;
  bool is_on_one_core = false;  // they interrupt each other, and never run at once
};

/// A race per core, threads that have to share cores, far too many, and all on one core.
inline constexpr Crew crews[] = {{2}, {4}, {16}, {4, true}};

/// Keep the calling thread on the first core that it may run on, where the system lets us.
inline void stay_on_one_core() {
#if defined(__linux__)
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return;
  int first = 0;
  while (!CPU_ISSET(first, &cores)) ++first;
  CPU_ZERO(&cores);
  CPU_SET(first, &cores);
  if (sched_setaffinity(0, sizeof cores, &cores) != 0) std::abort();  // the core is one of ours
#endif
}

/// Run `body(number)` in each thread of `crew`, none of which begins before all are there.
template <class Body>
void race(const Crew& crew, const Body& body) {
  Barrier start{crew.threads};
  std::vector<std::thread> running;
  for (int number = 0; number < crew.threads; ++number) {
    running.emplace_back([&, number] {
      if (crew.is_on_one_core) stay_on_one_core();
      start.arrive_and_wait();
      body(number);
    });
  }
  for (std::thread& thread : running) thread.join();
}

template <class Body>
void race(int threads, const Body& body) {
  race(Crew{threads}, body);
}

/// A small generator, one for each thread.
class Random {
 public:
  explicit Random(int seed) : state_{static_cast<std::uint64_t>(seed) * 0x9e3779b97f4a7c15 + 1} {}

  int below(int bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int>((state_ >> 33) % static_cast<std::uint64_t>(bound));
  }

 private:
  std::uint64_t state_;
};

/// Whether `events`, sorted by generation, are numbered without gaps and each `from` is its
/// predecessor's `to`. Sorts them. **Requires** fewer than 2^21 of them.
template <class Events>
bool is_one_chain(Events& events) {
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.generation < b.generation; });
  breaker::State state = breaker::State::closed;
  breaker::Generation generation = 0;
  for (const auto& event : events) {
    if (event.from != state || event.generation != generation + 1) return false;
    state = event.to;
    generation = event.generation;
  }
  return true;
}
