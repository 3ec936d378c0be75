// Lower: a limit of which a share is enough.
#pragma once

#include <cstdint>

#include "breaker/base/ratio.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// **Returns** `share` of a limit, rounded up: at least 2, so that no single call trips, unless the
/// limit is below that. **Requires** a share, see Ratio::is_share(), and a limit of 1 or more.
constexpr std::uint32_t lower_limit(std::uint32_t limit, Ratio share) noexcept {
  const auto whole = static_cast<std::uint64_t>(share.whole());
  const std::uint64_t part = std::uint64_t{limit} * static_cast<std::uint64_t>(share.part());
  const std::uint64_t lower = (part + whole - 1) / whole;
  const std::uint64_t least = limit < 2 ? limit : 2;
  return static_cast<std::uint32_t>(lower < least ? least : lower);
}

/// **Returns** the same of a score to which a failure adds `step`: more than that, so that no single call
/// trips, unless the limit is below.
constexpr std::uint32_t lower_score(std::uint32_t limit, std::uint32_t step, Ratio share) noexcept {
  const std::uint32_t lower = detail::lower_limit(limit, share);
  const std::uint32_t least = limit <= step ? limit : step + 1;
  return lower < least ? least : lower;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
