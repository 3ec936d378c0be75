// What a page says of a circuit's settings.
#pragma once

#include <cstdint>
#include <string_view>

#include "breaker/base/ticks.hpp"
#include "breaker/base/version.hpp"
#include "breaker/circuit_breaker.hpp"
#include "breaker/core/peek.hpp"
#include "breaker/metrics/series.hpp"
#include "breaker/policy/rule.hpp"
#include "breaker/policy/trip_rules.hpp"
#include "breaker/text/rule.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// The settings of one rule; those that it does not use are left out.
template <class Sink>
void add_rule(const Rule& rule, std::string_view name, Sink& sink) {
  const auto number = [&](const char* setting, std::int64_t hundredths) {
    if (hundredths > 0)
      sink.add_labelled(Series::settings, {{"rule", name}, {"setting", setting}}, hundredths);
  };
  const auto time = [&](const char* setting, std::int64_t nanoseconds) {
    if (nanoseconds > 0)
      sink.add_labelled(Series::settings_seconds, {{"rule", name}, {"setting", setting}},
                        nanoseconds);
  };
  number("threshold", std::int64_t{rule.share.part()} * 10'000 / rule.share.whole());
  number("min_calls", std::int64_t{rule.min_calls} * 100);
  number("limit", std::int64_t{rule.limit} * 100);
  number("window_calls", std::int64_t{rule.last_calls} * 100);
  time("window", rule.within);
  time("slower_than", rule.slower_than);
}

/// Every setting of a circuit that is stated.
template <class... Parts, class Sink>
void add_settings(const CircuitBreaker<Parts...>& circuit, Sink& sink) {
  const auto rules = Peek::at(circuit).machine.rules();
  sink.add_labelled(Series::settings_seconds, {{"setting", "open_wait"}},
                    static_cast<std::int64_t>(rules.wait(0)) * millisecond);
  sink.add_labelled(Series::settings_seconds, {{"setting", "open_wait_max"}},
                    static_cast<std::int64_t>(rules.max_wait()) * millisecond);
  const TripRules stated = breaker::rule_of(circuit.policy());
  for (int i = 0; i < stated.count && i < circuit.part_count; ++i) {
    bool is_repeated = false;
    for (int earlier = 0; earlier < i; ++earlier)
      is_repeated |= std::string_view{circuit.words(earlier).rule} == circuit.words(i).rule;
    if (!is_repeated) detail::add_rule(stated.rule[i], circuit.words(i).rule, sink);
  }
}

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
