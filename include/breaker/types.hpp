// The values that the library speaks in. They have no behaviour; everything else may include them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "breaker/base/state.hpp"  // IWYU pragma: export
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// How a call counts.
enum class Verdict : std::uint8_t {
  success,
  failure,
  ignored,  ///< Says nothing about the dependency: neither counted nor held against it.
};

/// What became of a verdict that was given to a permit.
enum class Settled : std::uint8_t {
  counted,   ///< It acted on the circuit.
  stale,     ///< The circuit has left the stay of the call, or the recovery of the probe: it moved
             ///< nothing. A probe is stale, too, when it is more than 63 leases late.
  repeated,  ///< The permit had been settled before: this did nothing.
  unaccounted,  ///< Given while disabled, past a refusal in shadow mode, or as part of a probe:
                ///< nothing is counted there.
  refused,      ///< There was no permit: the call had been refused, or the permit was moved from.
};

/// Why a transition happened.
enum class Reason : std::uint8_t {
  none,              ///< There has been no transition yet.
  policy,            ///< closed → open: the policy's threshold was reached.
  wait_over,         ///< open → half-open: a call arrived after the wait.
  probes_succeeded,  ///< half-open → closed: `close_after` good probes.
  probes_failed,     ///< half-open → open: `reopen_after` bad probes.
  probe_lost,   ///< half-open → half-open: every slot was held for a whole lease. `why()` keeps
                ///< what it said before.
  tripped,      ///< → open, by `trip()`.
  forced_open,  ///< → forced open, by `force_open()`.
  disabled,     ///< → disabled, by `disable()`.
  reset,        ///< → closed, by `reset()`; or because shared memory held no state.
  restored,     ///< → what was saved, by `restore()`.
  reconfigured,  ///< closed → closed, by `reconfigure()`, if what was counted does not hold any more.
  classifier,    ///< closed, half-open → open, by a classifier's `Judgement::trip()`.
};

/// Why a call was refused.
enum class RejectionReason : std::uint8_t {
  open,         ///< The wait is not over.
  probes_busy,  ///< Half-open, and every probe slot is held.
  forced_open,  ///< Somebody opened the circuit by hand.
  needs_probe,  ///< Only a probe could pass, and this call must not be one (`never_probe`).
};

/// Handed to a caller whose call was refused.
struct Rejection {
  /// How long to wait before asking again: the rest of the wait when open; when forced open the
  /// longest wait that the settings allow, of `open_for` and `retry_after_max`; while probes are
  /// out, when a slot may come free at any time, a hint: 100 ms, or the first lease if that is
  /// shorter.
  std::chrono::nanoseconds retry_after;
  Generation generation;   ///< Number of the stay in which the call was refused.
  RejectionReason reason;  ///< Why.

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

/// What a policy has counted, in the current stay in the closed state: up to three numbers. What each
/// of them is, its Words say; a policy's comment too. A number that is not used is 0.
struct Numbers {
  std::uint32_t at[3] = {};  ///< The numbers.

  friend constexpr bool operator==(const Numbers&, const Numbers&) noexcept = default;
};

/// What a policy holds its numbers against, as its comment says. A limit that is not used is 0.
struct Limits {
  std::uint32_t at[4] = {};  ///< The limits.

  friend constexpr bool operator==(const Limits&, const Limits&) noexcept = default;
};

/// A policy in words: for logs, metrics, and people.
struct Words {
  /// Name of the rule, such as "failure_rate": a label of metrics.
  const char* rule = "custom";
  /// What each number counts, such as "failures"; null if it is not used.
  const char* numbers[3] = {};
  /// Writes a sentence such as "12 of 20 calls failed, 60.0 % (limit 50.0 % of at least 20 calls)" as
  /// std::snprintf does; null: there is none.
  int (*sentence)(char* into, std::size_t size, const Numbers& seen,
                  const Limits& limits) = nullptr;
};

/// The explain record: one committed transition, with the numbers that caused it. A listener gets
/// it, and `CircuitBreaker::why()` keeps the last one.
struct Transition {
  State from;     ///< The state before.
  State to;       ///< The state that it led to.
  Reason reason;  ///< Why it happened.
  /// Number of the stay that this transition began: the predecessor's plus one, modulo 2^21.
  Generation generation;
  /// The circuit's clock when it happened (time since that clock's epoch).
  std::chrono::nanoseconds at;
  /// → open: how long calls will be refused, in whole milliseconds, rounded up; otherwise 0.
  std::chrono::milliseconds open_for;
  /// closed → open by the policy: the numbers that reached the limits. Numbers above 2^28 - 1 read as
  /// that.
  Numbers numbers;
  /// closed → open by the policy: the limits that they reached. In `why()` zeros, once the policy has
  /// been given other settings.
  Limits limits;
  /// closed → open by the policy: the part of it that reached its limits, in words; else null. In `why()`
  /// null, once the policy has been given other settings.
  const Words* words;
  /// False if a later transition was being recorded while `why()` read this one: `at`, `open_for`
  /// and `numbers` are 0 then. Always true for a listener.
  bool has_numbers;

