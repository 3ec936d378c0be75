// opentelemetry.hpp: what the SDK's exporters in memory have got.
#include "breaker/adapters/opentelemetry.hpp"

#include <opentelemetry/exporters/memory/in_memory_metric_data.h>
#include <opentelemetry/exporters/memory/in_memory_metric_exporter_factory.h>
#include <opentelemetry/exporters/memory/in_memory_span_exporter_factory.h>
#include <opentelemetry/sdk/metrics/export/periodic_exporting_metric_reader_factory.h>
#include <opentelemetry/sdk/metrics/meter_provider.h>
#include <opentelemetry/sdk/trace/simple_processor_factory.h>
#include <opentelemetry/sdk/trace/span_data.h>
#include <opentelemetry/sdk/trace/tracer_provider.h>
#include <opentelemetry/sdk/trace/tracer_provider_factory.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/fleet.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace otel = opentelemetry;
namespace memory = opentelemetry::exporter::memory;

namespace {

using adapters::OpenTelemetryListener;
using Attributes = std::unordered_map<std::string, otel::sdk::common::OwnedAttributeValue>;

template <class T>
T value(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find("breaker.circuit_breaker." + name);
  if (found == attributes.end()) return T{};
  return otel::nostd::get<T>(found->second);
}
std::string text(const Attributes& attributes, const std::string& name) {
  return value<std::string>(attributes, name);
}

// An SDK that keeps what it is told in memory.
struct Telemetry {
  std::shared_ptr<memory::SimpleAggregateInMemoryMetricData> metrics =
      std::make_shared<memory::SimpleAggregateInMemoryMetricData>();
  otel::sdk::metrics::MeterProvider meters;
  std::shared_ptr<memory::InMemorySpanData> spans;
  std::unique_ptr<otel::sdk::trace::TracerProvider> tracers;

  Telemetry() {
    otel::sdk::metrics::PeriodicExportingMetricReaderOptions seldom;
    seldom.export_interval_millis = 1h;
    meters.AddMetricReader(otel::sdk::metrics::PeriodicExportingMetricReaderFactory::Create(
        memory::InMemoryMetricExporterFactory::Create(metrics), seldom));
    tracers = otel::sdk::trace::TracerProviderFactory::Create(
        otel::sdk::trace::SimpleSpanProcessorFactory::Create(
            memory::InMemorySpanExporterFactory::Create(spans)));
  }

  [[nodiscard]] OpenTelemetryListener listener() {
    return OpenTelemetryListener{"prices", meters.GetMeter("test")};
  }

  /// **Returns** the counts of a metric, by the value of a label.
  std::map<std::string, std::int64_t> counts(const std::string& metric, const std::string& label) {
    meters.ForceFlush();
    std::map<std::string, std::int64_t> counts;
    for (const auto& [attributes, point] :
         metrics->Get("test", "breaker.circuit_breaker." + metric)) {
      Attributes known{attributes.begin(), attributes.end()};
      CHECK(text(known, "name") == "prices");
      counts[text(known, label)] = otel::nostd::get<std::int64_t>(
          otel::nostd::get<otel::sdk::metrics::SumPointData>(point).value_);
    }
    return counts;
  }

  /// **Returns** the group of a metric of a fleet, and its value.
  std::pair<std::string, std::int64_t> of_fleet(const std::string& metric) {
    metrics->Clear();  // which keeps what it got first
    meters.ForceFlush();
    const auto& points = metrics->Get("test", "breaker.fleet." + metric);
    REQUIRE(points.size() == 1);
    const auto& [attributes, point] = *points.begin();
    const Attributes known{attributes.begin(), attributes.end()};
    const auto* const last = otel::nostd::get_if<otel::sdk::metrics::LastValuePointData>(&point);
    const auto value = last != nullptr
                           ? last->value_
                           : otel::nostd::get<otel::sdk::metrics::SumPointData>(point).value_;
    return {otel::nostd::get<std::string>(known.at("breaker.fleet.group")),
            otel::nostd::get<std::int64_t>(value)};
  }

  /// **Returns** the span in which `run` ran.
  template <class Run>
  std::unique_ptr<otel::sdk::trace::SpanData> span(Run run) {
    {
      const auto tracer = tracers->GetTracer("test");
      const auto span = tracer->StartSpan("call");
      const otel::trace::Scope scope{span};
      run();
    }
    auto seen = spans->GetSpans();
    REQUIRE(seen.size() == 1);
    return std::move(seen[0]);
  }
};

[[maybe_unused]] void example() {
#include "example/opentelemetry.inc"
}

}  // namespace

