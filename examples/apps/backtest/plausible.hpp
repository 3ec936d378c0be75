// Whether a log's durations can be true, in the unit that they are read in.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "record.hpp"

namespace backtest {

class Durations {
 public:
  void add(const Record& record);

  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  /// **Returns** how many calls don't tell it.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

  /// **Returns** why they can't be true, or "". The rules: more than 1 % of the calls, and 20 or more,
  /// took longer than the whole log; or none took 1 µs, but some ended in a time-out (status 504 or
  /// 408).
  [[nodiscard]] std::string doubt() const;

 private:
  std::array<std::uint64_t, 64> counts_{};  // by the number of bits in the nanoseconds
  std::uint64_t calls_ = 0;
  std::uint64_t unknown_ = 0;
  std::uint64_t timeouts_ = 0;
  Ticks longest_ = 0;
  Ticks first_ = INT64_MAX;
  Ticks last_ = INT64_MIN;
};

}  // namespace backtest
