// Config: what a circuit breaker itself needs to know. Each field is checked, by name, before
// anything is built.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "breaker/base/config_error.hpp"
#include "breaker/base/duration.hpp"
#include "breaker/base/ratio.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

namespace detail {

constexpr void require_wait(Duration wait, const char* field) {
  require_setting(wait.ticks() > 0 && wait.ticks() <= longest_wait, field, wait.ticks(),
                  "more than 0 and at most 2^34 ms (in ns)");
}

constexpr void require_count(int value, const char* field) {
  require_setting(value >= 1 && value <= 63, field, value, "1 to 63");
}

}  // namespace detail

/// What each wait of a Backoff is multiplied by: `2`, `1.5`, or a Ratio that is known at run time only.
/// Kept in hundredths, cut.
class Factor {
 public:
  /// `value` as it is, or rounded to hundredths. Range: checked where it is used. @{
  constexpr Factor(int whole) noexcept : value_{whole, 1} {}
  constexpr Factor(Ratio value) noexcept : value_{value} {}
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative, and lround is not for constants
  consteval Factor(double value) : value_{static_cast<int>(value * 100 + 0.5), 100} {}
  /// @}

  /// **Returns** it in hundredths, cut. One that is below 0 or not a number gives 0.
  [[nodiscard]] constexpr long long hundredths() const noexcept {
    return value_.part() < 0 || value_.whole() <= 0 ? 0 : 100LL * value_.part() / value_.whole();
  }

  /// **Returns** whether both are the same in hundredths.
  friend constexpr bool operator==(const Factor& one, const Factor& other) noexcept {
    return one.hundredths() == other.hundredths();
  }

 private:
  Ratio value_;
};

/// An open wait that grows each time the probes fail: first, first × factor, first × factor², … up
/// to max. A circuit that trips again before it was closed for as long as its last wait goes on where
/// it was; else it begins with first again.
struct Backoff {
  /// The first wait. Unit: any std::chrono duration, rounded up to whole milliseconds. Range: above 0,
  /// up to 2^34 ms.
  Duration first;
  /// What each further wait is multiplied by, rounded up to whole milliseconds. Range: 1 to 100.
  /// Default: 2. Grows over at most 30 reopenings.
  Factor factor = 2;
  /// No wait is longer. Rounded up to whole milliseconds. Range: from `first` up to 2^34 ms. Default:
  /// not given, the larger of `first` and 5 min.
  Duration max = {};
  /// Each wait is shortened by a random part of it, up to this share, so that a fleet does not
  /// probe in step. Drawn once per opening. Kept in thousandths, cut. Range: 0 to 1. Default: none.
  Ratio jitter = {0, 1};
  /// Seed of the jitter. 0: each breaker differs. Any other value: the waits follow from seed,
  /// generation and time alone, for tests. Default: 0.
  std::uint16_t seed = 0;

  friend constexpr bool operator==(const Backoff&, const Backoff&) noexcept = default;
};

/// How long an open circuit waits: a fixed duration, or a Backoff.
class OpenWait {
 public:
  /// Every wait is `fixed`. Range: see Config::open_for.
  template <class Rep, class Period>
  constexpr OpenWait(std::chrono::duration<Rep, Period> fixed) noexcept
      : backoff_{.first = fixed, .factor = 1, .max = fixed} {}

  /// Waits grow. Ranges: see Backoff.
  constexpr OpenWait(Backoff growing) noexcept : backoff_{growing} {
    if (!backoff_.max.is_given()) {
      const Duration usual = std::chrono::minutes{5};
      backoff_.max = backoff_.first.ticks() > usual.ticks() ? backoff_.first : usual;
    }
  }

  /// Refuses, with a sentence, a number without a unit.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  constexpr OpenWait(Number /*wait*/) {
    static_assert(!std::is_arithmetic_v<Number>, "breaker: a wait has a unit: open_for = 30s");
  }

  /// **Returns** the waits as a Backoff with its `max` filled in; a fixed one has factor 1.
  [[nodiscard]] constexpr const Backoff& backoff() const noexcept { return backoff_; }

  friend constexpr bool operator==(const OpenWait&, const OpenWait&) noexcept = default;

 private:
  Backoff backoff_;
};

