// Finds the outages in a log, whatever the candidates think of them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "call.hpp"
#include "timeline.hpp"

namespace backtest {

/// A stretch of time in which an endpoint failed, or was slow.
struct Outage {
  enum class Kind : std::uint8_t {
    failing,  ///< Most calls failed.
    partly,   ///< For minutes, many calls failed, though not most of them.
    slow,     ///< Most calls took far longer than usual.
  };
  Ticks from;              ///< Its first bad call: a failure or, where it is slow, a slow one.
  Ticks until;             ///< Its last bad call.
  std::uint32_t calls;     ///< Calls that ended in it …
  std::uint32_t failures;  ///< … and how many of them were bad.
  Kind kind = Kind::failing;
  Ticks began = INT64_MAX;  ///< When its first bad call began, which a circuit may have seen hang.
};

/// The rules. Time is cut into steps; a step is bad by the share of its calls that are bad. An outage
/// goes from the first bad call of a bad step to the last bad call of the last bad step before some
/// good ones in a row, or a silence.
struct OutageRule {
  // failing: steps of a second
  int share_percent = 50;
  int good_seconds = 5;
  int failures = 5;
  Ticks at_least = 3 * second;
  Ticks silence = 300 * second;
  // partly: steps of a minute; how many times the usual share of failures
  int part_percent = 20;
  int part_times = 5;
  Ticks part_at_least = 180 * second;
  // slow: steps of a second; how many times the usual median of successes
  int slow_times = 4;
  Ticks slow_by = second / 20;  ///< … and how much longer.
  Ticks slow_at_least = 10 * second;

  /// **Returns** the rules in one line.
  [[nodiscard]] std::string in_words() const;
};

/// Finds outages of one kind.
class Detector {
 public:
  /// Of more outages than this the first are kept, the rest is counted.
  static constexpr std::size_t most_outages = 4096;

  struct Step {
    std::uint32_t calls = 0;
    std::uint32_t bad = 0;
    Ticks first_bad = 0;
    Ticks first_began = 0;
    Ticks last_bad = 0;
  };
  struct Settings {
    Outage::Kind kind;
    Ticks width;
    int good_steps;
    std::uint32_t least_bad;
    Ticks at_least;
    Ticks silence;
  };

  explicit Detector(const Settings& settings) : settings_{settings} {}

  /// A call has ended in the current step.
  void add(const Event& end, bool is_bad) {
    ++now_.calls;
    if (!is_bad) return;
    if (now_.bad++ == 0) now_.first_bad = end.time, now_.first_began = end.time - end.took;
    now_.last_bad = end.time;
  }

  /// **Returns** whether `time` lies behind the current step: then end_step() is due.
  [[nodiscard]] bool is_new_step(Ticks time) const { return time >= step_end_; }
  void begin_step(Ticks time) {
    step_begin_ = time - time % settings_.width;
    step_end_ = saturated_sum(step_begin_, settings_.width);
  }

  [[nodiscard]] const Step& now() const { return now_; }
  /// The current step is over; it was bad or not.
  void end_step(bool is_bad);
  void finish();

  [[nodiscard]] bool is_in_outage() const { return is_in_outage_; }
  [[nodiscard]] const std::vector<Outage>& outages() const { return outages_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  void end_outage();

  const Settings settings_;
  Ticks step_begin_ = INT64_MIN;
  Ticks step_end_ = INT64_MIN;
  Step now_;
  bool is_in_outage_ = false;
  Outage current_{};
  Step since_;  // since the last bad step of the current outage
  int good_in_a_row_ = 0;
  std::vector<Outage> outages_;
  std::uint64_t count_ = 0;
};

class OutageFinder {
 public:
  explicit OutageFinder(const OutageRule& rule);

  /// Further events, in the order of time. Of what ends only what is not ignored counts. A call that
  /// begins while the endpoint is slow, and will be slow itself, is marked.
  void add(std::span<Event> events);

  /// The log has ended.
  void finish();

  /// **Returns** them in the order of time; those that overlap are one, of the longer one's kind.
  [[nodiscard]] std::vector<Outage> outages() const;
  [[nodiscard]] std::uint64_t count() const;  ///< Also of those that are not kept.

 private:
  void end(const Event& event);
  void end_second();
  void end_minute();
  [[nodiscard]] bool is_slow(Ticks took) const { return took > slow_limit_; }

  const OutageRule rule_;
  Detector failing_;
  Detector partly_;
  Detector slow_;
  // What is usual: gathered from steps that were good.
  std::uint64_t usual_calls_ = 0;
  std::uint64_t usual_failures_ = 0;
  Timeline::Latencies usual_;
  Timeline::Latencies latencies_;  // of the current second
  std::uint64_t usual_successes_ = 0;
  Ticks slow_limit_ = INT64_MAX;  // what takes longer is slow
};

}  // namespace backtest
