// The one place where atomics, and the number of the thread, come from. A program that explores the
// library's interleavings names a header of its own in BREAKER_ATOMIC_HEADER, which defines the
// same names.
#pragma once

#include <atomic>
#include <cstdint>

#include "breaker/version.hpp"

#if defined(BREAKER_ATOMIC_HEADER)
#include BREAKER_ATOMIC_HEADER
#else

namespace breaker::inline BREAKER_ABI::detail {

template <class T>
using Atomic = std::atomic<T>;

// Guards nothing: it hands out numbers.
inline constinit Atomic<unsigned> last_thread_number{0};
// Constant-initialised and without a destructor, so that reading it needs no guard and no
// allocation of ours. In a library that is loaded by dlopen, glibc itself allocates a thread's copy
// when the thread first reads it. A signal handler that comes in between draws a second number: harmless, a number only
// spreads threads over stripes.
inline constinit thread_local unsigned own_thread_number = 0;

/// **Returns** a number for the calling thread, dense from 1. Numbers of ended threads are not used
/// again.
inline unsigned thread_number() noexcept {
  if (own_thread_number == 0) [[unlikely]] {
    own_thread_number = last_thread_number.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  return own_thread_number;
}

}  // namespace breaker::inline BREAKER_ABI::detail

#endif

namespace breaker::inline BREAKER_ABI::detail {

static_assert(Atomic<std::uint64_t>::is_always_lock_free, "breaker needs lock-free 64-bit atomics");

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto seq_cst = std::memory_order_seq_cst;

/// False sharing is avoided at this distance. A constant: the standard's own varies with compiler
/// flags.
inline constexpr int cache_line = 64;

/// Bits Low to High of a 64-bit word.
template <int Low, int High>
struct Bits {
  static constexpr int width = High - Low + 1;
  static constexpr std::uint64_t max =
      width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (width % 64)) - 1;
  static constexpr std::uint64_t mask = max << Low;

  static constexpr std::uint64_t get(std::uint64_t word) noexcept { return (word >> Low) & max; }
  /// **Returns** a word with only these bits, `value` modulo their width.
  static constexpr std::uint64_t put(std::uint64_t value) noexcept { return (value & max) << Low; }
  static constexpr std::uint64_t replace(std::uint64_t word, std::uint64_t value) noexcept {
    return (word & ~mask) | put(value);
  }
};

}  // namespace breaker::inline BREAKER_ABI::detail