/// Whether refusals are carried out.
enum class Mode : std::uint8_t {
  /// A call without a permit does not run.
  enforce,
  /// The whole machine runs, but no call is refused; `Snapshot::refused` counts what would have
  /// been.
  shadow,
};

/// Settings of a circuit. The defaults are `{.open_for = 30s, .probes = 1}` and what follows from
/// it.
struct Config {
  /// `close_after`: as many as there are probes.
  static constexpr int as_probes = (std::numeric_limits<int>::min)();

  /// How long an open circuit refuses calls before it lets a probe through: a duration or a
  /// Backoff. Kept to the millisecond, rounded up: never early, less than 2 ms late. Range: above 0,
  /// up to 2^34 ms (198 days). Default: 30 s.
  OpenWait open_for = std::chrono::seconds{30};
  /// How many probes may hold a slot at a time, at most. Range: 1 to 63. Default: 1.
  int probes = 1;
  /// How many good probes close the circuit. Range: 1 to 63. Default: as `probes`.
  int close_after = as_probes;
  /// How many bad probes reopen it. Range: 1 to 63. Default: 1.
  int reopen_after = 1;
  /// How long a probe may stay unsettled before it loses its slot: when every slot is held and the
  /// last was granted a lease ago, the next call becomes a further probe. The probes that lost their
  /// slots still count when they answer. Each further lease of one recovery is twice as long as the
  /// one before, as far as the longest open wait allows. A probe that answers more than 63 leases late
  /// is stale. Kept to a 16th of itself: a lease may end that much early; after 31 idle leases one more
  /// may pass. Range: above 0, up to 2^34 ms. Default: the
  /// first open wait.
  Duration probe_lease = {};
  /// Whether half-open begins with one probe at a time and allows one more with each good answer, up
  /// to `probes`. Default: no, all at once.
  bool slow_start = false;
  /// Caps the wait that a verdict may ask for (HTTP `Retry-After`), and is what a rejection says
  /// while the circuit is forced open. Range: above 0, up to 2^34 ms. Default: 5 min.
  Duration retry_after_max = std::chrono::minutes{5};
  /// Whether refusals are carried out. Default: enforce.
  Mode mode = Mode::enforce;

  friend constexpr bool operator==(const Config&, const Config&) noexcept = default;
};

/// Check `config` at run time.
/// **Throws** ConfigError naming the first field that is out of its range. **Complexity** constant.
constexpr void validate(const Config& config) {
  const Backoff& wait = config.open_for.backoff();
  detail::require_wait(wait.first, "Config.open_for");
  const long long factor = wait.factor.hundredths();
  detail::require_setting(factor >= 100 && factor <= 10'000, "Config.open_for.factor", factor,
                          "1 to 100 (shown: in hundredths)");
  detail::require_wait(wait.max, "Config.open_for.max");
  detail::require_setting(wait.max.ticks() >= wait.first.ticks(), "Config.open_for.max",
                          wait.max.ticks(), "no less than Config.open_for.first (in ns)");
  detail::require_setting(wait.jitter.part() >= 0 && wait.jitter.part() <= wait.jitter.whole() &&
                              wait.jitter.whole() > 0,
                          "Config.open_for.jitter", wait.jitter.part(),
                          "a share from 0 to 1 (shown: its numerator)");
  detail::require_count(config.probes, "Config.probes");
  if (config.close_after != Config::as_probes)
    detail::require_count(config.close_after, "Config.close_after");
  detail::require_count(config.reopen_after, "Config.reopen_after");
  if (config.probe_lease.is_given()) detail::require_wait(config.probe_lease, "Config.probe_lease");
  detail::require_wait(config.retry_after_max, "Config.retry_after_max");
  detail::require_setting(config.mode == Mode::enforce || config.mode == Mode::shadow,
                          "Config.mode", static_cast<int>(config.mode), "enforce or shadow");
}

/// Check a config at compile time: `constexpr Config config = checked({.open_for = 30s, .probes =
/// 3});`
/// **Returns** it unchanged. A field out of its range does not compile; the error names field and
/// rule.
[[nodiscard]] consteval Config checked(Config config) {
  validate(config);
  return config;
}

BREAKER_ABI_END
}  // namespace breaker
