// Mutex and Lock: what holds back the few who must not write at the same time.
#pragma once

#include "breaker/detail/atomic.hpp"
#include "breaker/version.hpp"

// Where libstdc++ has no futex (on Windows, say), its std::atomic::wait loses a wake-up: it compares
// before it takes the lock that it sleeps under, so that who waits may sleep for ever.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX) && \
    !defined(BREAKER_WITHOUT_FUTEX)  // a test says so itself
#define BREAKER_WITHOUT_FUTEX
#endif
#if defined(BREAKER_WITHOUT_FUTEX)
#include <condition_variable>
#include <mutex>
#endif

namespace breaker::inline BREAKER_ABI::detail {

#if defined(BREAKER_WITHOUT_FUTEX)

/// Where all sleep who wait for any mutex. Made when the first does, and never destroyed: a thread
/// may wait while the program ends.
struct Sleepers {
  std::mutex mutex;
  std::condition_variable woken;

  static Sleepers& all() {
    static Sleepers& sleepers = *new Sleepers;
    return sleepers;
  }
};

/// As below.
class Mutex {
 public:
  void lock() noexcept {
    // Acquire, here and below: pairs with the release in unlock.
    int free = 0;
    if (held_.compare_exchange_strong(free, held, acquire, relaxed)) return;
    Sleepers& sleepers = Sleepers::all();
    std::unique_lock lock{sleepers.mutex};
    while (held_.exchange(held_and_awaited, acquire) != 0) sleepers.woken.wait(lock);
  }
  void unlock() noexcept {
    if (held_.exchange(0, release) != held_and_awaited) return;
    Sleepers& sleepers = Sleepers::all();
    const std::lock_guard lock{sleepers.mutex};  // who set it to awaited sleeps by now
    sleepers.woken.notify_all();
  }

 private:
  static constexpr int held = 1;
  static constexpr int held_and_awaited = 2;
  Atomic<int> held_{0};
};

#else

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

#endif

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
