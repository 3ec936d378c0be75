// What a scrape says of a circuit, and of a registry. How that is written out is the business of a
// sink: it has add(Series, std::int64_t value, Kind = Kind::none).
#pragma once

#include <cstdint>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/listen/counters.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/metrics/series.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/types.hpp"
#include "breaker/window/window.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What the listeners of a circuit know of its calls.
enum class Counted : std::uint8_t { nothing, calls, durations };

/// The size of a policy's window where it is a number of calls, else 0.
template <class Policy>
inline constexpr int window_calls = 0;
template <template <class> class Policy, int N>
inline constexpr int window_calls<Policy<LastCalls<N>>> = N;
template <Quorum quorum, class First, class Rest>
inline constexpr int window_calls<Combined<quorum, First, Rest>> =
    window_calls<First> > window_calls<Rest> ? window_calls<First> : window_calls<Rest>;

template <class Policy>
inline constexpr int parts_of = 1;
template <Quorum quorum, class First, class Rest>
inline constexpr int parts_of<Combined<quorum, First, Rest>> = Combined<quorum, First, Rest>::parts;

template <class Sink>
void add_state(State state, Sink& sink) {
  static constexpr std::pair<State, Kind> kinds[] = {{State::closed, Kind::closed},
                                                     {State::open, Kind::open},
                                                     {State::half_open, Kind::half_open},
                                                     {State::disabled, Kind::disabled},
                                                     {State::forced_open, Kind::forced_open}};
  for (const auto& [each, kind] : kinds) sink.add(Series::state, each == state ? 1 : 0, kind);
  sink.add(Series::state, 0, Kind::metrics_only);
}

template <class Sink>
void add_totals(const Snapshot& seen, Sink& sink) {
  sink.add(Series::refused, static_cast<std::int64_t>(seen.refused), Kind::not_permitted);
  sink.add(Series::transitions, static_cast<std::int64_t>(seen.transitions));
  sink.add(Series::stale, static_cast<std::int64_t>(seen.stale));
  sink.add(Series::listener_errors, static_cast<std::int64_t>(seen.listener_errors));
}

/// The window's numbers; those that opened the circuit while it is open.
template <class Circuit>
Evidence shown_evidence(const Circuit& circuit, const Snapshot& seen) {
  if (seen.state == State::closed) return seen.evidence;
  const Transition last = circuit.why();
  return last.reason == Reason::policy ? last.evidence : seen.evidence;
}

template <class Sink>
void add_rate(Series series, std::uint32_t part, const Evidence& evidence, const Limit& limit,
              Sink& sink) {
  const std::uint32_t calls = evidence.calls;
  if (calls == 0 || calls < static_cast<std::uint32_t>(limit.min_calls)) {
    sink.add(series, no_value);
  } else {
    sink.add(series, std::int64_t{part < calls ? part : calls} * 10'000 / calls);
  }
}

template <class Clock, class Policy, class Classifier, class Listener, class Sink>
void add_window(const CircuitBreaker<Clock, Policy, Classifier, Listener>& circuit,
                const Snapshot& seen, Sink& sink) {
  const Evidence evidence = shown_evidence(circuit, seen);
  bool counts_calls = requires(const Policy& policy) { policy.evidence(); };  // one of the user's
  bool counts_failures = counts_calls;
  int most = window_calls<Policy>;
  for (int part = 0; part < parts_of<Policy>; ++part) {
    const Limit limit = circuit.limit(part);
    switch (limit.rule) {
      case Rule::consecutive_failures:
        if (most == 0) most = limit.count;
        [[fallthrough]];
      case Rule::failure_count: counts_failures = true; break;
      case Rule::failure_rate:
        counts_failures = counts_calls = true;
        add_rate(Series::failure_rate, evidence.failures, evidence, limit, sink);
        break;
      case Rule::slow_call_rate:
        sink.add(Series::slow_calls, evidence.slow, Kind::any);
        add_rate(Series::slow_call_rate, evidence.slow, evidence, limit, sink);
        break;
      case Rule::none:
      case Rule::custom: break;
    }
  }
  const std::uint32_t failures = evidence.failures;
  if (counts_failures) sink.add(Series::buffered, failures, Kind::failed);
  if (counts_calls)
    sink.add(Series::buffered, evidence.calls > failures ? evidence.calls - failures : 0,
             Kind::successful);
  if (most != 0) sink.add(Series::max_buffered, most);
}

/// One kind of calls: how many there were, then how long they took, which may be null.
template <class Sink>
void add_kind(Kind kind, std::uint64_t calls, const CallDurations::Kind* took, Sink& sink) {
  sink.add(Series::calls_count, static_cast<std::int64_t>(calls), kind);
  if (took == nullptr) return;
  sink.add(Series::calls_sum, took->sum.count() > 0 ? took->sum.count() : 0, kind);
  sink.add(Series::calls_max, took->longest.count(), kind);
}

template <class Listener, class Sink>
Counted add_calls(const Listener& listener, Sink& sink) {
  if constexpr (requires { listener.totals().succeeded; }) {
    constexpr bool is_timed = requires { listener.durations(); };
    const CallTotals totals = listener.totals();
    CallDurations took{};
    if constexpr (is_timed) took = listener.durations();
    add_kind(Kind::successful, totals.succeeded, is_timed ? &took.succeeded : nullptr, sink);
    add_kind(Kind::failed, totals.failed, is_timed ? &took.failed : nullptr, sink);
    add_kind(Kind::ignored, totals.ignored, is_timed ? &took.ignored : nullptr, sink);
    return is_timed ? Counted::durations : Counted::calls;
  } else {
    return Counted::nothing;
  }
}

/// Of several listeners the first that counts calls.
template <class... Each, class Sink>
Counted add_calls(const Listeners<Each...>& listeners, Sink& sink) {
  Counted counted = Counted::nothing;
  static_cast<void>(
      ((counted = add_calls(listeners.template get<Each>(), sink), counted != Counted::nothing) ||
       ...));
  return counted;
}

/// Every series of a circuit. **Returns** what is known of its calls.
template <class Circuit, class Sink>
Counted add_circuit(const Circuit& circuit, Sink& sink) {
  const Snapshot seen = circuit.snapshot();
  add_state(seen.state, sink);
  add_totals(seen, sink);
  add_window(circuit, seen, sink);
  return add_calls(circuit.listener(), sink);
}

/// What a registry says of itself.
template <class Registry, class Sink>
void add_registry(const Registry& registry, Sink& sink) {
  sink.add(Series::registry_size, static_cast<std::int64_t>(registry.size()));
  sink.add(Series::registry_made, static_cast<std::int64_t>(registry.made()));
  sink.add(Series::registry_capacity, static_cast<std::int64_t>(registry.capacity()));
  sink.add(Series::registry_overflowed, static_cast<std::int64_t>(registry.overflowed()));
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
