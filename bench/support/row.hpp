// A row of the suite: something to call, measured with 1, 2, 4 and 8 threads on one object.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/operation.hpp"
#include "support/race.hpp"

namespace bench {

/// How long a sample runs. Set by `--sample_ms=`.
inline std::chrono::microseconds sample_time{20'000};

/// So many calls between two looks at the stop signal, so that the look is not what is measured.
inline constexpr int calls_a_look = 256;

/// The loop that is measured, a function of its own, so that nothing else wants its registers.
template <class Subject>
[[gnu::noinline]] void call_repeatedly(Subject& subject, Dice& dice) {
  for (int i = 0; i < calls_a_look; ++i) keep(subject.once(dice));
}

template <class Subject>
Lap run(Subject& subject, Race& race, int runner) {
  Dice dice{static_cast<std::uint64_t>(runner) + 1};
  for (int i = 0; i < 10; ++i) call_repeatedly(subject, dice);
  race.line_up(runner);

  Lap lap;
  lap.begin = wall_seconds();
  const double cpu = cpu_seconds();
  while (!race.is_over()) {
    call_repeatedly(subject, dice);
    lap.calls += calls_a_look;
  }
  lap.cpu = cpu_seconds() - cpu;
  lap.end = wall_seconds();
  return lap;
}

template <class Subject>
Sample take_sample(Subject& subject, int threads) {
  Race race{threads};
  std::vector<Lap> laps(static_cast<std::size_t>(threads));
  std::vector<std::thread> runners;
  for (int i = 0; i < threads; ++i) {
    runners.emplace_back([&, i] { laps[static_cast<std::size_t>(i)] = run(subject, race, i); });
  }
  race.hold(sample_time);
  for (std::thread& runner : runners) runner.join();
  return sum_up(laps);
}

/// On lines of its own, wherever the allocator puts it.
template <class Subject>
struct alignas(256) Alone {
  Subject subject;
};

/// Add the row `name`, measured with `threads` threads on one Subject, made anew for each sample.
/// The time that Google Benchmark prints is the wall time per call as one thread sees it.
template <class Subject>
void add_row(const std::string& name, int threads) {
  const std::string full = threads == 1 ? name : name + "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(full.c_str(),
                               [threads](benchmark::State& state) {
                                 for (auto _ : state) {
                                   Sample best{};
                                   for (int i = 0; i < most_tries && best.overlap < least_overlap;
                                        ++i) {
                                     const auto alone = std::make_unique<Alone<Subject>>();
                                     const Sample sample = take_sample(alone->subject, threads);
                                     if (sample.overlap > best.overlap) best = sample;
                                   }
                                   state.SetIterationTime(best.ns_per_call * 1e-9);
                                   state.counters["overlap"] = best.overlap;
                                   state.counters["calls_per_s"] = best.calls_per_second;
                                 }
                               })
      ->Iterations(1)
      ->UseManualTime();
}

template <class Subject>
void add_row(const std::string& name) {
  for (const int threads : {1, 2, 4, 8}) add_row<Subject>(name, threads);
}

}  // namespace bench
