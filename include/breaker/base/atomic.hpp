// The one place where atomics, and the number of the thread, come from. A program that explores the
// library's interleavings names a header of its own in BREAKER_ATOMIC_HEADER, which defines the
// same names.
#pragma once

#include <atomic>
#include <cstdint>

#include "breaker/base/version.hpp"

#if defined(BREAKER_ATOMIC_HEADER)
#include BREAKER_ATOMIC_HEADER
#else

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class T>
using Atomic = std::atomic<T>;

// Guards nothing: it hands out numbers.
inline constinit Atomic<unsigned> last_thread_number{0};
// Constant-initialised and without a destructor, so that reading it needs no guard and no
// allocation of ours. In a library that is loaded by dlopen, glibc itself allocates a thread's copy
// when the thread first reads it. A signal handler that comes in between draws a second number:
// harmless, a number only spreads threads over stripes.
inline constinit thread_local unsigned own_thread_number = 0;

/// **Returns** a number for the calling thread, dense from 1. Numbers of ended threads are not used
/// again.
inline unsigned thread_number() noexcept {
  if (own_thread_number == 0) [[unlikely]] {
    own_thread_number = last_thread_number.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  return own_thread_number;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker

#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

static_assert(Atomic<std::uint64_t>::is_always_lock_free, "breaker needs lock-free 64-bit atomics");

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;
inline constexpr auto seq_cst = std::memory_order_seq_cst;

/// False sharing is avoided at this distance. A constant: the standard's own varies with compiler
/// flags.
inline constexpr int cache_line = 64;

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
