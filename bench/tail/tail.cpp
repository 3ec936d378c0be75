// How slow the slowest failing calls are: each is timed alone, through a small window and a large one in
// turns, and so is a failing call that begins a slice, which sums the window. Prints one JSON object of
// nanoseconds; two readings of the clock are in each.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "support/circuits.hpp"
#include "support/operation.hpp"
#include "support/race.hpp"

namespace {

using namespace bench;
using Times = std::vector<std::uint32_t>;  // ns of one failing call each

constexpr int rounds = 40;
constexpr std::chrono::milliseconds round_time{10};  // short, so that few are disturbed
constexpr int failing_per_mille = 200;

template <class Call>
std::uint32_t time_of(const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  keep(call());
  return static_cast<std::uint32_t>((std::chrono::steady_clock::now() - begin).count());
}

struct Round {
  std::vector<Lap> laps;
  std::vector<Times> took;  // by thread
};

/// Call until the race is over.
template <class Circuit>
void run_one(Circuit& circuit, Race& race, int runner, Lap& lap, Times& took) {
  Dice dice{static_cast<std::uint64_t>(runner) + 1};
  took.reserve(1 << 18);
  race.line_up(runner);
  lap.begin = wall_seconds();
  const double cpu = cpu_seconds();
  while (!race.is_over() && took.size() < took.capacity()) {
    const int answer = dice.answer<failing_per_mille>();
    const std::uint32_t time =
        time_of([&] { return circuit.call([answer] { return operation(answer); }); });
    if (answer < 0) took.push_back(time);
    ++lap.calls;
  }
  lap.cpu = cpu_seconds() - cpu;
  lap.end = wall_seconds();
}

/// **Returns** the round of `most_tries` that was disturbed least.
template <class Circuit>
Round best_round(Circuit& circuit, int threads) {
  const auto size = static_cast<std::size_t>(threads);
  Round best;
  double overlap = -1;
  for (int tries = 0; tries < most_tries && overlap < least_overlap; ++tries) {
    Race race{threads};
    Round round{std::vector<Lap>(size), std::vector<Times>(size)};
    std::vector<std::thread> runners;
    for (std::size_t i = 0; i < size; ++i) {
      runners.emplace_back(
          [&, i] { run_one(circuit, race, static_cast<int>(i), round.laps[i], round.took[i]); });
    }
    race.hold(round_time);
    for (std::thread& runner : runners) runner.join();
    const double reached = sum_up(round.laps).overlap;
    if (reached <= overlap) continue;
    overlap = reached;
    best = std::move(round);
  }
  return best;
}

template <class Circuit>
void add_round(Circuit& circuit, int threads, Times& times) {
  for (const Times& one : best_round(circuit, threads).took)
    times.insert(times.end(), one.begin(), one.end());
}

void print(const char* what, Times& times, const char* after = ",") {
  std::sort(times.begin(), times.end());
  const auto at = [&times](std::size_t share) { return times[times.size() * share / 10'000]; };
  std::printf("  \"%s\": {\"p50\": %u, \"p99\": %u, \"p99.9\": %u, \"p99.99\": %u}%s\n", what,
              at(5000), at(9900), at(9990), at(9999), after);
}

/// **Returns** how long failing calls take of which each begins a slice, in a window that is full.
template <int Slices, int Stripes>
Times times_of_first_in_slice() {
  breaker::CachedClock::Time time;
  const auto circuit = std::make_unique<breaker::CircuitBreaker<
      breaker::CachedClock, PolicyOf<Timed<Slices, Stripes>>, FailingOnNegative>>(
      stays_open, Timed<Slices, Stripes>::make(), breaker::CachedClock{time}, is_failure());
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  Times took;
  for (int i = 0; i < 20 * Slices; ++i) {
    time.set(now += std::chrono::nanoseconds{10s} / Slices);
    for (int good = 0; good < 4; ++good) keep(circuit->call([] { return operation(1); }));
    const std::uint32_t one = time_of([&] { return circuit->call([] { return operation(-1); }); });
    if (i >= Slices) took.push_back(one);
  }
  return took;
}

}  // namespace

int main() {
  const auto small = std::make_unique<Judging<Timed<10, 8>, Coarse>>();
  const auto large = std::make_unique<Judging<Timed<1024, 64>, Coarse>>();
  std::printf("{\n");
  for (const int threads : {1, 2}) {
    Times of_small, of_large;
    for (int i = 0; i < rounds; ++i) {
      add_round(*small, threads, of_small);
      add_round(*large, threads, of_large);
    }
    print(threads == 1 ? "10 x 8, 1" : "10 x 8, 2", of_small);
    print(threads == 1 ? "1024 x 64, 1" : "1024 x 64, 2", of_large);
  }
  Times of_small = times_of_first_in_slice<10, 8>();
  Times of_large = times_of_first_in_slice<1024, 64>();
  print("10 x 8, first in its slice", of_small);
  print("1024 x 64, first in its slice", of_large, "");
  std::printf("}\n");
}
