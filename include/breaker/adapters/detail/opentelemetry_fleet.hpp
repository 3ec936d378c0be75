// What an agent of a fleet says of itself, as instruments that are read when metrics are collected.
#pragma once

#include <opentelemetry/metrics/async_instruments.h>
#include <opentelemetry/metrics/meter.h>
#include <opentelemetry/metrics/observer_result.h>
#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/nostd/variant.h>

#include <cstdint>
#include <string>

#include "breaker/base/version.hpp"
#include "breaker/fleet/settings.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

struct FleetSeries {
  const char* name;
  const char* description;
  const char* unit;
  bool is_gauge;  // else a counter
  std::int64_t (*value)(const fleet::AgentStatus&);
};

inline constexpr FleetSeries fleet_series[] = {
    {"breaker.fleet.store_up", "1 if the store of the fleet has answered last", "1", true,
     [](const fleet::AgentStatus& status) { return std::int64_t{status.is_store_up}; }},
    {"breaker.fleet.verdicts", "Circuits about which the fleet says that they are down",
     "{circuit}", true,
     [](const fleet::AgentStatus& status) { return std::int64_t{status.verdicts}; }},
    {"breaker.fleet.command.count", "Commands that the store answered", "{command}", false,
     [](const fleet::AgentStatus& status) { return static_cast<std::int64_t>(status.commands); }},
    {"breaker.fleet.vote.count", "Votes that a backend is down", "{vote}", false,
     [](const fleet::AgentStatus& status) { return static_cast<std::int64_t>(status.votes); }},
    {"breaker.fleet.late_command.count", "Commands that the store refused as late", "{command}",
     false,
     [](const fleet::AgentStatus& status) { return static_cast<std::int64_t>(status.late); }},
    {"breaker.fleet.failed_command.count", "Commands that the store did not answer", "{command}",
     false,
     [](const fleet::AgentStatus& status) { return static_cast<std::int64_t>(status.failures); }},
    {"breaker.fleet.message.count", "Verdicts that were told, of circuits that are here",
     "{message}", false,
     [](const fleet::AgentStatus& status) { return static_cast<std::int64_t>(status.messages); }},
};

/// One of them, as long as it lives.
template <class Agent>
class FleetInstrument {
 public:
  FleetInstrument(opentelemetry::metrics::Meter& meter, const FleetSeries& series,
                  const Agent& agent, const std::string& group)
      : series_{series},
        agent_{agent},
        group_{group},
        instrument_{series.is_gauge ? meter.CreateInt64ObservableGauge(
                                          series.name, series.description, series.unit)
                                    : meter.CreateInt64ObservableCounter(
                                          series.name, series.description, series.unit)} {
    instrument_->AddCallback(observe, this);
  }
  FleetInstrument(const FleetInstrument&) = delete;
  FleetInstrument& operator=(const FleetInstrument&) = delete;
  ~FleetInstrument() { instrument_->RemoveCallback(observe, this); }

 private:
  static void observe(opentelemetry::metrics::ObserverResult result, void* instrument) {
    using Result =
        opentelemetry::nostd::shared_ptr<opentelemetry::metrics::ObserverResultT<std::int64_t>>;
    const auto& self = *static_cast<const FleetInstrument*>(instrument);
    const std::int64_t value = self.series_.value(self.agent_.status());
    const Result& to = opentelemetry::nostd::get<Result>(result);
    if (self.group_.empty()) {
      to->Observe(value);
    } else {
      to->Observe(value, {{"breaker.fleet.group", self.group_}});
    }
  }

  const FleetSeries& series_;
  const Agent& agent_;
  const std::string& group_;
  opentelemetry::nostd::shared_ptr<opentelemetry::metrics::ObservableInstrument> instrument_;
};

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
