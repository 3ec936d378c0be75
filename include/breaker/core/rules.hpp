// Rules: a Config as the core uses it, packed into three words. What a call that arrives is judged
// by is one of them, the Gate, so that it is read at once.
#pragma once

#include <cstdint>

#include "breaker/base/bits.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/config.hpp"
#include "breaker/core/milliseconds.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What decides whether a call that arrives is admitted.
class Gate {
 public:
  /// **Requires** a valid config.
  constexpr explicit Gate(const Config& config) noexcept
      : Gate{config, config.open_for.backoff(),
             (config.probe_lease.is_given() ? config.probe_lease : config.open_for.backoff().first)
                 .ticks()} {}
  constexpr explicit Gate(std::uint64_t bits) noexcept : bits_{bits} {}
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }

  /// **Returns** the longest of all waits but one by hand.
  [[nodiscard]] constexpr Milliseconds longest_wait() const noexcept { return Longest::get(bits_); }
  [[nodiscard]] constexpr bool is_shadow() const noexcept { return Shadow::get(bits_) != 0; }

  /// **Returns** how many probes may hold a slot once `good` have answered well.
  [[nodiscard]] constexpr std::uint64_t slot_count(std::uint64_t good) const noexcept {
    const std::uint64_t probes = Probes::get(bits_);
    return SlowStart::get(bits_) != 0 && good + 1 < probes ? good + 1 : probes;
  }

  /// **Returns** the time `now` in units of a lease. Each renewal doubles the unit, as far as the
  /// longest open wait allows.
  [[nodiscard]] constexpr std::uint64_t lease_stamp(Ticks now,
                                                    std::uint64_t renewals) const noexcept {
    const std::uint64_t most = Doublings::get(bits_);
    return static_cast<std::uint64_t>(now >>
                                      (lease_shift() + (renewals < most ? renewals : most)) % 64);
  }
  /// **Returns** how many of those units make a lease.
  [[nodiscard]] constexpr std::uint64_t lease_units() const noexcept {
    return LeaseUnits::get(bits_);
  }
  /// **Returns** when to ask again while probes are out, as a slot may come free at any time: the first
  /// lease, or 100 ms if that is shorter.
  [[nodiscard]] constexpr Ticks hint() const noexcept {
    const auto lease = static_cast<Ticks>(LeaseUnits::get(bits_) << lease_shift() % 64);
    return lease < longest_hint ? lease : longest_hint;
  }

 private:
  using Longest = Bits<0, 34>;
  using Probes = Bits<35, 40>;
  using LeaseUnits = Bits<41, 46>;  // 32 to 63, or a shorter lease's ns
  using LeaseShift = Bits<47, 52>;  // a unit is 2^shift ns
  using Doublings = Bits<53, 58>;
  using SlowStart = Bits<59, 59>;
  using Shadow = Bits<63, 63>;

  constexpr Gate(const Config& config, const Backoff& wait, Ticks lease) noexcept
      : bits_{Longest::put(in_milliseconds(wait.max.ticks() > config.retry_after_max.ticks()
                                               ? wait.max
                                               : config.retry_after_max)) |
              Probes::put(static_cast<std::uint64_t>(config.probes)) |
              LeaseUnits::put(static_cast<std::uint64_t>(lease) >> doublings(fewest_units, lease)) |
              LeaseShift::put(doublings(fewest_units, lease)) |
              Doublings::put(doublings(lease, wait.max.ticks())) |
              SlowStart::put(config.slow_start ? 1 : 0) |
              Shadow::put(config.mode == Mode::shadow ? 1 : 0)} {}

  static constexpr Ticks longest_hint = 100 * millisecond;

  // What is above the field falls out of the shift.
  [[nodiscard]] constexpr std::uint64_t lease_shift() const noexcept { return bits_ >> 47; }

  // The cut of a lease and of a grant's time are less than a 16th together.
  static constexpr Ticks fewest_units = 32;

  /// **Returns** how often `value` can be doubled without passing `limit`.
  static constexpr std::uint64_t doublings(Ticks value, Ticks limit) noexcept {
    std::uint64_t times = 0;
    while (limit >> (times + 1) >= value) ++times;
    return times;
  }

  std::uint64_t bits_;
};

