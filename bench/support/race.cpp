// Race: the barrier, the stop signal, and the clocks that check for overlap.
#include "support/race.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

namespace bench {

struct Race::State {
  explicit State(int count) : threads{count} {}

  const int threads;
  alignas(128) std::atomic<int> ready{0};
  alignas(128) std::atomic<bool> started{false};
  alignas(128) std::atomic<bool> over{false};
};

Race::Race(int threads) : state_{new State{threads}} {}
Race::~Race() { delete state_; }

void Race::line_up(int runner) noexcept {
  pin_to_processor(runner);
  state_->ready.fetch_add(1);
  while (!state_->started.load()) std::this_thread::yield();
}

bool Race::is_over() const noexcept { return state_->over.load(std::memory_order_relaxed); }

void Race::hold(std::chrono::microseconds time) noexcept {
  while (state_->ready.load() < state_->threads)
    std::this_thread::sleep_for(std::chrono::microseconds{50});
  state_->started = true;
  std::this_thread::sleep_for(time);
  state_->over = true;
}

static double seconds(clockid_t clock) noexcept {
  std::timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double wall_seconds() noexcept { return seconds(CLOCK_MONOTONIC); }
double cpu_seconds() noexcept { return seconds(CLOCK_THREAD_CPUTIME_ID); }

int processors() noexcept {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  return std::max(1, CPU_COUNT(&allowed));
}

void pin_to_processor(int number) noexcept {
  static const cpu_set_t allowed = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    return set;
  }();
  int left = number % std::max(1, CPU_COUNT(&allowed));
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || left-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

Sample sum_up(const std::vector<Lap>& laps) noexcept {
  double calls = 0, cpu = 0, begin = laps.front().begin, end = laps.front().end;
  for (const Lap& lap : laps) {
    calls += static_cast<double>(lap.calls);
    cpu += lap.cpu;
    begin = std::min(begin, lap.begin);
    end = std::max(end, lap.end);
  }
  const double wall = end - begin;
  const auto threads = static_cast<double>(laps.size());
  const double busy = std::min(threads, static_cast<double>(processors()));
  return {threads * wall * 1e9 / calls, calls / wall, cpu / (wall * busy)};
}

}  // namespace bench
