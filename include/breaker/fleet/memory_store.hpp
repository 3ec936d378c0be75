// MemoryStore: a store in this process, for tests and simulations.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/fleet/next.hpp"
#include "breaker/fleet/protocol.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace fleet {

class MemoryStore;

/// What a server is to a fleet, in this process: all MemoryStores made with one hub speak to each other.
/// **Thread safety** any thread may use any member.
class MemoryHub {
 public:
  /// `clock`: gives the hub's time, in milliseconds, to which nobody else's clock needs to agree.
  /// Default: that of the system.
  explicit MemoryHub(std::function<Milliseconds()> clock = system_time)
      : clock_{std::move(clock)} {}
  MemoryHub(const MemoryHub&) = delete;
  MemoryHub& operator=(const MemoryHub&) = delete;
  /// **Requires** that no store of it is left.
  ~MemoryHub() = default;

  /// Nothing is carried out, and nothing told, until it is set up again; all that was said is forgotten.
  /// A hub is up at first.
  void set_up(bool is_up) {
    const std::lock_guard<std::mutex> lock{mutex_};
    if (is_up_ != is_up) ++changes_;
    is_up_ = is_up;
    if (!is_up) entries_.clear();
  }

  /// **Returns** how many commands were carried out since construction, late ones included.
  [[nodiscard]] std::uint64_t commands() const {
    const std::lock_guard<std::mutex> lock{mutex_};
    return commands_;
  }

 private:
  friend MemoryStore;

  static Milliseconds system_time() {
    return static_cast<Milliseconds>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::system_clock::now().time_since_epoch())
                                         .count());
  }

  Answer carry_out(std::string_view circuit, const Request& request);

  const std::function<Milliseconds()> clock_;
  mutable std::mutex mutex_;
  std::condition_variable told_;
  bool is_up_ = true;  // this, and the rest, guarded by mutex_
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<MemoryStore*> stores_;
  std::uint64_t commands_ = 0;
  std::uint64_t changes_ = 0;  // of being up
};

/// One agent's connection to a hub. Models Store.
class MemoryStore {
 public:
  /// **Requires** that `hub` outlives it.
  explicit MemoryStore(MemoryHub& hub) : hub_{hub} {
    const std::lock_guard<std::mutex> lock{hub_.mutex_};
    hub_.stores_.push_back(this);
  }
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;
  ~MemoryStore() {
    const std::lock_guard<std::mutex> lock{hub_.mutex_};
    std::erase(hub_.stores_, this);
  }

  /// As next(), under the hub's lock.
  Answer exchange(std::string_view circuit, const Request& request) noexcept {
    const std::lock_guard<std::mutex> lock{hub_.mutex_};
    return hub_.is_up_ ? hub_.carry_out(circuit, request) : Answer{};
  }

  /// Waits in real time.
  Heard wait(std::chrono::milliseconds most, Message& message) noexcept {
    std::unique_lock<std::mutex> lock{hub_.mutex_};
    if (messages_.empty() && most.count() > 0)
      hub_.told_.wait_for(lock, most, [&] { return !messages_.empty(); });
    if (std::exchange(changes_, hub_.changes_) != hub_.changes_) {
      messages_.clear();
      return Heard::lost;
    }
    if (messages_.empty()) return Heard::nothing;
    message = std::move(messages_.front());
    messages_.pop_front();
    return Heard::message;
  }

 private:
  friend MemoryHub;

  MemoryHub& hub_;
  // Guarded by the hub's mutex.
  std::deque<Message> messages_;
  std::uint64_t changes_ = 0;  // of the hub, that it knows of
};

inline Answer MemoryHub::carry_out(std::string_view circuit, const Request& request) {
  ++commands_;
  auto entry = entries_.find(circuit);
  if (entry == entries_.end()) entry = entries_.emplace(circuit, Entry{}).first;
  const Step step = next(entry->second, request, clock_());
  if (entry->second.is_empty()) entries_.erase(entry);
  if (step.tells) {
    for (MemoryStore* const store : stores_)
      store->messages_.push_back(
          {std::string{circuit}, step.answer.bad_for > 0, step.answer.epoch, step.answer.bad_for});
    told_.notify_all();
  }
  return step.answer;
}

}  // namespace fleet
BREAKER_ABI_END
}  // namespace breaker
