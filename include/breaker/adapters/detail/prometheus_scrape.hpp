// What one scrape of circuits comes to, in prometheus-cpp's terms.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/listener.hpp"
#include "breaker/types.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::adapters::detail {

/// Collects circuits, one after the other. Every circuit adds a row or more to a family.
class PrometheusScrape {
 public:
  explicit PrometheusScrape(std::string_view prefix) : prefix_{prefix} {}

  template <class Circuit>
  void add(std::string_view name, const Circuit& circuit) {
    name_ = name;
    const Snapshot seen = circuit.snapshot();
    for (const State state :
         {State::closed, State::open, State::half_open, State::disabled, State::forced_open}) {
      put("state", gauge, seen.state == state ? 1 : 0, "state", to_string(state));
    }
    put("state", gauge, 0, "state", "metrics_only");
    put("not_permitted_calls_total", counter, seen.refused, "kind", "not_permitted");
    put("transitions_total", counter, seen.transitions);
    put("stale_calls_total", counter, seen.stale);
    put("listener_errors_total", counter, seen.listener_errors);
    const Evidence window = seen.evidence;
    const std::uint32_t good = window.calls > window.failures ? window.calls - window.failures : 0;
    put("buffered_calls", gauge, good, "kind", "successful");
    put("buffered_calls", gauge, window.failures, "kind", "failed");
    add_counters(circuit.listener());
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> families() && { return std::move(families_); }

 private:
  using Type = prometheus::MetricType;
  static constexpr Type gauge = Type::Gauge, counter = Type::Counter;

  template <class Listener>
  void add_counters(const Listener& listener) {
    if constexpr (requires { listener.totals().succeeded; }) {
      const auto totals = listener.totals();
      put("calls_seconds_count", counter, totals.succeeded, "kind", "successful");
      put("calls_seconds_count", counter, totals.failed, "kind", "failed");
      put("calls_seconds_count", counter, totals.ignored, "kind", "ignored");
    }
    if constexpr (requires { listener.durations().succeeded; }) {
      const auto durations = listener.durations();
      put_duration("successful", durations.succeeded);
      put_duration("failed", durations.failed);
      put_duration("ignored", durations.ignored);
    }
  }
  template <class... Each>
  void add_counters(const Listeners<Each...>& listeners) {
    (add_counters(listeners.template get<Each>()), ...);
  }

  template <class Kind>
  void put_duration(const char* kind, const Kind& kept) {
    using Seconds = std::chrono::duration<double>;
    put("calls_seconds_sum", counter, Seconds{kept.sum}.count(), "kind", kind);
    put("calls_seconds_max", gauge, Seconds{kept.longest}.count(), "kind", kind);
  }

  template <class Number>
  void put(std::string_view series, Type type, Number value, const char* label = nullptr,
           const char* text = "") {
    const std::string full = prefix_ + '_' + std::string{series};
    auto family = families_.begin();
    while (family != families_.end() && family->name != full) ++family;
    if (family == families_.end()) family = families_.insert(family, {full, "", type, {}});
    prometheus::ClientMetric& row = family->metric.emplace_back();
    row.label.push_back({"name", name_});
    if (label != nullptr) row.label.push_back({label, text});
    (type == Type::Gauge ? row.gauge.value : row.counter.value) = static_cast<double>(value);
  }

  std::string prefix_, name_;
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace breaker::inline BREAKER_ABI::adapters::detail
