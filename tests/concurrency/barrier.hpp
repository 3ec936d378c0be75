// std::barrier, on every system: that of libstdc++ 12 for Windows loses a wake-up, and a program that
// does nothing but meet at one hangs.
#pragma once

#include <cstddef>
#include <utility>

#if defined(__MINGW32__)
#include <condition_variable>
#include <mutex>
#else
#include <barrier>
#endif

struct NoCompletion {
  void operator()() const noexcept {}
};

/// Where `threads` threads wait for each other, again and again; the last one runs `completion`
/// before any goes on.
template <class Completion = NoCompletion>
class Barrier {
 public:
#if defined(__MINGW32__)
  explicit Barrier(std::ptrdiff_t threads, Completion completion = {})
      : threads_{threads}, missing_{threads}, completion_{std::move(completion)} {}

  void arrive_and_wait() {
    std::unique_lock lock{mutex_};
    const unsigned round = round_;
    if (--missing_ > 0) {
      next_round_.wait(lock, [&] { return round_ != round; });
      return;
    }
    completion_();
    missing_ = threads_;
    ++round_;
    next_round_.notify_all();
  }

 private:
  const std::ptrdiff_t threads_;
  std::ptrdiff_t missing_;  // guarded by mutex_, as what follows
  unsigned round_ = 0;
  Completion completion_;
  std::mutex mutex_;
  std::condition_variable next_round_;
#else
  explicit Barrier(std::ptrdiff_t threads, Completion completion = {})
      : barrier_{threads, std::move(completion)} {}

  void arrive_and_wait() { barrier_.arrive_and_wait(); }

 private:
  std::barrier<Completion> barrier_;
#endif
};