/// A Config, packed.
class Rules {
 public:
  /// **Requires** a valid config.
  constexpr explicit Rules(const Config& config) noexcept
      : Rules{config, config.open_for.backoff()} {}

  [[nodiscard]] constexpr Gate gate() const noexcept { return Gate{words_[0]}; }

  /// **Returns** the wait of the opening with this step, without jitter.
  [[nodiscard, gnu::noinline, gnu::cold]] constexpr Milliseconds wait(
      std::uint64_t step) const noexcept {
    const Milliseconds most = max_wait();
    Milliseconds wait = First::get(words_[1]);
    for (std::uint64_t i = 0; i < step && wait < most; ++i)
      wait = (wait * Hundredths::get(words_[1]) + 99) / 100;
    return wait < most ? wait : most;
  }

  /// **Returns** the longest configured wait.
  [[nodiscard]] constexpr Milliseconds max_wait() const noexcept {
    return AskedIsLonger::get(words_[2]) != 0 ? Shorter::get(words_[2]) : gate().longest_wait();
  }

  /// **Returns** the most that jitter may cut off a wait.
  [[nodiscard]] constexpr Milliseconds most_jitter(Milliseconds wait) const noexcept {
    return wait * Jitter::get(words_[1]) / 1000;
  }
  [[nodiscard]] constexpr std::uint64_t seed() const noexcept { return Seed::get(words_[2]); }

  [[nodiscard]] constexpr Milliseconds retry_after_max() const noexcept {
    return AskedIsLonger::get(words_[2]) != 0 ? gate().longest_wait() : Shorter::get(words_[2]);
  }
  [[nodiscard]] constexpr std::uint64_t close_after() const noexcept {
    return CloseAfter::get(words_[2]);
  }
  [[nodiscard]] constexpr std::uint64_t reopen_after() const noexcept {
    return ReopenAfter::get(words_[2]);
  }

  friend constexpr bool operator==(const Rules&, const Rules&) noexcept = default;

 private:
  using First = Bits<0, 34>;
  using Hundredths = Bits<35, 48>;  // the factor
  using Jitter = Bits<49, 58>;      // in thousandths

  // Of the longest open wait and retry_after_max; the gate has the other.
  using Shorter = Bits<0, 34>;
  using AskedIsLonger = Bits<35, 35>;
  using CloseAfter = Bits<36, 41>;
  using ReopenAfter = Bits<42, 47>;
  using Seed = Bits<48, 63>;

  constexpr Rules(const Config& config, const Backoff& wait) noexcept
      : words_{
            Gate{config}.bits(),
            First::put(in_milliseconds(wait.first)) |
                Hundredths::put(static_cast<std::uint64_t>(wait.factor.hundredths())) |
                Jitter::put(1000 * static_cast<std::uint64_t>(wait.jitter.part()) /
                            static_cast<std::uint64_t>(wait.jitter.whole())),
            Shorter::put(in_milliseconds(asks_longer(config) ? wait.max : config.retry_after_max)) |
                AskedIsLonger::put(asks_longer(config) ? 1 : 0) |
                CloseAfter::put(static_cast<std::uint64_t>(
                    config.close_after == Config::as_probes ? config.probes : config.close_after)) |
                ReopenAfter::put(static_cast<std::uint64_t>(config.reopen_after)) |
                Seed::put(wait.seed)} {}

  static constexpr bool asks_longer(const Config& config) noexcept {
    return config.retry_after_max.ticks() > config.open_for.backoff().max.ticks();
  }

  std::uint64_t words_[3];
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
