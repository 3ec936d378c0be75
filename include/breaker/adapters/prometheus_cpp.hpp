// prometheus-cpp: circuits as a Collectable, read anew at each scrape, under the names that
// resilience4j uses, so that dashboards and alerts made for those work.
//
//   std::map<std::string, breaker::CircuitBreaker<>> circuits;
//   circuits.try_emplace("prices");
//
//   prometheus::Exposer exposer{"127.0.0.1:0"};
//   const auto collector = breaker::adapters::circuit_collector(circuits);
//   exposer.RegisterCollectable(collector);  // which does not keep it alive
//
// The series are those of the page that breaker/metrics/prometheus.hpp writes; its head lists them. (No
// exemplars, as prometheus-cpp has none; no settings; no breaker_info.) A
// circuit that has Counters but not TimedCounters has NaN for _calls_seconds_sum. Calls do nothing for
// it: a scrape does it all.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/prometheus_scrape.hpp"
#include "breaker/base/version.hpp"
#include "breaker/metrics/circuit_series.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// What circuit_collector() makes.
template <class Circuits>
class CircuitCollector final : public prometheus::Collectable {
 public:
  /// As circuit_collector().
  CircuitCollector(const Circuits& circuits, std::string prefix, std::string group)
      : circuits_{circuits}, prefix_{std::move(prefix)}, group_{std::move(group)} {}

  /// **Returns** what the circuits have to say now. Called by prometheus-cpp at each scrape.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    detail::PrometheusScrape scrape{prefix_};
    if constexpr (requires { circuits_.status().is_store_up; }) {
      scrape.set_group(group_);
      breaker::detail::add_fleet(circuits_.status(), scrape);
    } else {
      add_circuits(scrape);
    }
    return std::move(scrape).families();
  }

 private:
  void add_circuits(detail::PrometheusScrape& scrape) const {
    const auto visit = [this, &scrape](std::string_view name, const auto& circuit) {
      scrape.set_labels(name, group_);
      if constexpr (requires { circuit.snapshot(); }) {
        breaker::detail::add_circuit(circuit, scrape);
      } else {
        breaker::detail::add_circuit(*circuit, scrape);
      }
    };
    if constexpr (requires { circuits_.overflow_key(); }) {
      scrape.set_group(group_);
      breaker::detail::add_registry(circuits_, scrape);
      visit(circuits_.overflow_key(), circuits_.overflow());
    }
    if constexpr (requires { circuits_.for_each(visit); }) {
      circuits_.for_each(visit);
    } else {
      for (const auto& [name, circuit] : circuits_) visit(name, circuit);
    }
  }

  const Circuits& circuits_;
  std::string prefix_;
  std::string group_;
};

/// `circuits`: a Registry, or what has pairs of a name and a circuit or a pointer to one (a std::map, a
/// std::vector), or a `for_each(visit)` that calls `visit(name, circuit)`. Read at each scrape, by the
/// scraping thread: circuits that were added meanwhile are there, but it must not be changed at the
/// same time, unless it allows that. Or a fleet::Agent: what it says of itself. It outlives what is
/// returned. `prefix`: before each name. `group`: one more label, which tells the names of several
/// collectors apart; left out when empty.
/// **Returns** what to register with an Exposer.
template <class Circuits>
[[nodiscard]] std::shared_ptr<CircuitCollector<Circuits>> circuit_collector(
    const Circuits& circuits, std::string prefix = "resilience4j_circuitbreaker",
    std::string group = {}) {
  return std::make_shared<CircuitCollector<Circuits>>(circuits, std::move(prefix),
                                                      std::move(group));
}
template <class Circuits>
void circuit_collector(const Circuits&& circuits, std::string prefix = {},
                       std::string group = {}) = delete;  // would dangle

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
