// Mutex and Lock: what holds back the few who must not write at the same time.
#pragma once

#include "breaker/base/atomic.hpp"
#include "breaker/base/keep_errno.hpp"
#include "breaker/base/version.hpp"

// Where libstdc++ has no futex (on Windows, say), its std::atomic::wait loses a wake-up: it compares
// before it takes the lock that it sleeps under, so that a thread that waits may sleep for ever.
#if defined(__GLIBCXX__) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX) && \
    !defined(BREAKER_WITHOUT_FUTEX)  // a test says so itself
#define BREAKER_WITHOUT_FUTEX
#endif
#if defined(BREAKER_WITHOUT_FUTEX)
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <new>
#endif

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

#if defined(BREAKER_WITHOUT_FUTEX)

/// Where all sleep who wait for any mutex, and what guards every mutex's state. Never destroyed: a
/// thread may wait while the program ends. In a place of its own: no lock allocates.
struct Sleepers {
  std::mutex mutex;
  std::condition_variable woken;

  static Sleepers& all() {
    alignas(Sleepers) static std::byte place[sizeof(Sleepers)];
    static Sleepers& sleepers = *::new (place) Sleepers;
    return sleepers;
  }
};

/// As below, except that all wake when one may go on: not for many waiting threads.
class Mutex {
 public:
  void lock() noexcept {
    const KeepErrno keep;  // as below
    std::unique_lock lock{Sleepers::all().mutex};
    Sleepers::all().woken.wait(lock, [this] { return !is_held_; });
    is_held_ = true;
  }
  void unlock() noexcept {
    const std::lock_guard lock{Sleepers::all().mutex};
    is_held_ = false;
    Sleepers::all().woken.notify_all();
  }

 private:
  bool is_held_ = false;
};

#else

/// A mutex in four bytes: constant-initialised, trivially destructible, sleeping (not spinning)
/// while it is held.
class Mutex {
 public:
  void lock() noexcept {
    if (take()) return;
    const KeepErrno keep;  // the kernel says there why a wait ended
    do {
      held_.wait(1, relaxed);
    } while (!take());
  }
  void unlock() noexcept {
    held_.store(0, release);
    held_.notify_one();
  }

 private:
  // Acquire: pairs with the release in unlock.
  bool take() noexcept { return held_.exchange(1, acquire) == 0; }

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

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
