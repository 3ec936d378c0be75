// TransitionLog: a listener for tests that remembers every transition.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Remembers every transition, in the order in which they were told. Copies share the memory: the
/// test keeps one, the circuit another.
/// **Thread safety** any thread may use any member.
class TransitionLog {
 public:
  /// Starts empty.
  TransitionLog() : shared_{std::make_shared<Shared>()} {}

  /// What the circuit tells a listener, see TransitionListener. **Throws** std::bad_alloc.
  void operator()(const Transition& transition) {
    const std::lock_guard<std::mutex> lock{shared_->mutex};
    shared_->transitions.push_back(transition);
  }

  /// **Returns** a copy of what was told so far.
  [[nodiscard]] std::vector<Transition> transitions() const {
    const std::lock_guard<std::mutex> lock{shared_->mutex};
    return shared_->transitions;
  }

  /// **Returns** how many were told so far.
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard<std::mutex> lock{shared_->mutex};
    return shared_->transitions.size();
  }

  /// **Returns** the last transition. **Requires** that there is one.
  [[nodiscard]] Transition last() const {
    const std::lock_guard<std::mutex> lock{shared_->mutex};
    return shared_->transitions.back();
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::vector<Transition> transitions;  // guarded by mutex
  };
  std::shared_ptr<Shared> shared_;
};

BREAKER_ABI_END
}  // namespace breaker
