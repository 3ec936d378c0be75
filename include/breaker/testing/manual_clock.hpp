// ManualClock: a clock for tests that moves only when told.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "breaker/base/duration.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A clock that stands still until a test moves it. Copies share the time: the test keeps one, the
/// circuit another.
/// ```
/// breaker::ManualClock clock;
/// breaker::CircuitBreaker circuit{breaker::Config{}, breaker::ConsecutiveFailures{1}, clock};
/// circuit.try_acquire().failure();
/// clock.advance(29s);
/// CHECK_FALSE(circuit.try_acquire());
/// clock.advance(1s);
/// CHECK(circuit.try_acquire());  // the probe
/// ```
/// **Thread safety** any thread may move or read it; each move is atomic.
class ManualClock {
 public:
  /// What std::chrono asks of a clock. @{
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ManualClock>;
  static constexpr bool is_steady = true;  // it is the test's business to move it back
  /// @}

  /// Starts at time 0.
  ManualClock() : ticks_{std::make_shared<std::atomic<Ticks>>(0)} {}

  /// Shares the time, also where it is moved from: that goes on. @{
  ManualClock(const ManualClock&) = default;
  ManualClock& operator=(const ManualClock&) = default;
  /// @}

  /// **Returns** the time to which it was moved last.
  [[nodiscard]] time_point now() const noexcept {
    return time_point{duration{ticks_->load(std::memory_order_relaxed)}};
  }

  /// Move it by `time`, which may be negative: to test a clock that goes back. Saturates.
  void advance(Duration time) noexcept {
    Ticks current = ticks_->load(std::memory_order_relaxed);
    while (!ticks_->compare_exchange_weak(current, detail::saturating_add(current, time.ticks()),
                                          std::memory_order_relaxed)) {
    }
  }

  /// Set it to `since_epoch`.
  void set(Duration since_epoch) noexcept {
    ticks_->store(since_epoch.ticks(), std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<std::atomic<Ticks>> ticks_;
};

BREAKER_ABI_END
}  // namespace breaker
