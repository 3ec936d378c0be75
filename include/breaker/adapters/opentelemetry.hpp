// OpenTelemetry: calls and changes of state as metrics, and as events of the trace in which they happen.
//
//   breaker::CircuitBreaker circuit{breaker::Config{}, breaker::adapters::OpenTelemetryListener{"prices"}};
//
// Two counters, named after those of the instrumentation of Failsafe, each with the circuit's name:
// breaker.circuit_breaker.execution.count by outcome (success, failure, ignored, refused), and
// breaker.circuit_breaker.state_change.count by state (closed, open, half_open, forced_open, disabled).
//
// The current span of the thread that changes the state has an event circuit_breaker.state_change, with
// from, to, reason, what the policy had counted (evidence.failures, …), its limits, and both in words
// (description). The current span of a refused call has the attributes refused, reason and
// retry_after_ms. Names of attributes begin with breaker.circuit_breaker. too. A verdict that comes too late
// (stale) is left out. It is a listener: together with others it goes into breaker::Listeners. Needs the
// API of opentelemetry-cpp, 1.19 or later; the SDK is the program's business. OpenTelemetryFleet shows an
// agent of a fleet.
#pragma once

#include <opentelemetry/trace/provider.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "breaker/adapters/detail/opentelemetry_event.hpp"
#include "breaker/adapters/detail/opentelemetry_fleet.hpp"
#include "breaker/base/version.hpp"
#include "breaker/listen/listener.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// A listener that tells OpenTelemetry. **Thread safety** that of the API: any thread at any time.
class OpenTelemetryListener {
 public:
  /// What makes its counters.
  using Meter = opentelemetry::nostd::shared_ptr<opentelemetry::metrics::Meter>;

  /// `name`: the circuit's. `meter`: null: that of the global provider, as it is now, for "breaker". Set
  /// that provider before.
  explicit OpenTelemetryListener(std::string name, Meter meter = {}) : name_{std::move(name)} {
    if (!meter) meter = detail::global_meter();
    calls_ = meter->CreateUInt64Counter("breaker.circuit_breaker.execution.count",
                                        "Calls by their outcome", "{execution}");
    changes_ = meter->CreateUInt64Counter("breaker.circuit_breaker.state_change.count",
                                          "Changes of state by the state that they led to",
                                          "{state_change}");
  }

  /// What the circuit tells a listener, see TransitionListener. @{
  void operator()(const Transition& transition) const {
    if (transition.from != transition.to)
      changes_->Add(1, {{detail::otel_name, name_},
                        {"breaker.circuit_breaker.state", to_string(transition.to)}});
    const auto span = opentelemetry::trace::Tracer::GetCurrentSpan();
    if (span->IsRecording()) detail::add_event(*span, name_, transition);
  }
  void on_settled(const SettledCall& call) const {
    if (call.settled != Settled::stale) count(to_string(call.verdict));
  }
  void on_refused(const Rejection& rejection) const {
    count("refused");
    const auto span = opentelemetry::trace::Tracer::GetCurrentSpan();
    if (!span->IsRecording()) return;
    span->SetAttribute(detail::otel_name, name_);
    span->SetAttribute("breaker.circuit_breaker.refused", true);
    span->SetAttribute("breaker.circuit_breaker.reason", to_string(rejection.reason));
    span->SetAttribute("breaker.circuit_breaker.retry_after_ms",
                       std::int64_t{rejection.retry_after / std::chrono::milliseconds{1}});
  }
  /// @}

 private:
  using Counter = opentelemetry::metrics::Counter<std::uint64_t>;

  void count(const char* outcome) const {
    calls_->Add(1, {{detail::otel_name, name_}, {"breaker.circuit_breaker.outcome", outcome}});
  }

  std::string name_;
  opentelemetry::nostd::unique_ptr<Counter> calls_;
  opentelemetry::nostd::unique_ptr<Counter> changes_;
};

/// What a fleet::Agent says of itself, read whenever metrics are collected: breaker.fleet.store_up and .verdicts, and
/// the counters breaker.fleet.command.count, .vote.count, .late_command.count, .failed_command.count, .message.count.
template <class Agent>
class OpenTelemetryFleet {
 public:
  /// `agent`: outlives it. `group`: an attribute, breaker.fleet.group, left out when empty. `meter`: as above.
  explicit OpenTelemetryFleet(const Agent& agent, std::string group = {},
                              OpenTelemetryListener::Meter meter = {})
      : group_{std::move(group)} {
    if (!meter) meter = detail::global_meter();
    for (const auto& series : detail::fleet_series)
      instruments_.emplace_back(*meter, series, agent, group_);
  }

 private:
  const std::string group_;
  std::deque<detail::FleetInstrument<Agent>> instruments_;
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
