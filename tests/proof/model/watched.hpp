// The calls that are out, said a second time: a list of when they began.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "proof/model/rules.hpp"

namespace model {

/// The calls of a stay that Overdue watches: as many as it has places.
class Watched {
 public:
  static constexpr std::size_t places = 16;

  void begin_stay() { began_.clear(); }
  void add(Ticks now) {
    if (began_.size() < places) began_.push_back(now);
  }
  /// A call that began at `began` has ended. Of those that began within one unit any place may be its own.
  void depart(Ticks began) {
    const auto equal = [&](Ticks other) { return unit_of(other) == unit_of(began); };
    const auto found = std::ranges::find_if(began_, equal);
    if (found != began_.end()) began_.erase(found);
  }

  /// **Returns** the fewest that may count as overdue at `now`.
  [[nodiscard]] std::uint32_t least(Ticks limit, Ticks now) const {
    return count([&](Ticks age) { return is_known(age) && age > limit + 3 * unit; }, now);
  }
  /// **Returns** the most.
  [[nodiscard]] std::uint32_t most(Ticks limit, Ticks now) const {
    return count([&](Ticks age) { return !is_known(age) || age > limit; }, now);
  }
  /// **Returns** what the circuit may show at `now`; `seen`: what it did show.
  [[nodiscard]] Numbers numbers(Ticks limit, Ticks now, const Numbers& seen) const {
    const std::uint32_t overdue = std::clamp(seen.at[0], least(limit, now), most(limit, now));
    return {{overdue, static_cast<std::uint32_t>(began_.size())}};
  }

 private:
  static constexpr Ticks unit = 1024;     // begins are kept to so many nanoseconds
  static constexpr Ticks far = 26 * day;  // so far to either side times are told apart

  static Ticks unit_of(Ticks time) { return time / unit - (time % unit < 0 ? 1 : 0); }
  static bool is_known(Ticks age) { return -far < age && age < far; }

  template <class Is>
  [[nodiscard]] std::uint32_t count(const Is& is, Ticks now) const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(began_, [&](Ticks began) { return is(now - began); }));
  }

  std::vector<Ticks> began_;
};

}  // namespace model
