// The service's database: a few connections, and a switch that makes every query hang.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "story.hpp"

namespace demo {

class Database {
 public:
  explicit Database(const Story& story) : story_{story}, free_connections_{story.connections} {}

  /// Run a query: wait for a connection, then for the answer.
  /// **Returns** whether it was answered; false if either took longer than its limit.
  bool query() {
    std::unique_lock lock{mutex_};
    if (!changed_.wait_for(lock, story_.connection_limit, [&] { return free_connections_ > 0; }))
      return false;
    --free_connections_;
    const bool is_answered =
        changed_.wait_for(lock, story_.query_limit, [&] { return !is_stuck_; });
    if (is_answered) {
      lock.unlock();
      std::this_thread::sleep_for(story_.query_takes);
      lock.lock();
    }
    ++free_connections_;
    changed_.notify_all();
    return is_answered;
  }

  void set_stuck(bool stuck) {
    const std::lock_guard lock{mutex_};
    is_stuck_ = stuck;
    changed_.notify_all();
  }

  [[nodiscard]] bool is_stuck() const {
    const std::lock_guard lock{mutex_};
    return is_stuck_;
  }

 private:
  const Story story_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int free_connections_;   // guarded by mutex_
  bool is_stuck_ = false;  // guarded by mutex_
};

}  // namespace demo
