// Reconfigure: puts new settings in place of the old ones, while calls go on.
#pragma once

#include <cstdint>

#include "breaker/base/atomic.hpp"
#include "breaker/base/mutex.hpp"
#include "breaker/base/stay_id.hpp"
#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/core/machine.hpp"
#include "breaker/core/milliseconds.hpp"
#include "breaker/core/record.hpp"
#include "breaker/core/rules.hpp"
#include "breaker/core/word.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Carry out `event`, which is done by hand. **Returns** its transition, to be told when no lock is
/// held; the reason is `none` if there was none. `word` is the circuit's word, then the one after
/// it.
template <class Inside>
Transition carry_out(Inside& inside, Word& word, const Event& event) noexcept {
  for (;;) {
    const Ticks time = inside.now();  // after the word was read, see Machine
    const Machine::Attempt attempt = inside.machine.template try_once<true>(word, event, time);
    if (attempt.is_overtaken) continue;
    if (!attempt.is_transition()) return {};
    inside.keep(attempt, time, {});
    return transition_of(attempt.from, attempt.step, time, {});
  }
}

/// **Returns** the longest wait that may be left under new `rules`: the longest configured one, or, if
/// answers asked for the wait that is on, as long as they may ask for.
inline Milliseconds longest_wait_under(const Rules& rules, const Machine& machine) noexcept {
  // Relaxed: whether the opening is kept yet, its generation tells.
  const StayId stay = StayId::of(machine.word.load(relaxed));
  Record::Cause cause{};
  const Transition last = machine.last.load(0, cause);
  const bool is_asked =
      last.generation == stay.generation() &&
      last.open_for.count() > static_cast<Ticks>(machine.rules().wait(stay.step()));
  return is_asked ? rules.gate().longest_wait() : rules.max_wait();
}

/// A closed circuit begins a new stay, in which nothing is counted. **Returns** as carry_out().
template <class Inside>
Transition begin_anew(Inside& inside) noexcept {
  Word word = inside.machine.word.load(acquire);
  return detail::carry_out(inside, word, {EventKind::clear_evidence});
}

/// What new settings changed, to be told when no lock is held.
struct Applied {
  Reconfigured kept{};
  Transition cleared[2] = {};  // of the evidence, if there was one
};

/// Take new settings. `new_policy`: null, if the policy stays. **Requires** that they are valid.
template <class Inside, class Policy>
Applied apply(Inside& inside, const Rules& rules, const Policy* new_policy) noexcept {
  Machine& machine = inside.machine;
  Applied applied;
  auto& [kept, cleared] = applied;
  const Lock lock{machine.reconfiguring};
  const auto now = [&inside] { return inside.now(); };
  const Milliseconds most = machine.gate().longest_wait();
  const Event fits{EventKind::fit, {}, longest_wait_under(rules, machine), most};
  const Event fits_again{EventKind::fit, {}, rules.gate().longest_wait(), most};
  const std::uint16_t version = machine.version.load(relaxed);
  const Policy before = inside.policy();
  const Policy policy = new_policy != nullptr ? *new_policy : before;
  kept.kept_evidence = detail::keeps(policy, before);
  // A wait is cut, and evidence cleared, before the new settings can judge them; and once more for
  // what happened meanwhile.
  kept.kept_wait = !machine.fit(fits, now);
  if constexpr (requires { inside.evidence.adopt(policy); }) inside.evidence.adopt(policy);
  if (!kept.kept_evidence) cleared[0] = detail::begin_anew(inside);
  inside.policies.prepare(policy, machine.version);
  machine.publish(rules);
  if (policy == before) machine.last.renumber(version, machine.version.load(relaxed));
  kept.kept_wait = !machine.fit(fits_again, now) && kept.kept_wait;
  if (!kept.kept_evidence && inside.has_counted()) cleared[1] = detail::begin_anew(inside);
  kept.times = machine.version.load(relaxed);
  return applied;
}

/// Tell what they changed.
template <class Inside>
void tell(Inside& inside, const Applied& applied) noexcept {
  ErrorCount& errors = inside.machine.listener_errors;
  for (const Transition& transition : applied.cleared) {
    if (transition.reason != Reason::none)
      detail::tell_transition(inside.listener, errors, transition);
  }
  detail::tell_reconfigured(inside.listener, errors, applied.kept);
}

/// Both.
template <class Inside, class Policy>
Reconfigured reconfigure(Inside& inside, const Rules& rules, const Policy* new_policy) noexcept {
  const Applied applied = detail::apply(inside, rules, new_policy);
  detail::tell(inside, applied);
  return applied.kept;
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
