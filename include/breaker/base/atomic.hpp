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

// The thread sanitizer knows no assembly.
#if defined(__SANITIZE_THREAD__)
#define BREAKER_SEES_NO_ASM
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BREAKER_SEES_NO_ASM
#endif
#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class T>
using Atomic = std::atomic<T>;

// Constant-initialised and without a destructor, so that reading it needs no guard and no
// allocation of ours. In a library that is loaded by dlopen, glibc itself allocates a thread's copy
// when the thread first reads it.
inline constinit thread_local unsigned own_thread_number = 0;

/// **Returns** what tells the calling thread from all others that are alive, in every copy of the library
/// that a program has loaded: an address, not 0. A thread that begins after another has ended may have
/// its key; the system orders the one after the other.
inline std::uintptr_t thread_key() noexcept {
#if defined(__linux__) && defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
#else
  return reinterpret_cast<std::uintptr_t>(&own_thread_number);
#endif
}

// Where numbers begin: a process that shares memory with others begins elsewhere. Guards nothing.
inline constinit Atomic<unsigned> first_thread_number{1};
// Who has which number: a thread with the key of an ended one has its number too, so that
// numbers stay low however many threads come and go. Guards nothing.
inline constinit Atomic<std::uintptr_t> numbered_threads[256]{};
inline constinit Atomic<unsigned> further_numbers{256};  // of those that find no place

/// **Returns** the number of the calling thread, which had none. A signal handler that comes in between
/// finds the same.
[[gnu::noinline, gnu::cold]] inline unsigned draw_thread_number() noexcept {
  const std::uintptr_t key = thread_key();
  unsigned number = first_thread_number.load(std::memory_order_relaxed);
  for (Atomic<std::uintptr_t>& place : numbered_threads) {
    std::uintptr_t has_it = place.load(std::memory_order_relaxed);
    if (has_it == key ||
        (has_it == 0 &&
         (place.compare_exchange_strong(has_it, key, std::memory_order_relaxed) || has_it == key)))
      return own_thread_number = number;
    ++number;
  }
  number = first_thread_number.load(std::memory_order_relaxed);
  return own_thread_number = number + further_numbers.fetch_add(1, std::memory_order_relaxed);
}

/// **Returns** a number for the calling thread, dense from 1.
inline unsigned thread_number() noexcept {
  return own_thread_number != 0 ? own_thread_number : draw_thread_number();
}

/// **Returns** the same, or 0 if it has not been asked for yet.
inline unsigned known_thread_number() noexcept { return own_thread_number; }

/// Add to a word that no other thread writes to, though others read it. A signal handler of this thread
/// may add, too: where one instruction can do it, it is whole to the handler, and locks nothing.
inline void add_alone(Atomic<std::uint64_t>& word, std::uint64_t by) noexcept {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(BREAKER_SEES_NO_ASM)
  asm volatile("addq %1, %0" : "+m"(word) : "er"(by) : "cc");
#else
  word.fetch_add(by, std::memory_order_relaxed);
#endif
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
