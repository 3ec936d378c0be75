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

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
