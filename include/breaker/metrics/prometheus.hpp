// Prometheus: circuits as a page in the text exposition format, under the names that resilience4j
// uses, so that dashboards and alerts made for those work.
//
//   server.Get("/metrics", [&](const auto& request, auto& response) {
//     const auto format = breaker::prometheus_format(request.get_header_value("Accept"));
//     response.set_content(breaker::prometheus_page(circuits, format), breaker::content_type_of(format));
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
//   _failure_rate, _slow_call_rate        name             percent, -1 in a closed circuit below the
//                                                          minimum of calls; where the policy judges it
//   _slow_calls                           name, kind       slow calls in the window, kind "any"
//   _policy_numbers                       name, rule,      what else the policy has counted, by the names
//                                         number           in its Words
//   _advised                              name             1 while a fleet says "down"; where the policy
//                                                          is advised()
//   _calls_seconds_count                  name, kind       settled calls; needs Counters or TimedCounters
//   _calls_seconds_sum                    name, kind       how long they took; needs TimedCounters
//   _call_duration_seconds_bucket, _sum,  name, kind, le   the same in buckets; needs DurationHistogram
//   _call_duration_seconds_count
//   _transitions_by_reason_total          name, to,        changes of state; needs TransitionCounters
//                                         reason
//   _settings, _settings_seconds          name, rule,      add_settings() adds them: threshold (percent),
//                                         setting          min_calls, limit, window_calls; open_wait,
//                                                          open_wait_max, window, slower_than
//   _registry_size, _registry_capacity,   group            of a registry
//   _registry_made_total, _registry_overflowed_total,
//   _registry_evicted_total, _registry_late_verdicts_total, _registry_held_back_total
//   _registry_circuits                    group, state     how many circuits are in each state
//   _registry_not_permitted_calls_total,  group            of all its circuits, those of erased keys
//   _registry_transitions_total                            included: they never fall
//   _fleet_store_up, _fleet_verdicts,     group            of a fleet, as this process sees it
//   _fleet_commands_total, _fleet_votes_total, _fleet_late_commands_total,
//   _fleet_failed_commands_total, _fleet_messages_total
//
// kind: successful, failed, ignored. state: closed, open, half_open, disabled, forced_open,
// metrics_only (always 0). While a circuit that its policy opened is open, window and rates show
// the numbers that opened it; once it probes there are no rates. Of several parts of a policy with one
// rule the first is shown. The series of a key end when it is erased, and begin again at 0 when it is made
// anew: a reset, as Prometheus knows it. Circuits of a registry don't show their settings. breaker_info has
// the library's version.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/metrics/circuit_series.hpp"
#include "breaker/metrics/format.hpp"  // IWYU pragma: export
#include "breaker/metrics/prometheus_text.hpp"
#include "breaker/metrics/settings_series.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What to say in `Content-Type` of a page in text.
inline constexpr const char* prometheus_content_type = content_type_of(PrometheusFormat::text);

/// A page, made anew for each scrape: add circuits and registries, then take the text.
/// **Thread safety** none; the circuits may be used by any thread meanwhile.
class PrometheusPage {
 public:
  /// `prefix`: what each series' name begins with: letters, digits, `_` and `:`.
  explicit PrometheusPage(std::string_view prefix = "resilience4j_circuitbreaker")
      : text_{prefix} {}

  /// Add one circuit. `name`: any text, on this page given once (for each `group`). What UTF-8 has no
  /// place for is written as a backslash, x, and two digits. `group`: one more label, left out when empty.
  template <class... Parts>
  PrometheusPage& add(std::string_view name, const CircuitBreaker<Parts...>& circuit,
                      std::string_view group = {}) {
    add_one(name, circuit, group);
    return *this;
  }

  /// Add every circuit of a registry, its overflow circuit, and what it says of itself. `group`: tells
  /// the keys of several registries on one page apart.
  template <class Registry>
    requires requires(const Registry& registry) { registry.overflow_key(); }
  PrometheusPage& add(const Registry& registry, std::string_view group = {}) {
    add_one(registry.overflow_key(), registry.overflow(), group);
    text_.reserve(registry.size() + registry.size() / 2 + 1);  // keys are longer than that one's
    registry.for_each(
        [&](std::string_view key, const auto& circuit) { add_one(key, circuit, group); });
    text_.set_labels({{"group", group}});
    detail::add_registry(registry, text_);
    return *this;
  }

  /// Add what an agent of a fleet says of itself, see fleet::Agent::status(). `group`: tells agents apart.
  template <class Agent>
    requires requires(const Agent& agent) { agent.status().is_store_up; }
  PrometheusPage& add(const Agent& agent, std::string_view group = {}) {
    text_.set_labels({{"group", group}});
    detail::add_fleet(agent.status(), text_);
    return *this;
  }

  /// Add a circuit's settings, as far as they are stated: its waits, and what its policy trips on. They stand
  /// beside the circuit's own series on a page or alone. Names and `group`: as above.
  template <class... Parts>
  PrometheusPage& add_settings(std::string_view name, const CircuitBreaker<Parts...>& circuit,
                               std::string_view group = {}) {
    text_.set_labels({{"name", name}, {"group", group}});
    detail::add_settings(circuit, text_);
    return *this;
  }

  /// **Returns** the page: every series once, with help and type; in text also comments that say which
  /// circuits lack which series. `created`: since when the counts count, such as the start of the
  /// process; an OpenMetrics page then says it. Default: not said.
  [[nodiscard]] std::string text(PrometheusFormat format = PrometheusFormat::text,
                                 std::chrono::system_clock::time_point created = {}) const {
    return text_.page(
        format,
        std::chrono::duration_cast<std::chrono::seconds>(created.time_since_epoch()).count());
  }

 private:
  template <class Circuit>
  void add_one(std::string_view name, const Circuit& circuit, std::string_view group) {
    text_.set_labels({{"name", name}, {"group", group}});
    switch (detail::add_circuit(circuit, text_)) {
      case detail::Counted::nothing: text_.note_uncounted(name); break;
      case detail::Counted::calls: text_.note_untimed(); break;
      case detail::Counted::durations:
      default: break;
    }
  }

  detail::PrometheusText text_;
};

/// **Returns** the page of one registry.
template <class Registry>
  requires requires(const Registry& registry) { registry.overflow_key(); }
[[nodiscard]] std::string prometheus_page(const Registry& registry,
                                          PrometheusFormat format = PrometheusFormat::text) {
  return PrometheusPage{}.add(registry).text(format);
}

BREAKER_ABI_END
}  // namespace breaker
