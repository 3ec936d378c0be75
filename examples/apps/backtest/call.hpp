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
  std::uint32_t endpoint;  ///< Number of the endpoint, counted from 0.
  Verdict verdict;
};

/// A call begins or ends. The beginning tells how it will end: the log knows.
struct Event {
  Ticks time;
  Ticks took;
  std::uint32_t
      slot;  ///< Joins beginning and end: no two calls in flight at an endpoint share one.
  bool is_begin;
  Verdict verdict;
};

}  // namespace backtest
