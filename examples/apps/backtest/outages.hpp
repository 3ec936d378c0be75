// Finds the outages in a log, whatever the candidates think of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "call.hpp"

namespace backtest {

/// A stretch of time in which an endpoint failed.
struct Outage {
  Ticks from;              ///< Its first failure.
  Ticks until;             ///< Its last failure.
  std::uint32_t calls;     ///< Calls that ended in it …
  std::uint32_t failures;  ///< … and how many of them failed.
};

/// The rule. A second is bad if at least `share_percent` of the calls that end in it fail, and good
/// if fewer do; one without calls is neither. An outage goes from the first failure of a bad second
/// to the last failure of the last bad second before `good_seconds` good ones, or `silence` without
/// any call. It has `failures` failures or more and lasts for `at_least` or longer.
struct OutageRule {
  int share_percent = 50;
  int good_seconds = 5;
  int failures = 5;
  Ticks at_least = 3 * second;
  Ticks silence = 300 * second;

  /// **Returns** the rule in one line.
  [[nodiscard]] std::string in_words() const;
};

class OutageFinder {
 public:
  /// Of more outages than this the first are kept, the rest is counted.
  static constexpr std::size_t most_outages = 4096;

  explicit OutageFinder(const OutageRule& rule) : rule_{rule} {}

  /// Further events, in the order of time. Only ends count, and no ignored calls.
  void add(std::span<const Event> events);

  /// The log has ended.
  void finish();

  [[nodiscard]] const std::vector<Outage>& outages() const { return outages_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  struct Tally {
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
    Ticks first_failure = 0;
    Ticks last_failure = 0;
  };

  void judge_second();
  void end_outage();

  OutageRule rule_;
  Ticks second_ = INT64_MIN;  // the one that is being counted
  Tally now_;                 // in that second
  bool is_in_outage_ = false;
  Outage current_{};
  Tally since_;  // calls since the last bad second of the current outage
  int good_in_a_row_ = 0;
  std::vector<Outage> outages_;
  std::uint64_t count_ = 0;
};

}  // namespace backtest
