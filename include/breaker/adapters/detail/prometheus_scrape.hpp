// What one scrape of circuits comes to, in prometheus-cpp's terms.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/listener.hpp"
#include "breaker/types.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::adapters::detail {

/// Collects circuits, one after the other, each a few rows in every family.
class PrometheusScrape {
  using Type = prometheus::MetricType;

 public:
  explicit PrometheusScrape(std::string_view prefix) : prefix_{prefix} {}

  template <class Circuit>
  void add(std::string_view name, const Circuit& circuit) {
    name_ = name;
    const Snapshot seen = circuit.snapshot();
    gauge("state", "1 for what the next caller meets", "state", "metrics_only") = 0;
    for (const State state :
         {State::closed, State::open, State::half_open, State::disabled, State::forced_open})
      gauge("state", "", "state", to_string(state)) = seen.state == state ? 1 : 0;
    counter("not_permitted_calls_total", "Refused calls", seen.refused, "kind", "not_permitted");
    counter("transitions_total", "Changes of state", seen.transitions);
    counter("stale_calls_total", "Verdicts that came too late to count", seen.stale);
    counter("listener_errors_total", "Exceptions that listeners threw", seen.listener_errors);
    const auto [calls, failures, slow] = seen.evidence;
    gauge("buffered_calls", "Calls in the window", "kind", "failed") = failures;
    gauge("buffered_calls", "", "kind", "successful") = calls - std::min(calls, failures);
    add_calls(circuit.listener());
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> families() && { return std::move(families_); }

 private:
  template <class Listener>
  void add_calls(const Listener& listener) {
    if constexpr (requires { listener.totals().succeeded; }) {
      add_kind(listener, "successful", [](const auto& kinds) { return kinds.succeeded; });
      add_kind(listener, "failed", [](const auto& kinds) { return kinds.failed; });
      add_kind(listener, "ignored", [](const auto& kinds) { return kinds.ignored; });
    }
  }
  template <class... Each>
  void add_calls(const Listeners<Each...>& listeners) {
    (add_calls(listeners.template get<Each>()), ...);
  }

  template <class Counters, class Of>
  void add_kind(const Counters& counters, const char* kind, Of of) {
    auto& row = add_row(Type::Summary, "calls_seconds", "Settled calls", "kind", kind).summary;
    row.sample_count = of(counters.totals());
    row.sample_sum = std::numeric_limits<double>::quiet_NaN();
    if constexpr (requires { counters.durations(); }) {
      const auto took = of(counters.durations());
      row.sample_sum = static_cast<double>(took.sum.count()) / 1e9;
      const auto longest = static_cast<double>(took.longest.count()) / 1e9;
      gauge("calls_seconds_max", "Longest call", "kind", kind) = longest;
    }
  }

  double& gauge(const char* series, const char* help, const char* label, const char* text) {
    return add_row(Type::Gauge, series, help, label, text).gauge.value;
  }
  void counter(const char* series, const char* help, std::uint64_t value,
               const char* label = nullptr, const char* text = "") {
    add_row(Type::Counter, series, help, label, text).counter.value = static_cast<double>(value);
  }

  prometheus::ClientMetric& add_row(Type type, const char* series, const char* help,
                                    const char* label, const char* text) {
    const std::string name = prefix_ + '_' + series;
    auto family = families_.begin();
    while (family != families_.end() && family->name != name) ++family;
    if (family == families_.end()) family = families_.insert(family, {name, help, type, {}});
    prometheus::ClientMetric& row = family->metric.emplace_back();
    row.label.push_back({"name", name_});
    if (label != nullptr) row.label.push_back({label, text});
    return row;
  }

  std::string prefix_, name_;
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace breaker::inline BREAKER_ABI::adapters::detail
