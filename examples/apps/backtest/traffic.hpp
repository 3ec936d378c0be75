// What calls are like while nothing is wrong: what a forecast must know, and whether it may be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "call.hpp"
#include "outages.hpp"

namespace backtest {

/// The calls outside outages. Those that are ignored are left out.
struct Normal {
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  Ticks time = 0;  ///< How long there was no outage.
  double share_at_most =
      0;  ///< Of calls that fail: with 97.5 % certainty no more, if they fail one by one.
  double after_failure = 0;  ///< Of calls that end right after a failed one, those that fail too.
  /// How many times more the failures of a tenth of a second, of a second, vary than if each call failed by itself.
  double dispersion_of_tenth = 1;
  double dispersion_of_second = 1;
  double usual = 0;     ///< Calls a second.
  double busiest = 0;   ///< The same in the busiest minute; of a log that is shorter, as `usual`.
  double quietest = 0;  ///< The same in the quietest one.

  [[nodiscard]] double share() const;
  /// **Returns** whether failures come in clumps: far more often than by chance one follows another.
  [[nodiscard]] bool is_clumped() const;
};

/// Measures it, in a bounded number of steps: of each it is known in the end whether it was in an outage.
class TrafficMeter {
 public:
  static constexpr std::size_t most_steps = 1024;

  /// Further events, in the order of time.
  void add(std::span<const Event> events);

  /// **Returns** what was measured outside `outages`, which are in the order of time.
  [[nodiscard]] Normal normal(const std::vector<Outage>& outages);

 private:
  /// Sums over slices of one length, for the variance of their failures: of calls n and failures f.
  struct Sums {
    double nn = 0;
    double nf = 0;
    double ff = 0;

    void add(double n, double f);
    void add(const Sums& other);
    [[nodiscard]] double dispersion(double calls, double share) const;
  };
  struct Slice {
    Ticks number = 0;
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  struct Step {
    std::uint64_t calls = 0;
    std::uint64_t failures = 0;
    std::uint64_t followers = 0;  // calls that end right after a failed one …
    std::uint64_t followers_failed = 0;
    Sums tenths;
    Sums seconds;

    void add(const Step& other);
  };

  void add(const Event& event);
  void end_slice(Slice& slice, Sums Step::* sums);
  Step& step_of(Ticks time);
  [[nodiscard]] std::vector<bool> steps_in(const std::vector<Outage>& outages) const;

  Ticks begin_ = 0;
  Ticks last_ = 0;
  Ticks width_ = second;
  std::vector<Step> steps_;
  Slice tenth_;
  Slice second_;
  bool failed_before_ = false;
};

}  // namespace backtest
