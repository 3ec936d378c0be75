// Prometheus: circuits as a page in the text exposition format, under the names that resilience4j
// uses, so that dashboards and alerts made for those work.
//
//   server.Get("/metrics", [&](const auto&, auto& response) {
//     response.set_content(breaker::prometheus_page(circuits), breaker::prometheus_content_type);
//   });
//
// The page is written when it is asked for, so circuits that a registry makes later are on it. With
// the prefix "resilience4j_circuitbreaker" before each:
//
//   series                                labels           from
//   _state                                name, state      1 for the state the next caller meets, 0
//                                                          for the others
//   _not_permitted_calls_total            name, kind       refused calls
//   _transitions_total                    name             changes of state: two for each flap
//   _stale_calls_total                    name             verdicts that came too late to count
//   _listener_errors_total                name             exceptions that listeners threw
//   _buffered_calls                       name, kind       the policy's window: failed; successful where
//                                                          a rate is judged
//   _max_buffered_calls                   name             last_calls<N>(): N; failures in a row: how
//                                                          many trip
//   _failure_rate, _slow_call_rate        name             percent, -1 below the minimum of calls; where
//                                                          the policy judges that rate
//   _slow_calls                           name, kind       slow calls in the window, kind "any"
//   _calls_seconds_count                  name, kind       settled calls; needs Counters or TimedCounters
//   _calls_seconds_sum, _calls_seconds_max name, kind      how long they took; needs TimedCounters
//   _registry_size, _registry_made,       group            of a registry
//   _registry_capacity, _registry_overflowed_total
//
// kind: successful, failed, ignored. state: closed, open, half_open, disabled, forced_open,
// metrics_only (always 0). While a circuit that its policy opened is open, window and rates show the
// numbers that opened it. The longest duration is since construction.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/circuit_breaker.hpp"
#include "breaker/counters.hpp"
#include "breaker/detail/prometheus_text.hpp"
#include "breaker/listener.hpp"
#include "breaker/policy/any_of.hpp"
#include "breaker/types.hpp"
#include "breaker/version.hpp"
#include "breaker/window/window.hpp"

namespace breaker::inline BREAKER_ABI {

/// What to say in `Content-Type`.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

namespace detail {

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

/// Call `use` with `listener` if it counts calls, or with the first of several that does.
template <class Listener, class Use>
bool with_counters(const Listener& listener, const Use& use) {
  if constexpr (requires { listener.totals().succeeded; }) use(listener);
  return requires { listener.totals().succeeded; };
}
template <class... Each, class Use>
bool with_counters(const Listeners<Each...>& listeners, const Use& use) {
  return (with_counters(listeners.template get<Each>(), use) || ...);
}

}  // namespace detail

/// A page, made anew for each scrape: add circuits and registries, then take the text.
/// **Thread safety** none; the circuits may be used by any thread meanwhile.
class PrometheusPage {
 public:
  /// `prefix`: what each series' name begins with: letters, digits, `_` and `:`.
  explicit PrometheusPage(std::string_view prefix = "resilience4j_circuitbreaker")
      : text_{prefix} {}

  /// Add one circuit. `name`: any text, on this page given once (for each `group`). What UTF-8 has no
  /// place for is written as \xNN. `group`: one more label, left out when empty.
  template <class Clock, class Policy, class Classifier, class Listener>
  PrometheusPage& add(std::string_view name,
                      const CircuitBreaker<Clock, Policy, Classifier, Listener>& circuit,
                      std::string_view group = {}) {
    text_.set_labels({{"name", name}, {"group", group}});
    const Snapshot seen = circuit.snapshot();
    write_state(seen.state);
    text_.add(Series::refused, seen.refused, R"(kind="not_permitted")");
    text_.add(Series::transitions, seen.transitions);
    text_.add(Series::stale, seen.stale);
    text_.add(Series::listener_errors, seen.listener_errors);
    write_window(circuit, seen);
    const bool counts = detail::with_counters(
        circuit.listener(), [this](const auto& counters) { this->write_counters(counters); });
    if (!counts) text_.note_uncounted(name);
    return *this;
  }

  /// Add every circuit of a registry, its overflow circuit, and what it says of itself. `group`: tells
  /// the keys of several registries on one page apart.
  template <class Registry>
    requires requires(const Registry& registry) { registry.overflow_key(); }
  PrometheusPage& add(const Registry& registry, std::string_view group = {}) {
    add(registry.overflow_key(), registry.overflow(), group);
    text_.reserve(registry.size() + registry.size() / 2 + 1);  // keys are longer than that one's
    registry.for_each([&](std::string_view key, const auto& circuit) { add(key, circuit, group); });
    text_.set_labels({{"group", group}});
    text_.add(Series::registry_size, registry.size());
    text_.add(Series::registry_made, registry.made());
    text_.add(Series::registry_capacity, registry.capacity());
    text_.add(Series::registry_overflowed, registry.overflowed());
    return *this;
  }

