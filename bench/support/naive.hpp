// What a service has instead: the breaker of the tutorials, and windows behind a lock. Written as
// well as their kind allows.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <mutex>

namespace bench::naive {

/// The tutorial's: a mutex around state and counter, taken before the call and after it.
class Tutorial {
 public:
  template <class Fn>
  int call(const Fn& fn) {
    {
      const std::lock_guard lock{mutex_};
      if (open_) {
        if (std::chrono::steady_clock::now() < retry_at_) return -1;
        open_ = false;  // half-open in all but name
      }
    }
    try {
      const int answer = fn();
      answer < 0 ? on_failure() : on_success();
      return answer;
    } catch (...) {
      on_failure();
      throw;
    }
  }

  void trip() {
    const std::lock_guard lock{mutex_};
    open();
  }

 private:
  void on_success() {
    const std::lock_guard lock{mutex_};
    failures_ = 0;
  }
  void on_failure() {
    const std::lock_guard lock{mutex_};
    if (++failures_ >= 1'000'000'000) open();
  }
  void open() {
    open_ = true;
    retry_at_ = std::chrono::steady_clock::now() + std::chrono::hours{1};
  }

  std::mutex mutex_;
  bool open_ = false;
  int failures_ = 0;
  std::chrono::steady_clock::time_point retry_at_;
};

/// A lock that spins, looking before it leaps.
class SpinLock {
 public:
  void lock() noexcept {
    while (held_.exchange(true, std::memory_order_acquire)) {
      while (held_.load(std::memory_order_relaxed)) __builtin_ia32_pause();
    }
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

/// Admits by one load and locks once, to record in a `Window`: better than most do.
template <class Window, class Mutex>
class Locked {
 public:
  template <class Fn>
  int call(const Fn& fn) {
    if (open_.load(std::memory_order_acquire)) return -1;
    const int answer = fn();
    const std::lock_guard lock{mutex_};
    if (window_.record(answer < 0)) open_.store(true, std::memory_order_release);
    return answer;
  }

 private:
  std::atomic<bool> open_{false};
  Mutex mutex_;
  Window window_;
};

/// The last 100 calls in a ring, with a running count.
class Ring {
 public:
  bool record(bool failed) {
    failures_ += static_cast<int>(failed) - static_cast<int>(failed_[next_]);
    failed_[next_] = failed;
    if (++next_ == 100) {
      next_ = 0;
      full_ = true;
    }
    return failed && full_ && failures_ >= 100;
  }

 private:
  bool failed_[100]{};
  int next_ = 0;
  int failures_ = 0;
  bool full_ = false;
};

/// The calls of the last while in a deque, with a running count. The while is short, so that a
/// sample sees the steady state, in which each call also drops one; a longer one would only cost
/// this window more memory.
template <class Clock>
class Deque {
 public:
  bool record(bool failed) {
    const auto now = Clock::now();
    while (!calls_.empty() && now - calls_.front().at > std::chrono::milliseconds{5}) {
      failures_ -= static_cast<std::size_t>(calls_.front().failed);
      calls_.pop_front();
    }
    calls_.push_back({now, failed});
    failures_ += static_cast<std::size_t>(failed);
    return failed && calls_.size() >= 20 && failures_ >= calls_.size();
  }

 private:
  struct Call {
    typename Clock::time_point at;
    bool failed;
  };
  std::deque<Call> calls_;
  std::size_t failures_ = 0;
};

}  // namespace bench::naive
