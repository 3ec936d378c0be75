// A line on the terminal that says how far the reading is.
#pragma once

#include <chrono>
#include <cstdint>

namespace backtest {

/// Draws on stderr, if that is a terminal; not for what takes less than a second.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `share`: how much was read, 0 to 1, or -1 if that is not known.
  void show(std::uint64_t bytes, std::uint64_t lines, double share);

 private:
  using Clock = std::chrono::steady_clock;

  const bool is_terminal_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = start_;
  bool is_drawn_ = false;
};

}  // namespace backtest
