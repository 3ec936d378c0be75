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
//   _policy_numbers                       name, rule,      what else the policy has counted, by the names
//                                         number           in its Words
//   _calls_seconds_count                  name, kind       settled calls; needs Counters or TimedCounters
//   _calls_seconds_sum, _calls_seconds_max name, kind      how long they took; needs TimedCounters
//   _registry_size, _registry_made,       group            of a registry
//   _registry_capacity, _registry_overflowed_total
//
// kind: successful, failed, ignored. state: closed, open, half_open, disabled, forced_open,
// metrics_only (always 0). While a circuit that its policy opened is open, window and rates show
// the numbers that opened it. The longest duration is since construction. Of several parts of a
// policy with one rule the first is shown.
#pragma once

#include <string>
#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/metrics/circuit_series.hpp"
#include "breaker/metrics/prometheus_text.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// What to say in `Content-Type`.
inline constexpr const char* prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

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
    text_.set_labels({{"name", name}, {"group", group}});
    switch (detail::add_circuit(circuit, text_)) {
      case detail::Counted::nothing: text_.note_uncounted(name); break;
      case detail::Counted::calls: text_.note_untimed(); break;
      case detail::Counted::durations:
      default: break;
    }
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
    detail::add_registry(registry, text_);
    return *this;
  }

  /// **Returns** the page: every series once, with help and type, and comments that say which circuits
  /// lack which series.
  [[nodiscard]] std::string text() const { return text_.page(); }

 private:
  detail::PrometheusText text_;
};

/// **Returns** the page of one registry.
template <class Registry>
  requires requires(const Registry& registry) { registry.overflow_key(); }
[[nodiscard]] std::string prometheus_page(const Registry& registry) {
  return PrometheusPage{}.add(registry).text();
}

BREAKER_ABI_END
}  // namespace breaker
