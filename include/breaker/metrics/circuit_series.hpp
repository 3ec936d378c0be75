// What a scrape says of a circuit, and of a registry. How that is written out is the business of a
// sink: it has add(Series, std::int64_t value, Kind = Kind::none), add_labelled(Series, labels, value), and
// add_bucket(Kind, bound, calls, exemplar).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/listen/counters.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/metrics/series.hpp"
#include "breaker/policy/protocol.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// What the listeners of a circuit know of its calls.
enum class Counted : std::uint8_t { nothing, calls, durations };

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

/// What part number `part` has counted; while the circuit is open, what opened it.
template <class Circuit>
Numbers shown_numbers(const Circuit& circuit, const Transition& last, int part) {
  if (last.to != State::closed && last.reason == Reason::policy)
    return last.words == &circuit.words(part) ? last.numbers : Numbers{};
  return circuit.numbers(part);
}

/// A rate of a closed circuit that has too few calls is -1, as resilience4j has it. One that is not
/// closed, and was not opened by this rate or has forgotten it, has none.
template <class Sink>
void add_rate(Series series, const Numbers& numbers, const Limits& limits, bool is_closed,
              Sink& sink) {
  const auto [part, calls, unused] = numbers.at;
  if (calls == 0 || calls < limits.at[2]) {
    if (is_closed) sink.add(series, no_value);
  } else {
    sink.add(series, std::int64_t{part < calls ? part : calls} * 10'000 / calls);
  }
}

/// **Returns** whether a policy counts failures. Its calls are those that they are among.
inline bool counts_failures(const Words& words) noexcept {
  return std::any_of(std::begin(words.numbers), std::end(words.numbers), [](const char* name) {
    return name != nullptr && std::string_view{name} == "failures";
  });
}

/// What the parts of a policy that count failures have counted under the names that have series of
/// their own.
struct Buffered {
  std::int64_t failures = no_value;
  std::int64_t calls = no_value;

  /// Put a number to its name. **Returns** whether it has one here.
  bool take(std::string_view name, std::uint32_t number) {
    std::int64_t* const place = name == "failures" ? &failures : name == "calls" ? &calls : nullptr;
    if (place != nullptr && number > *place) *place = number;
    return place != nullptr;
  }
};

template <class Circuit, class Sink>
void add_part(const Circuit& circuit, const Transition& last, int part, Buffered& buffered,
              Sink& sink) {
  const Words& words = circuit.words(part);
  const Numbers numbers = detail::shown_numbers(circuit, last, part);
  const std::string_view rule = words.rule;
  const bool is_closed = last.to == State::closed;
  if (rule == "failure_rate")
    detail::add_rate(Series::failure_rate, numbers, circuit.limits(part), is_closed, sink);
  if (rule == "slow_call_rate") {
    sink.add(Series::slow_calls, numbers.at[0], Kind::any);
    detail::add_rate(Series::slow_call_rate, numbers, circuit.limits(part), is_closed, sink);
  }
  for (std::size_t i = 0; i < std::size(words.numbers); ++i) {
    const char* const name = words.numbers[i];
    if (name == nullptr || (counts_failures(words) && buffered.take(name, numbers.at[i]))) continue;
    if (rule != "slow_call_rate")
      sink.add_labelled(Series::numbers, {{"rule", words.rule}, {"number", name}}, numbers.at[i]);
  }
}

/// **Returns** whether the rule of part number `part` is that of an earlier part, too.
template <class Circuit>
bool is_repeated(const Circuit& circuit, int part) {
  const std::string_view rule = circuit.words(part).rule;
  for (int earlier = 0; earlier < part; ++earlier)
    if (circuit.words(earlier).rule == rule) return true;
  return false;
}

template <class Circuit, class Sink>
void add_window(const Circuit& circuit, Sink& sink) {
  const Transition last = circuit.why();
  Buffered buffered;
  std::uint32_t most = 0;
  for (int part = 0; part < circuit.part_count; ++part) {
    // A page must not have two samples of one series with the same labels.
    if (!detail::is_repeated(circuit, part)) detail::add_part(circuit, last, part, buffered, sink);
    most = (std::max)(most, detail::window_calls_of(circuit.policy(), part));
  }
  const std::int64_t failures = buffered.failures;
  if (failures != no_value) sink.add(Series::buffered, failures, Kind::failed);
  if (buffered.calls != no_value)
    sink.add(Series::buffered, (std::max<std::int64_t>)(buffered.calls - failures, 0),
             Kind::successful);
  if (most != 0) sink.add(Series::max_buffered, most);
}

/// One kind of calls: how many there were, then how long they took, which may be null.
template <class Sink>
void add_kind(Kind kind, std::uint64_t calls, const CallDurations::Kind* took, Sink& sink) {
  sink.add(Series::calls_count, static_cast<std::int64_t>(calls), kind);
  if (took != nullptr)
    sink.add(Series::calls_sum, took->sum.count() > 0 ? took->sum.count() : 0, kind);
}

template <class Listener, class Sink>
Counted add_calls(const Listener& listener, Sink& sink) {
  if constexpr (requires { listener.totals().succeeded; }) {
    constexpr bool is_timed = requires { listener.durations(); };
    const CallTotals totals = listener.totals();
    CallDurations took{};
    if constexpr (is_timed) took = listener.durations();
    detail::add_kind(Kind::successful, totals.succeeded, is_timed ? &took.succeeded : nullptr,
                     sink);
    detail::add_kind(Kind::failed, totals.failed, is_timed ? &took.failed : nullptr, sink);
    detail::add_kind(Kind::ignored, totals.ignored, is_timed ? &took.ignored : nullptr, sink);
    return is_timed ? Counted::durations : Counted::calls;
  } else {
    return Counted::nothing;
  }
}

/// Of several listeners the first that counts calls.
template <class... Each, class Sink>
Counted add_calls(const Listeners<Each...>& listeners, Sink& sink) {
  Counted counted = Counted::nothing;
  static_cast<void>(((counted = detail::add_calls(listeners.template get<Each>(), sink),
                      counted != Counted::nothing) ||
                     ...));
  return counted;
}

/// What a listener that counts durations, or reasons, has counted.
template <class Listener, class Sink>
void add_histogram(const Listener& listener, Sink& sink) {
  for (const auto& [verdict, kind] :
       {std::pair{Verdict::success, Kind::successful}, std::pair{Verdict::failure, Kind::failed},
        std::pair{Verdict::ignored, Kind::ignored}}) {
    const auto counts = listener.counts(verdict);
    std::int64_t calls = 0;
    for (std::size_t i = 0; i < Listener::size; ++i) {
      calls += static_cast<std::int64_t>(counts.in[i]);
      sink.add_bucket(kind, Listener::bound(i), calls, counts.last[i]);
    }
    sink.add(Series::durations_count, calls, kind);
    sink.add(Series::durations_sum, counts.sum.count() > 0 ? counts.sum.count() : 0, kind);
  }
}
template <class Listener, class Sink>
void add_reasons(const Listener& listener, Sink& sink) {
  // Those that every circuit may have are there from the start, so that the first is an increase.
  static constexpr std::pair<State, Reason> always[] = {{State::open, Reason::policy},
                                                        {State::half_open, Reason::wait_over},
                                                        {State::half_open, Reason::probe_lost},
                                                        {State::closed, Reason::probes_succeeded},
                                                        {State::open, Reason::probes_failed}};
  for (int to = 0; to <= static_cast<int>(State::disabled); ++to) {
    for (int why = 0; why <= static_cast<int>(Reason::classifier); ++why) {
      const std::pair each{static_cast<State>(to), static_cast<Reason>(why)};
      const std::uint64_t count = listener.count(each.first, each.second);
      if (count > 0 || std::find(std::begin(always), std::end(always), each) != std::end(always))
        sink.add_labelled(Series::reasons,
                          {{"to", to_string(each.first)}, {"reason", to_string(each.second)}},
                          static_cast<std::int64_t>(count));
    }
  }
}
template <class Listener, class Sink>
void add_more([[maybe_unused]] const Listener& listener, [[maybe_unused]] Sink& sink) {
  if constexpr (requires { Listener::bound(0); }) detail::add_histogram(listener, sink);
  if constexpr (requires { listener.count(State::open, Reason::policy); })
    detail::add_reasons(listener, sink);
}
template <class... Each, class Sink>
void add_more(const Listeners<Each...>& listeners, Sink& sink) {
  (detail::add_more(listeners.template get<Each>(), sink), ...);
}

template <class Circuit>
bool is_advised(const Circuit& circuit) {
  if constexpr (requires { circuit.is_advised(); }) {
    return circuit.is_advised();  // one of a registry
  } else {
    return Peek::is_advised(circuit);
  }
}

/// Every series of a circuit. **Returns** what is known of its calls.
template <class Circuit, class Sink>
Counted add_circuit(const Circuit& circuit, Sink& sink) {
  const Snapshot seen = circuit.snapshot();
  detail::add_state(seen.state, sink);
  detail::add_totals(seen, sink);
  detail::add_window(circuit, sink);
  if constexpr (requires { circuit.policy().under_advice(); })
    sink.add(Series::advised, detail::is_advised(circuit) ? 1 : 0);
  detail::add_more(circuit.listener(), sink);
  return detail::add_calls(circuit.listener(), sink);
}

/// What a registry says of itself.
template <class Registry, class Sink>
void add_registry(const Registry& registry, Sink& sink) {
  const auto add = [&sink](Series series, auto value, Kind kind = Kind::none) {
    sink.add(series, static_cast<std::int64_t>(value), kind);
  };
  if constexpr (requires { registry.size(); }) add(Series::registry_size, registry.size());
  if constexpr (requires { registry.capacity(); })
    add(Series::registry_capacity, registry.capacity());
  if constexpr (requires { registry.summary(); }) {
    const auto sum = registry.summary();
    add(Series::registry_circuits, sum.closed, Kind::closed);
    add(Series::registry_circuits, sum.open, Kind::open);
    add(Series::registry_circuits, sum.half_open, Kind::half_open);
    add(Series::registry_circuits, sum.disabled, Kind::disabled);
    add(Series::registry_circuits, sum.forced_open, Kind::forced_open);
    add(Series::registry_refused, sum.refused);
    add(Series::registry_transitions, sum.transitions);
    add(Series::registry_evicted, registry.evicted());
    add(Series::registry_late, registry.late());
    add(Series::registry_held_back, registry.held_back());
  }
  add(Series::registry_made, registry.made());
  add(Series::registry_overflowed, registry.overflowed());
}

/// What an agent says of a fleet.
template <class OfAgent, class Sink>
void add_fleet(const OfAgent& status, Sink& sink) {
  sink.add(Series::fleet_store_up, status.is_store_up ? 1 : 0);
  sink.add(Series::fleet_verdicts, static_cast<std::int64_t>(status.verdicts));
  sink.add(Series::fleet_commands, static_cast<std::int64_t>(status.commands));
  sink.add(Series::fleet_votes, static_cast<std::int64_t>(status.votes));
  sink.add(Series::fleet_late, static_cast<std::int64_t>(status.late));
  sink.add(Series::fleet_failures, static_cast<std::int64_t>(status.failures));
  sink.add(Series::fleet_messages, static_cast<std::int64_t>(status.messages));
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
