// Race: runs the same function in several threads that set off together.
#pragma once

#include <algorithm>
#include <barrier>
#include <cstdint>
#include <thread>
#include <vector>

#include "breaker/types.hpp"

/// Run `body(number)` in `threads` threads, none of which begins before all are there.
template <class Body>
void race(int threads, const Body& body) {
  std::barrier start{threads};
  std::vector<std::thread> running;
  for (int number = 0; number < threads; ++number) {
    running.emplace_back([&, number] {
      start.arrive_and_wait();
      body(number);
    });
  }
  for (std::thread& thread : running) thread.join();
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
