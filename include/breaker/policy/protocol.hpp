// What a policy must be able to do, in each of its three forms.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/types.hpp"
#include "breaker/window/stay.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What a policy found when it was asked.
struct Finding {
  bool at_threshold = false;  ///< It stands at its threshold or above.
  int part = 0;               ///< Which part of a combined policy found this, counted from 0.
  Evidence evidence = {0, 0, 0};
};

/// A trip policy of your own. It decides "trip now?" from verdicts and time, and knows nothing of
/// states, permits or clocks. Two functions: `record` books one settled call (never an ignored one)
/// and returns whether it stands at its threshold; its answer is heeded after a failure, or after
/// what its `is_bad` says; `clear` forgets everything. Neither throws. It is sequential: the
/// library puts a mutex around it (Synchronized), so it must not call the circuit. A copy may start
/// with or without evidence: it is cleared before its first record.
///
/// Optional members: `static constexpr ClockUse clock_use` (default on_settle: `Outcome::now` is
/// set, `took` is 0), `bool is_bad(const Outcome&) const` (default: a failure is), `Evidence
/// evidence() const`, `Limit limit() const`.
template <class T>
concept TripPolicy = std::copy_constructible<T> && requires(T policy, const Outcome& outcome) {
  { policy.record(outcome) } noexcept -> std::same_as<bool>;
  { policy.clear() } noexcept;
};

/// A trip policy that any number of threads may use at a time, without a lock around it. It keeps
/// its evidence by stay: `record` first makes sure that what it adds to belongs to this stay, and
/// answers false, recording nothing, when that stay is over. `ask` says how the policy stands; of
/// two threads that ask after recording, at least one sees both calls. With a non-null `finding`,
/// `record` asks as well, and its answer includes the call just recorded. `is_bad`: the call is
/// worth asking about, and as a probe it is a bad one. `parts`: how many parts the policy has; the
/// `part` of a limit is below that.
///
/// Optional members, told by their names: `bool is_clean(StayId id) const noexcept`: a success
/// in the stay `id` would change nothing, so it need not be recorded; `void begin(const Stay&) noexcept`: a stay, in any state, has
/// begun.
template <class T>
concept ConcurrentPolicy =
    std::copy_constructible<T> &&
    requires(T policy, const T& shared, const Outcome& outcome, const Stay& stay, Finding* finding,
             Ticks now, int part) {
      { policy.record(outcome, stay, finding) } noexcept -> std::same_as<bool>;
      { policy.ask(now, stay) } noexcept -> std::same_as<Finding>;
      { shared.is_bad(outcome) } noexcept -> std::same_as<bool>;
      { shared.evidence(now, stay) } noexcept -> std::same_as<Evidence>;
      { shared.limit(part) } noexcept -> std::same_as<Limit>;
      requires std::same_as<std::remove_cvref_t<decltype(T::clock_use)>, ClockUse>;
      requires std::convertible_to<decltype(T::parts), int>;
    };

/// A trip policy whose whole evidence is a number below 2^24. It lives in the circuit's own state
/// word, so that counting and tripping are one compare-exchange. `after` is the number after one
/// more verdict; 0 is no evidence, and a success leaves it so.
template <class T>
concept WordPolicy =
    std::copy_constructible<T> && requires(const T& policy, std::uint64_t held, Verdict verdict) {
      { policy.after(held, verdict) } noexcept -> std::same_as<std::uint64_t>;
      { policy.trips_at(held) } noexcept -> std::same_as<bool>;
      { policy.evidence_of(held) } noexcept -> std::same_as<Evidence>;
      { policy.limit() } noexcept -> std::same_as<Limit>;
    };

/// Any of the three kinds.
template <class T>
concept AnyPolicy = TripPolicy<T> || ConcurrentPolicy<T> || WordPolicy<T>;

BREAKER_ABI_END
}  // namespace breaker
