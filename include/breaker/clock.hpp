// What a clock must be able to do, and the clocks that ship: which one to read, and what a reading
// costs.
#pragma once

#include <chrono>
#include <concepts>
#include <ctime>
#include <type_traits>

#include "breaker/base/atomic.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// Specialise to true for a clock that may be set back and that you take all the same. The circuit
/// stays safe (an open wait is never longer than the longest allowed one), but waits and windows
/// follow the clock.
template <class Clock>
inline constexpr bool accept_unsteady_clock = false;

namespace detail {

template <class T>
inline constexpr bool is_time_point = false;
template <class Clock, class Duration>
inline constexpr bool is_time_point<std::chrono::time_point<Clock, Duration>> = true;

template <class T>
concept HasNow = requires(const T& clock) { clock.now(); };

template <class T>
concept ReadsTime = HasNow<T> && requires(const T& clock) {
  { clock.now() } noexcept;
  requires is_time_point<std::remove_cvref_t<decltype(clock.now())>>;
};

}  // namespace detail

/// A clock that the circuit reads: `now()` is const (or static), noexcept, callable by any thread
/// at any time, gives a std::chrono::time_point, and never goes back (`is_steady`, or
/// accept_unsteady_clock). All std::chrono steady clocks fit.
template <class T>
concept MonotonicClock = detail::ReadsTime<T> && std::copy_constructible<T> &&
                         (T::is_steady || accept_unsteady_clock<T>);

/// The default clock: precise, and on most machines the dearest part of a time window.
using SteadyClock = std::chrono::steady_clock;

/// The kernel's coarse monotonic clock (Linux; elsewhere the steady clock): a fifth of the price,
/// up to some milliseconds behind. Right for waits and for slices of 100 ms and more; too coarse to
/// tell calls slower than a few milliseconds.
class CoarseClock {
 public:
  /// What std::chrono asks of a clock. @{
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CoarseClock>;
  static constexpr bool is_steady = true;
  /// @}

  /// **Returns** the time since some point in the past, to a tick of the kernel (1 to 10 ms).
  /// **Thread safety** any thread, signal handlers too.
  [[nodiscard]] static time_point now() noexcept {
#if defined(CLOCK_MONOTONIC_COARSE)
    std::timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time_point{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
#else
    return time_point{std::chrono::steady_clock::now().time_since_epoch()};
#endif
  }
};

/// A clock that stands until somebody sets it: an event loop reads the time once a turn, and every
/// circuit in it shares that reading for the price of a load.
/// ```
/// breaker::CachedClock::Time loop_time;  // outlives the circuits
/// breaker::CircuitBreaker circuit{config, breaker::CachedClock{loop_time}};
/// … each turn of the loop: loop_time.refresh();
/// ```
/// **Thread safety** any thread may set or read it.
class CachedClock {
 public:
  /// What std::chrono asks of a clock. @{
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<CachedClock>;
  static constexpr bool is_steady = true;
  /// @}

  /// The time that clocks share.
  class Time {
   public:
    /// Starts at the steady clock's time.
    Time() noexcept { refresh(); }
    Time(const Time&) = delete;
    Time& operator=(const Time&) = delete;

    /// Set it to the steady clock's time.
    void refresh() noexcept { set(std::chrono::steady_clock::now().time_since_epoch()); }

    /// Set it to `since_epoch`. The caller sees to it that it never goes back.
    void set(std::chrono::nanoseconds since_epoch) noexcept {
      ticks_.store(since_epoch.count(), detail::relaxed);
    }

   private:
    friend CachedClock;
    // Guards nothing else: whoever is told of a later time by a circuit sees it.
    detail::Atomic<Ticks> ticks_{0};
  };

  /// **Requires** that `time` outlives the clock and its copies.
  explicit CachedClock(const Time& time) noexcept : time_{&time} {}
  explicit CachedClock(const Time&&) = delete;  // it would dangle

  /// **Returns** the time that was set last.
  [[nodiscard]] time_point now() const noexcept {
    return time_point{duration{time_->ticks_.load(detail::relaxed)}};
  }

 private:
  const Time* time_;
};

/// Any clock behind one type, so that a service class can be tested without being a template: it
/// holds a `CircuitBreaker<AnyClock>`, takes `AnyClock clock = {}` in its constructor, and its
/// tests pass a ManualClock. A pointer and a function, trivially copyable; a reading costs an
/// indirect call more.
class AnyClock {
 public:
  /// What std::chrono asks of a clock. @{
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<AnyClock>;
  static constexpr bool is_steady = true;
  /// @}

  /// Reads the steady clock.
  constexpr AnyClock() noexcept = default;

  /// Reads `clock`. **Requires** that it outlives this clock and its copies.
  template <class Clock>
    requires(!std::same_as<Clock, AnyClock> && MonotonicClock<Clock>)
  constexpr AnyClock(const Clock& clock) noexcept
      : clock_{&clock}, read_{[](const void* self) noexcept {
          return detail::to_ticks(static_cast<const Clock*>(self)->now().time_since_epoch());
        }} {}
  template <class Clock>
    requires(!std::same_as<Clock, AnyClock> && MonotonicClock<Clock>)
  AnyClock(const Clock&&) = delete;  // it would dangle

  /// **Returns** the time of the clock behind it, in nanoseconds since that clock's epoch.
  [[nodiscard]] time_point now() const noexcept { return time_point{duration{read_(clock_)}}; }

 private:
  static Ticks read_steady(const void*) noexcept {
    return detail::to_ticks(std::chrono::steady_clock::now().time_since_epoch());
  }

  const void* clock_ = nullptr;
  Ticks (*read_)(const void*) noexcept = read_steady;
};

BREAKER_ABI_END
}  // namespace breaker