  friend bool operator==(const Transition&, const Transition&) = default;
};

/// Where a circuit stands, to be kept while its process restarts: see `CircuitBreaker::saved()`.
struct Saved {
  State state;                     ///< Half-open is kept as open without a wait.
  std::chrono::milliseconds left;  ///< Open: the rest of the wait, rounded up; else 0.
  int step;  ///< Where the backoff stands, 0 to 31; 31: opened by `trip(wait)`.

  friend bool operator==(const Saved&, const Saved&) = default;
};

/// What new settings left as it was. `CircuitBreaker::reconfigure()` answers it, and a listener's
/// `on_reconfigured` hears it.
struct Reconfigured {
  bool kept_evidence;  ///< What was counted holds under the new settings; else it begins anew.
  bool kept_wait;      ///< No open wait was cut to the new longest one.
  /// How often the circuit has taken new settings, this time included, modulo 2^16.
  std::uint16_t times;

  friend bool operator==(const Reconfigured&, const Reconfigured&) = default;
};

/// What a circuit looks like from outside. Each number is right on its own; together they are not
/// of one instant.
struct Snapshot {
  State state;            ///< The effective state, as `CircuitBreaker::state()` gives it.
  Generation generation;  ///< Number of the stay.
  /// What the policy (of several parts the first) has counted in this stay; zeros unless closed.
  Numbers numbers;
  /// Committed transitions, since construction, modulo 2^32.
  std::uint64_t transitions;
  /// Refused calls, since construction, modulo 2^64; in shadow mode those that would have been.
  std::uint64_t refused;
  std::uint32_t stale;  ///< Verdicts that came too late, since construction, modulo 2^32.
  std::uint32_t
      listener_errors;  ///< Exceptions that a listener threw, since construction, modulo 2^32.

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// One settled call, as a policy sees it.
struct Outcome {
  Verdict verdict;  ///< How it counts.
  Ticks now;        ///< When the verdict was given; 0 unless the policy's ClockUse asks for it.
  Ticks took;       ///< How long the call took; 0 unless the policy's ClockUse is `both_ends`.
};

/// When a policy or a listener needs the clock read. Each kind includes the ones before it.
enum class ClockUse : std::uint8_t {
  none,
  on_failure,  ///< When a failure is settled.
  on_settle,   ///< When any call is settled.
  both_ends,   ///< Also when the call begins: it wants to know how long a call took.
};

/// As to_string(State).
[[nodiscard]] constexpr const char* to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::success: return "success";
    case Verdict::failure: return "failure";
    case Verdict::ignored: return "ignored";
    default: return "?";
  }
}

/// As to_string(State).
[[nodiscard]] constexpr const char* to_string(Settled settled) noexcept {
  switch (settled) {
    case Settled::counted: return "counted";
    case Settled::stale: return "stale";
    case Settled::repeated: return "repeated";
    case Settled::unaccounted: return "unaccounted";
    case Settled::refused: return "refused";
    default: return "?";
  }
}

/// As to_string(State).
[[nodiscard]] constexpr const char* to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::none: return "none";
    case Reason::policy: return "policy";
    case Reason::wait_over: return "wait_over";
    case Reason::probes_succeeded: return "probes_succeeded";
    case Reason::probes_failed: return "probes_failed";
    case Reason::probe_lost: return "probe_lost";
    case Reason::tripped: return "tripped";
    case Reason::forced_open: return "forced_open";
    case Reason::disabled: return "disabled";
    case Reason::reset: return "reset";
    case Reason::restored: return "restored";
    case Reason::reconfigured: return "reconfigured";
    case Reason::classifier: return "classifier";
    default: return "?";
  }
}

/// As to_string(State).
[[nodiscard]] constexpr const char* to_string(RejectionReason reason) noexcept {
  switch (reason) {
    case RejectionReason::open: return "open";
    case RejectionReason::probes_busy: return "probes_busy";
    case RejectionReason::forced_open: return "forced_open";
    case RejectionReason::needs_probe: return "needs_probe";
    default: return "?";
  }
}

static_assert(sizeof(Rejection) == 16);

BREAKER_ABI_END
}  // namespace breaker
