// Configured: a circuit together with its Config as it was given, for who shows it or compares it.
//
//   breaker::Configured quotes{breaker::Config{.open_for = 30s}, breaker::ConsecutiveFailures{5}};
//   Price price = quotes->call([&] { return fetch(); });
//   quotes.reconfigure(from_file(), quotes->policy());
//   log(quotes.config().probes);
//
// A circuit alone keeps its settings packed: it could not give them back to the nanosecond.
#pragma once

#include <cstdint>
#include <utility>

#include "breaker/base/mutex.hpp"
#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/config.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// A circuit with its Config. Change settings through this, not through the circuit. Its policy the
/// circuit gives back itself: `configured->policy()`.
///
/// **Thread safety** any thread may use any member at any time.
template <class Circuit>
class Configured {
 public:
  /// The policy of the circuit.
  using Policy = decltype(std::declval<const Circuit&>().policy());

  /// As CircuitBreaker: what it takes and throws.
  template <class... Parts>
  constexpr explicit Configured(const Config& config, Parts&&... parts)
      : circuit_{config, std::forward<Parts>(parts)...}, config_{config} {}

  Configured(const Configured&) = delete;
  Configured& operator=(const Configured&) = delete;

  /// **Returns** the circuit. @{
  [[nodiscard]] Circuit& operator*() noexcept { return circuit_; }
  [[nodiscard]] const Circuit& operator*() const noexcept { return circuit_; }
  [[nodiscard]] Circuit* operator->() noexcept { return &circuit_; }
  [[nodiscard]] const Circuit* operator->() const noexcept { return &circuit_; }
  /// @}

  /// **Returns** the Config in force, as it was given. While another thread changes it: the one
  /// before or the one after. Waits for a thread that is storing one.
  [[nodiscard]] Config config() const noexcept {
    const detail::Lock lock{mutex_};
    return config_;
  }

  /// As CircuitBreaker::reconfigure(). @{
  Reconfigured reconfigure(const Config& config) {
    return kept(config, circuit_.reconfigure(config));
  }
  Reconfigured reconfigure(const Config& config, const Policy& policy) {
    return kept(config, circuit_.reconfigure(config, policy));
  }
  /// @}

 private:
  /// Keep `config`, unless a later one is kept already.
  Reconfigured kept(const Config& config, const Reconfigured& answer) noexcept {
    const detail::Lock lock{mutex_};
    if (static_cast<std::int16_t>(answer.times - times_) > 0) {
      config_ = config;
      times_ = answer.times;
    }
    return answer;
  }

  Circuit circuit_;
  mutable detail::Mutex mutex_;  // guards what follows; held while it is copied
  Config config_;
  std::uint16_t times_ = 0;  // which change of the settings it came with
};

template <class... Parts>
Configured(Config, Parts...)
    -> Configured<decltype(CircuitBreaker{std::declval<Config>(), std::declval<Parts>()...})>;

BREAKER_ABI_END
}  // namespace breaker
