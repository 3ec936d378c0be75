// Puts the calls of a log into the order in which they began and ended.
//
// A line of a log is a call that has ended; a circuit is asked when a call begins, and told when it
// ends. So each call makes two events, and the events of all calls are put into the order of time:
// calls overlap as they did in reality. The rules:
//
//   * A call ends when its line says, and began as long before as it took (where the log has the
//     beginning, it ended as long behind).
//   * Times in whole seconds: the calls of one second are spread evenly over it, in the order of
//     the log.
//   * Of events at the same instant, calls that end come before calls that begin. A call that took
//     no time at all ends before anything else happens.
//   * Lines may be out of order by up to `reorder`. A line that comes later than that is counted as
//     misplaced and left out. So is a line more than an hour ahead of all before it, unless the next
//     one is there too.
//   * Calls longer than `longest` are counted, and begin `longest` before the newest line known.
//
// What is held is bounded by time (`reorder` and `longest`) and by number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "call.hpp"

namespace backtest {

/// A log whose times can't be meant.
class OrderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Order {
 public:
  struct Settings {
    Ticks reorder = 5 * second;
    Ticks longest = 60 * second;
    bool whole_seconds = false;  ///< The log's times are known to the second only.
    bool time_is_begin = false;
    std::size_t most_held = std::size_t{1} << 20;  ///< Calls; above, they are let go early.
  };

  struct Counts {
    std::uint64_t misplaced = 0;  ///< Left out: out of order by more than `reorder`.
    std::uint64_t too_long = 0;   ///< Replayed as if they had begun later than they did.
  };

  /// `sink` is told of the events, in their order, each with the number of its endpoint.
  using Sink = std::function<void(std::uint32_t endpoint, const Event& event)>;

  Order(const Settings& settings, Sink sink);

  /// A line of the log. `logged`: its time. **Throws** OrderError if more than `most_held` calls
  /// fall into one second.
  void add(Ticks logged, Ticks took, std::uint32_t endpoint, Verdict verdict);

  /// There are no more lines: let go of everything.
  void finish();

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

 private:
  struct Line {
    Ticks logged;
    Ticks took;
    std::uint32_t endpoint;
    Verdict verdict;
  };
  struct Held {  // a call between being put in order and its end
    Call call;
    std::uint32_t slot;
  };
  struct Moment {
    Ticks time;
    std::uint32_t held;
  };
  struct Second {
    std::vector<Moment> begins;
    std::vector<Moment> ends;
  };
  class Slots {  // of one endpoint
   public:
    std::uint32_t take();
    void give(std::uint32_t slot) { free_.push_back(slot); }

   private:
    std::uint32_t used_ = 0;
    std::vector<std::uint32_t> free_;
  };

  void place(const Line& line);
  void advance();
  void put_in_order(Ticks at, std::vector<Line>& lines);
  void hold(Ticks logged, const Line& line);
  Second& events_of(Ticks at);
  void release(Second& events);
  void begin(const Moment& moment);
  void end(std::uint32_t held);

  const Settings settings_;
  const Sink sink_;
  Counts counts_;
  std::optional<Line> jumped_;  // a line far ahead of all before, believed when it is not alone
  Ticks newest_ = INT64_MIN;    // second of the newest line
  Ticks ordered_ = INT64_MIN;   // lines of the seconds before this one are in order
  Ticks released_ = INT64_MIN;  // events of the seconds before this one were told
  std::map<Ticks, std::vector<Line>> lines_;  // by the second that was logged
  std::vector<Line>* lines_of_newest_ = nullptr;
  Ticks lines_of_newest_second_ = INT64_MIN;
  std::size_t waiting_ = 0;  // lines in lines_
  std::map<Ticks, Second> seconds_;
  Second* last_ = nullptr;  // of seconds_, the one that was asked for last …
  Ticks at_last_ = 0;       // … and which it is
  std::vector<Held> held_;
  std::vector<std::uint32_t> free_;  // places in held_
  std::vector<Slots> slots_;         // by endpoint
};

}  // namespace backtest
