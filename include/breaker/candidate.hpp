// Candidate: settings that are tried beside a live circuit, before they take the place of its own.
//
//   breaker::CircuitBreaker live{config, policy, breaker::Candidate{new_config, new_policy}};
//   …a day later:
//   breaker::CandidateCounts said = live.listener().counts();
//   if (said.candidate_only == 0) live.listener().take_over(live);
#pragma once

#include <cstdint>

#include "breaker/base/mutex.hpp"
#include "breaker/base/stripes.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/clock.hpp"
#include "breaker/config.hpp"
#include "breaker/core/core.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/ticket.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/consecutive_failures.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a candidate and the live circuit said of the same calls.
struct CandidateCounts {
  std::uint64_t agreed;          ///< Both admitted the call, or both refused it.
  std::uint64_t live_only;       ///< Only the live circuit refused it.
  std::uint64_t candidate_only;  ///< Only the candidate would have refused it.

  friend bool operator==(const CandidateCounts&, const CandidateCounts&) = default;
};

/// Settings under trial. A listener of a live circuit, or called by one, that holds a circuit of its own:
/// that one is asked about each call of the live circuit, is told how it ended, and refuses nobody.
///
/// **Blind spot** a call that the live circuit refuses has no outcome. While that is open the candidate hears
/// nothing, and its own recovery waits until a call is admitted again. And a candidate that refuses more might
/// have spared a sick service: its outcomes are those of a service that was not spared.
///
/// **Price** it hears each call when it has ended: two acquisitions a call instead of one, and a count. No success
/// of the live circuit is free any more. If the candidate's policy may count slow calls, each call is timed. It decides on a
/// call when that ends, not when it begins.
///
/// **Thread safety** any thread may use any member at any time.
template <class Policy = ConsecutiveFailures, class Clock = SteadyClock>
class Candidate {
  using Core = detail::Core<Clock, Policy, NoListener>;
  static_assert(MonotonicClock<Clock> && TripPolicy<Policy>);
  static_assert(!Core::hears_departures,
                "breaker: a candidate hears of a call when it has ended, so a policy that watches "
                "calls which are out, as Overdue, can not be tried as one");

 public:
  /// Whether it must be told how long calls took.
  static constexpr ClockUse clock_use =
      clock_use_of<Policy> == ClockUse::both_ends ? ClockUse::both_ends : ClockUse::none;

  /// `config`, `policy`: what is tried; `Config::mode` is not, it refuses nobody. `clock`: of the same time as the live
  /// circuit's. **Throws** ConfigError naming the setting that is out of its range.
  constexpr explicit Candidate(const Config& config, const Policy& policy = Policy{},
                               Clock clock = Clock{})
      : core_{enforced(config), policy, clock}, config_{config}, clock_{clock} {}
  /// Given away before it has counted, and not to be copied: the circuit tries in its own.
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): it checks the settings again
  constexpr Candidate(Candidate&& other)
      : Candidate{other.config_, other.core_.inside().policy(), other.clock_} {}

  /// What the circuit tells a listener, see TransitionListener. @{
  void on_settled(const SettledCall& call) noexcept {
    detail::Ticket ticket;
    const bool admits = core_.template acquire<true, false>(ticket);
    if (admits) {
      const Ticks began =
          clock_use == ClockUse::both_ends ? core_.inside().now() - call.took.count() : 0;
      core_.template settle<false>(detail::Ticket{ticket.stay(), began}, call.verdict);
    }
    // Past a refusal in shadow mode, within a probe, while disabled: the live circuit has not decided
    // on this call, or said so when it refused it.
    if (call.settled != Settled::unaccounted)
      stripes_.add(admits ? &Counts::agreed : &Counts::candidate_only);
  }
  void on_refused(const Rejection& /*rejection*/) noexcept {
    stripes_.add(core_.inside().would_admit(true, &core_) ? &Counts::live_only : &Counts::agreed);
  }
  /// @}

  /// **Returns** what both said so far. Each number is right on its own.
  [[nodiscard]] CandidateCounts counts() const noexcept {
    const detail::Lock lock{mutex_};
    return since(before_);
  }

  /// **Returns** the state in which the live circuit would be, see CircuitBreaker::state().
  [[nodiscard]] State state() const noexcept { return core_.inside().state(); }
  /// **Returns** its last transition, see CircuitBreaker::why().
  [[nodiscard]] Transition why() const noexcept { return core_.inside().why(); }
  /// **Returns** its state, totals and numbers, see CircuitBreaker::snapshot().
  [[nodiscard]] Snapshot snapshot() const noexcept { return core_.inside().snapshot(); }
  /// **Returns** what is tried, as it was given. @{
  [[nodiscard]] Config config() const noexcept {
    const detail::Lock lock{mutex_};
    return config_;
  }
  [[nodiscard]] Policy policy() const noexcept { return core_.inside().policy(); }
  /// @}

  /// Try other settings from now on: closed, with nothing counted. For a candidate that your own listener
  /// calls: a circuit's own copy is constant. **Throws** as the constructor; then nothing has changed.
  void replace(const Config& config, const Policy& policy) {
    const detail::Rules rules{enforced(config)};
    detail::require_policy(policy);
    const detail::Lock lock{mutex_};
    core_.reconfigure(rules, &policy);
    core_.command({detail::EventKind::reset});
    config_ = config;
    before_ = since({});
  }

  /// Give the settings under trial to `live`: to the circuit, or to a Configured. It keeps its state: an outage is
  /// not forgotten, see CircuitBreaker::reconfigure(). For a circuit of a registry, Registry::reconfigure() takes
  /// config() and policy() for its key. **Returns**, **throws** as that.
  template <class Live>
  Reconfigured take_over(Live& live) const {
    return live.reconfigure(config(), policy());
  }

 private:
  struct Counts {
    detail::StripedCount agreed{0};
    detail::StripedCount live_only{0};
    detail::StripedCount candidate_only{0};
  };

  /// **Returns** `config`, carried out: else a refusal would not be told from an admission.
  static constexpr Config enforced(Config config) {
    config.mode = Mode::enforce;
    validate(config);
    return config;
  }

  [[nodiscard]] CandidateCounts since(const CandidateCounts& before) const noexcept {
    return {stripes_.sum(&Counts::agreed) - before.agreed,
            stripes_.sum(&Counts::live_only) - before.live_only,
            stripes_.sum(&Counts::candidate_only) - before.candidate_only};
  }

  Core core_;
  detail::Stripes<Counts, 4> stripes_;
  mutable detail::Mutex mutex_;  // guards what follows
  Config config_;
  CandidateCounts before_{};  // of earlier settings
  BREAKER_NO_UNIQUE_ADDRESS Clock clock_;
};

BREAKER_ABI_END
}  // namespace breaker
