// One sample: threads that start together, run for a while, and say whether they did run together.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace bench {

/// What one sample came to.
struct Sample {
  double ns_per_call;  // wall time per call as one thread sees it
  double calls_per_second;
  double
      overlap;  // CPU time against wall time: 1 if every thread ran from the first's start to the
                // last's end, or every processor was kept busy
};

/// A sample whose threads ran side by side for less than this share is taken again, so often at most.
inline constexpr double least_overlap = 0.97;
inline constexpr int most_tries = 4;

/// What one thread did.
struct Lap {
  std::uint64_t calls = 0;
  double begin = 0;
  double end = 0;
  double cpu = 0;
};

/// Holds the threads of a sample until all have come, and stops them.
class Race {
 public:
  explicit Race(int threads);
  ~Race();
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  /// For the runners: wait until everybody is here.
  void line_up(int runner) noexcept;
  [[nodiscard]] bool is_over() const noexcept;

  /// For whoever holds the race: let it run for `time`, then stop it.
  void hold(std::chrono::microseconds time) noexcept;

 private:
  struct State;
  State* state_;
};

/// Seconds of the calling thread: on the wall, and on a processor.
double wall_seconds() noexcept;
double cpu_seconds() noexcept;

/// Keep the calling thread on processor `number` modulo those that there are.
void pin_to_processor(int number) noexcept;
int processors() noexcept;

/// **Returns** what `laps` come to.
Sample sum_up(const std::vector<Lap>& laps) noexcept;

}  // namespace bench
