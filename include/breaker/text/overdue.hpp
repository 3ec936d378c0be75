// Overdue calls: how often a healthy circuit has too many in flight, how soon a hanging one has.
#pragma once

#include <cstdint>

#include "breaker/base/version.hpp"
#include "breaker/text/chance.hpp"
#include "breaker/text/windows.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Calls that become overdue, `a_second` of them a second, each for itself, and stay so for some time. How many
/// are overdue at a time is then a Poisson number, whatever the times are (M/G/infinity).
struct OverdueFlow {
  double a_second;
  double stay;  // seconds, on average

  [[nodiscard]] constexpr double mean() const noexcept { return a_second * stay; }
};

/// **Returns** how long it takes, on average, from none to `calls` overdue calls, if they stay for times
/// that are exponential. A step from n to n + 1 takes (1 + n / stay × the step before) / rate.
constexpr double overdue_passage(const OverdueFlow& flow, std::uint32_t calls) noexcept {
  double step = 0;
  double sum = 0;
  for (std::uint32_t n = 0; n != calls; ++n) {
    step = (1 + n / flow.stay * step) / flow.a_second;
    sum += step;
    if (sum > largest) return endless;
  }
  return sum;
}

/// **Returns** how often a healthy circuit opens. The bound: the circuit opens when a call becomes overdue
/// that finds `calls` - 1, so by some time no more often, on average, than there are such calls until
/// then. None is overdue at first, so their number is a Poisson one of a mean that grows to the
/// flow's; the chance of `calls` - 1 is greatest at the mean that is next to it. With at most r such
/// calls a second, the chance to be open after t is at most r t, and the average not below 1 / 2r. The
/// estimate is exact for exponential times, and right to a quarter for others while few are overdue.
constexpr Openings overdue_openings(const OverdueFlow& flow, std::uint32_t calls) noexcept {
  if (flow.mean() <= 1 / largest) return {endless, endless, false, false};
  const double before = calls - 1.0;
  const Poisson overdue{flow.mean() < before ? flow.mean() : before};
  return {.every = detail::overdue_passage(flow, calls),
          .at_least = detail::one_in(2 * flow.a_second * overdue.at(before)),
          .is_exact = false,
          .is_rough = 4 * flow.mean() > calls};
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
