// The atomics of the shipping headers, replaced: each operation is a step that the explorer may put in any order that the
// C++ memory model allows. Named in BREAKER_ATOMIC_HEADER.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "breaker/version.hpp"
#include "proof/explore/runtime.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);

 public:
  static constexpr bool is_always_lock_free = true;
  using Site = std::source_location;

  constexpr Atomic(T value = T{}) noexcept : initial_{value} {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(std::memory_order order, Site site = Site::current()) const {
    return from(explore::runtime().load(location(), order, site));
  }
  void store(T value, std::memory_order order, Site site = Site::current()) {
    explore::runtime().store(location(), to(value), order, site);
  }
  T exchange(T value, std::memory_order order, Site site = Site::current()) {
    return from(explore::runtime().modify(location(), order, site,
                                          [&](std::uint64_t) { return to(value); }));
  }
  T fetch_add(T value, std::memory_order order, Site site = Site::current()) {
    return from(explore::runtime().modify(location(), order, site, [&](std::uint64_t old) {
      return to(static_cast<T>(from(old) + value));
    }));
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, Site site = Site::current()) {
    return compare_exchange(expected, desired, success, failure, true, site);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, Site site = Site::current()) {
    return compare_exchange(expected, desired, success, failure, false, site);
  }
  void wait(T old, std::memory_order order, Site site = Site::current()) const {
    explore::runtime().wait(location(), to(old), order, site);
  }
  void notify_one() noexcept { explore::runtime().notify_one(location()); }

 private:
  static std::uint64_t to(T value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T from(std::uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  bool compare_exchange(T& expected, T desired, std::memory_order success,
                        std::memory_order failure, bool may_fail, Site site) {
    std::uint64_t current = to(expected);
    const bool done = explore::runtime().compare_exchange(location(), current, to(desired), success,
                                                          failure, may_fail, site);
    if (!done) expected = from(current);
    return done;
  }

  explore::LocationId location() const { return explore::runtime().locate(place_, to(initial_)); }

  T initial_;
  mutable explore::Place place_;
};

/// **Returns** the number of the modelled thread, from 1.
inline unsigned thread_number() noexcept { return explore::runtime().thread_number(); }
inline unsigned known_thread_number() noexcept { return thread_number(); }
inline std::uintptr_t thread_key() noexcept { return 8 * (std::uintptr_t{1} + thread_number()); }

// What is numbered by the file, see shared_memory/threads.hpp; the modelled threads have their own numbers.
inline constinit Atomic<unsigned> first_thread_number{1};
inline constinit thread_local unsigned own_thread_number = 0;

/// In two steps, so that a second writer would lose a count.
inline void add_alone(Atomic<std::uint64_t>& word, std::uint64_t by,
                      std::source_location site = std::source_location::current()) {
  word.store(word.load(std::memory_order_relaxed, site) + by, std::memory_order_relaxed, site);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
