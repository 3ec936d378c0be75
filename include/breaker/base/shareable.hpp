// is_shareable: whether a thing means the same in every process that maps the memory it lies in.
#pragma once

#include <type_traits>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

/// The same of a part that the library brings, and that has members.
template <class T>
inline constexpr bool is_marked_shareable = false;

}  // namespace detail

/// Whether a part of a circuit may lie in memory that processes share: it has no pointer, no reference,
/// no lock, and nothing else that means something in one process only. Nobody can see that from
/// outside, so whoever writes a part with members says so:
/// ```
/// template <>
/// inline constexpr bool breaker::is_shareable<MyPolicy> = true;
/// ```
/// For a policy it speaks of its `Evidence`, too. What has no members and no destructor is shareable.
/// Of what the library brings, these are not: AnyClock, CachedClock, ManualClock, Overdue. A policy whose
/// evidence is plain, so that the library puts a lock around it, is not, whatever this says: a process
/// that is killed would keep the lock for ever.
template <class T>
inline constexpr bool is_shareable =
    detail::is_marked_shareable<T> || (std::is_empty_v<T> && std::is_trivially_destructible_v<T>);

BREAKER_ABI_END
}  // namespace breaker
