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
// With "resilience4j_circuitbreaker" before each, by `name`: _state (1 for the `state` that the next
// caller meets, 0 for the five others), _not_permitted_calls_total, _transitions_total,
// _stale_calls_total, _listener_errors_total, _buffered_calls (the policy's window). With Counters as
// a listener of the circuit, also _calls_seconds_count; with TimedCounters also _calls_seconds_sum
// (else NaN), and _calls_seconds_max since construction. Calls do nothing for it: a scrape does it all.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/prometheus_scrape.hpp"
#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::adapters {

/// What circuit_collector() makes.
template <class Circuits>
class CircuitCollector final : public prometheus::Collectable {
 public:
  CircuitCollector(const Circuits& circuits, std::string prefix)
      : circuits_{circuits}, prefix_{std::move(prefix)} {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    detail::PrometheusScrape scrape{prefix_};
    const auto visit = [&scrape](std::string_view name, const auto& circuit) {
      if constexpr (requires { circuit.snapshot(); }) {
        scrape.add(name, circuit);
      } else {
        scrape.add(name, *circuit);
      }
    };
    if constexpr (requires { circuits_.for_each(visit); }) {
      circuits_.for_each(visit);
    } else {
      for (const auto& [name, circuit] : circuits_) visit(name, circuit);
    }
    return std::move(scrape).families();
  }

 private:
  const Circuits& circuits_;
  std::string prefix_;
};

/// `circuits`: what has pairs of a name and a circuit, or of a name and a pointer to one (a std::map,
/// a std::vector), or a `for_each(visit)` that calls `visit(name, circuit)`. Read at each scrape, by
/// the scraping thread: circuits that were added meanwhile are there, but it must not be changed at the
/// same time, unless it allows that. It outlives what is returned. `prefix`: before each name.
/// **Returns** what to register with an Exposer.
template <class Circuits>
[[nodiscard]] std::shared_ptr<CircuitCollector<Circuits>> circuit_collector(
    const Circuits& circuits, std::string prefix = "resilience4j_circuitbreaker") {
  return std::make_shared<CircuitCollector<Circuits>>(circuits, std::move(prefix));
}
template <class Circuits>
void circuit_collector(const Circuits&& circuits,
                       std::string prefix = {}) = delete;  // would dangle

}  // namespace breaker::inline BREAKER_ABI::adapters