  /// **Returns** the page: every series once, with help and type, and comments that say which circuits
  /// lack which series.
  [[nodiscard]] std::string text() const { return text_.page(); }

 private:
  using Series = detail::Series;

  void write_state(State state) {
    static constexpr std::pair<State, const char*> labels[] = {
        {State::closed, R"(state="closed")"},
        {State::open, R"(state="open")"},
        {State::half_open, R"(state="half_open")"},
        {State::disabled, R"(state="disabled")"},
        {State::forced_open, R"(state="forced_open")"}};
    for (const auto& [each, label] : labels)
      text_.add(Series::state, each == state ? 1U : 0U, label);
    text_.add(Series::state, 0U, R"(state="metrics_only")");
  }

  template <class Clock, class Policy, class Classifier, class Listener>
  void write_window(const CircuitBreaker<Clock, Policy, Classifier, Listener>& circuit,
                    const Snapshot& seen) {
    const Evidence evidence = evidence_of(circuit, seen);
    bool counts_calls = requires(const Policy& policy) { policy.evidence(); };  // one of the user's
    bool counts_failures = counts_calls;
    int most = detail::window_calls<Policy>;
    for (int part = 0; part < detail::parts_of<Policy>; ++part) {
      const Limit limit = circuit.limit(part);
      switch (limit.rule) {
        case Rule::consecutive_failures:
          if (most == 0) most = limit.count;
          [[fallthrough]];
        case Rule::failure_count: counts_failures = true; break;
        case Rule::failure_rate:
          counts_failures = counts_calls = true;
          write_rate(Series::failure_rate, evidence.failures, evidence.calls, limit.min_calls);
          break;
        case Rule::slow_call_rate:
          text_.add(Series::slow_calls, evidence.slow, R"(kind="any")");
          write_rate(Series::slow_call_rate, evidence.slow, evidence.calls, limit.min_calls);
          break;
        case Rule::none:
        case Rule::custom: break;
      }
    }
    if (counts_failures) text_.add(Series::buffered, evidence.failures, R"(kind="failed")");
    if (counts_calls) {
      const std::uint32_t good =
          evidence.calls > evidence.failures ? evidence.calls - evidence.failures : 0;
      text_.add(Series::buffered, good, R"(kind="successful")");
    }
    if (most != 0) text_.add(Series::max_buffered, static_cast<unsigned>(most));
  }

  /// The window's numbers; those that opened the circuit while it is open.
  template <class Circuit>
  static Evidence evidence_of(const Circuit& circuit, const Snapshot& seen) {
    if (seen.state == State::closed) return seen.evidence;
    const Transition last = circuit.why();
    return last.reason == Reason::policy ? last.evidence : seen.evidence;
  }

  void write_rate(Series series, std::uint32_t part, std::uint32_t calls, int min_calls) {
    if (calls == 0 || calls < static_cast<std::uint32_t>(min_calls)) {
      text_.add_text(series, "-1");
    } else {
      text_.add_fraction(series, std::uint64_t{part < calls ? part : calls} * 10'000 / calls, 2);
    }
  }

  template <class Counters>
  void write_counters(const Counters& counters) {
    const CallTotals totals = counters.totals();
    text_.add(Series::calls_count, totals.succeeded, R"(kind="successful")");
    text_.add(Series::calls_count, totals.failed, R"(kind="failed")");
    text_.add(Series::calls_count, totals.ignored, R"(kind="ignored")");
    if constexpr (requires { counters.durations(); }) {
      const CallDurations durations = counters.durations();
      write_durations(R"(kind="successful")", durations.succeeded);
      write_durations(R"(kind="failed")", durations.failed);
      write_durations(R"(kind="ignored")", durations.ignored);
    } else {
      text_.note_untimed();
    }
  }

  void write_durations(std::string_view kind, const CallDurations::Kind& durations) {
    const auto nanoseconds = [](std::chrono::nanoseconds duration) {
      return static_cast<std::uint64_t>(duration.count() > 0 ? duration.count() : 0);
    };
    text_.add_fraction(Series::calls_sum, nanoseconds(durations.sum), 9, kind);
    text_.add_fraction(Series::calls_max, nanoseconds(durations.longest), 9, kind);
  }

  detail::PrometheusText text_;
};

/// **Returns** the page of one registry.
template <class Registry>
  requires requires(const Registry& registry) { registry.overflow_key(); }
[[nodiscard]] std::string prometheus_page(const Registry& registry) {
  return PrometheusPage{}.add(registry).text();
}

}  // namespace breaker::inline BREAKER_ABI