TEST_CASE("calls and changes of state are counted by outcome and by state") {
  Telemetry telemetry;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{2}, clock,
                         telemetry.listener()};
  circuit.try_acquire().success();
  circuit.try_acquire().ignore();
  auto late = circuit.try_acquire();
  for (int i = 0; i < 2; ++i) circuit.try_acquire().failure();
  for (int i = 0; i < 3; ++i) static_cast<void>(circuit.try_acquire());
  clock.advance(10s);
  circuit.try_acquire().success();
  late.failure();  // stale

  using Counts = std::map<std::string, std::int64_t>;
  CHECK(telemetry.counts("execution.count", "outcome") ==
        Counts{{"success", 2}, {"failure", 2}, {"ignored", 1}, {"refused", 3}});
  CHECK(telemetry.counts("state_change.count", "state") ==
        Counts{{"open", 1}, {"half_open", 1}, {"closed", 1}});
}

TEST_CASE("the span in which a circuit opens has an event that says why") {
  Telemetry telemetry;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{2}, telemetry.listener()};
  circuit.try_acquire().failure();

  const auto span = telemetry.span([&] { circuit.try_acquire().failure(); });

  REQUIRE(span->GetEvents().size() == 1);
  const auto& event = span->GetEvents()[0];
  CHECK(event.GetName() == "circuit_breaker.state_change");
  const Attributes attributes = event.GetAttributes();
  CHECK(text(attributes, "name") == "prices");
  CHECK(text(attributes, "from") == "closed");
  CHECK(text(attributes, "to") == "open");
  CHECK(text(attributes, "reason") == "policy");
  CHECK(text(attributes, "rule") == circuit.words().rule);
  CHECK(text(attributes, "description").find("2 failures in a row (limit 2)") != std::string::npos);
  CHECK(value<std::int64_t>(attributes, "evidence.failures") == 2);
  CHECK(value<std::vector<std::uint32_t>>(attributes, "limits").at(0) == 2);
  CHECK(value<std::int64_t>(attributes, "open_for_ms") == 10'000);
}

TEST_CASE("the span of a refused call says so, why and for how long") {
  Telemetry telemetry;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, clock, telemetry.listener()};
  circuit.trip();

  const auto span = telemetry.span([&] { circuit.call([] { return 1; }, 2); });

  CHECK(value<bool>(span->GetAttributes(), "refused"));
  CHECK(text(span->GetAttributes(), "reason") == "open");
  CHECK(text(span->GetAttributes(), "name") == "prices");
  CHECK(value<std::int64_t>(span->GetAttributes(), "retry_after_ms") == 10'000);
  CHECK(span->GetEvents().empty());
}

TEST_CASE(
    "what an agent of a fleet says of itself is read at each collection, while its instruments "
    "live") {
  Telemetry telemetry;
  fleet_test::Fleet fleet{2, Config{.open_for = 1s}};
  fleet.pass(2s);
  for (int i = 0; i < 2; ++i) fleet[i].fail(5);
  for (int i = 0; i < 2; ++i) fleet.turn();
  std::optional<adapters::OpenTelemetryFleet<decltype(fleet[0].agent)>> instruments;
  instruments.emplace(fleet[0].agent, "shop", telemetry.meters.GetMeter("test"));

  const fleet::AgentStatus status = fleet[0].agent.status();
  CHECK(status.verdicts == 1);
  CHECK(telemetry.of_fleet("store_up") == std::pair{"shop"s, std::int64_t{1}});
  CHECK(telemetry.of_fleet("verdicts").second == 1);
  CHECK(telemetry.of_fleet("vote.count").second == 1);
  CHECK(telemetry.of_fleet("command.count").second == static_cast<std::int64_t>(status.commands));
  CHECK(telemetry.of_fleet("message.count").second == static_cast<std::int64_t>(status.messages));
  CHECK(telemetry.of_fleet("late_command.count").second == 0);

  fleet.hub.set_up(false);
  fleet.pass(2s);
  CHECK(telemetry.of_fleet("store_up").second == 0);
  CHECK(telemetry.of_fleet("failed_command.count").second ==
        static_cast<std::int64_t>(fleet[0].agent.status().failures));

  instruments.reset();
  fleet.hub.set_up(true);
  fleet.pass(5s);
  CHECK(fleet[0].agent.status().is_store_up);
  CHECK(telemetry.of_fleet("store_up").second == 0);  // the agent is asked no more
}

TEST_CASE("without an SDK, and without a span, nothing happens") {
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, OpenTelemetryListener{"prices"}};

  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.snapshot().listener_errors == 0);
}
