// The atomics of the shipping headers, as large as they are, but each operation is written down for the core that is said
// to be running. Named in BREAKER_ATOMIC_HEADER. One thread plays all cores.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "breaker/version.hpp"

namespace traffic {

enum class Kind : std::uint8_t { load, store, locked };

struct Access {
  std::uintptr_t address;
  Kind kind;
};

inline unsigned core = 0;            // that is running
inline std::vector<Access> written;  // what it did since this was emptied

}  // namespace traffic

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

template <class T>
class Atomic : std::atomic<T> {
  using Base = std::atomic<T>;
  using Order = std::memory_order;

 public:
  using Base::Base;
  using Base::is_always_lock_free;
  using Base::notify_one;
  using Base::wait;

  T load(Order order) const noexcept {
    note(traffic::Kind::load);
    return Base::load(order);
  }
  void store(T value, Order order) noexcept {
    // x86 locks for the strongest.
    note(order == std::memory_order_seq_cst ? traffic::Kind::locked : traffic::Kind::store);
    Base::store(value, order);
  }
  T exchange(T value, Order order) noexcept {
    note(traffic::Kind::locked);
    return Base::exchange(value, order);
  }
  T fetch_add(T value, Order order) noexcept {
    note(traffic::Kind::locked);
    return Base::fetch_add(value, order);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
    note(traffic::Kind::locked);
    return Base::compare_exchange_strong(expected, desired, success, failure);
  }

  /// As add_alone() does: no lock.
  void add_unlocked(T by) noexcept {
    note(traffic::Kind::store);
    Base::store(Base::load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

 private:
  void note(traffic::Kind kind) const {
    traffic::written.push_back({reinterpret_cast<std::uintptr_t>(this), kind});
  }
};

/// **Returns** the number of the core, from 1.
inline unsigned thread_number() noexcept { return traffic::core + 1; }
inline unsigned known_thread_number() noexcept { return thread_number(); }
inline std::uintptr_t thread_key() noexcept { return 8 * std::uintptr_t{thread_number()}; }

inline void add_alone(Atomic<std::uint64_t>& word, std::uint64_t by) noexcept {
  word.add_unlocked(by);
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
