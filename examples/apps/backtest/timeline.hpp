// What an endpoint's traffic looked like over time, in a bounded number of steps.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "call.hpp"

namespace backtest {

/// A log of any length in at most `most_steps` steps: a second each at first; when they run out,
/// two become one. A call belongs to the step in which it ended.
class Timeline {
 public:
  static constexpr std::size_t most_steps = 4096;

  /// How long calls took, as counts in classes that grow by a factor of √2, from 1 ms to 18 min.
  class Latencies {
   public:
    void add(Ticks took);
    void add(const Latencies& other);
    /// **Returns** what `percent` of the calls did not exceed, to the upper end of its class; 0
    /// without calls.
    [[nodiscard]] Ticks percentile(int percent) const;

   private:
    std::array<std::uint32_t, 42> counts_{};
  };

  struct Step {
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
    std::uint32_t ignored = 0;
    Latencies latencies;
  };

  /// Further events, in the order of time.
  void add(std::span<const Event> events);

  [[nodiscard]] Ticks begin() const { return begin_; }  ///< Of the first step.
  [[nodiscard]] Ticks width() const { return width_; }  ///< Of each step.
  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }

 private:
  void grow_to(Ticks time);
  void halve();

  Ticks begin_ = 0;
  Ticks end_ = INT64_MIN;  // of the last step
  Ticks width_ = second;
  std::vector<Step> steps_;
};

}  // namespace backtest
