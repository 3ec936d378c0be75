// The values that flow through the tool: a call as the log tells it, and the two events it makes.
#pragma once

#include <breaker/types.hpp>
#include <cstdint>

namespace backtest {

using breaker::Ticks;
using breaker::Verdict;

inline constexpr Ticks second = 1'000'000'000;

/// **Returns** the number of the second that `time` lies in.
constexpr Ticks second_of(Ticks time) { return time / second - (time % second < 0 ? 1 : 0); }

/// One call. Times count from 1970, in nanoseconds.
struct Call {
  Ticks begin;
  Ticks end;
  std::uint32_t endpoint;  ///< Number of the endpoint, or of one caller of it, counted from 0.
  Verdict verdict;
};

/// A + B, or the largest number there is where that is too large.
constexpr Ticks saturated_sum(Ticks a, Ticks b) {
  Ticks sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/// A call begins or ends. The beginning tells how it will end: the log knows.
struct Event {
  Ticks time;
  Ticks took;
  std::uint32_t slot;  ///< Joins beginning and end: no two calls in flight of a caller share one.
  bool is_begin : 1;
  bool is_slow : 1 = false;  ///< It begins in an outage by slowness, and will take far too long.
  Verdict verdict;
  std::uint16_t caller = 0;  ///< Whose circuit is asked.
};
static_assert(sizeof(Event) == 24, "every candidate reads each of them");

}  // namespace backtest
