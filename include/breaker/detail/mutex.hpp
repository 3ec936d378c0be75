// Mutex and Lock: what holds back the few who must not write at the same time.
#pragma once

#include "breaker/detail/atomic.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::detail {

/// A mutex in four bytes: constant-initialised, trivially destructible, sleeping (not spinning)
/// while it is held.
class Mutex {
 public:
  void lock() noexcept {
    // Acquire: pairs with the release in unlock.
    while (held_.exchange(1, acquire) != 0) held_.wait(1, relaxed);
  }
  void unlock() noexcept {
    held_.store(0, release);
    held_.notify_one();
  }

 private:
  Atomic<int> held_{0};
};

class Lock {
 public:
  explicit Lock(Mutex& mutex) noexcept : mutex_{mutex} { mutex_.lock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

}  // namespace breaker::inline BREAKER_ABI::detail
