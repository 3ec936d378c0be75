// A transition as an event of a span, and what makes instruments.
#pragma once

#include <opentelemetry/common/attribute_value.h>
#include <opentelemetry/common/key_value_iterable_view.h>
#include <opentelemetry/metrics/provider.h>
#include <opentelemetry/nostd/span.h>
#include <opentelemetry/trace/span.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/text/describe.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

inline constexpr const char* otel_name = "breaker.circuit_breaker.name";

/// **Returns** the meter for "breaker" of the global provider, as it is now.
inline auto global_meter() {
  return opentelemetry::metrics::Provider::GetMeterProvider()->GetMeter("breaker",
                                                                        BREAKER_VERSION_STRING);
}

inline void add_event(opentelemetry::trace::Span& span, const std::string& name,
                      const Transition& transition) {
  using Value = opentelemetry::common::AttributeValue;
  const std::string prefix = "breaker.circuit_breaker.";
  const std::string description = describe(transition);
  std::vector<std::pair<std::string, Value>> attributes{
      {otel_name, Value{name.c_str()}},
      {prefix + "from", Value{to_string(transition.from)}},
      {prefix + "to", Value{to_string(transition.to)}},
      {prefix + "reason", Value{to_string(transition.reason)}},
      {prefix + "description", Value{description.c_str()}}};
  if (transition.to == State::open)
    attributes.emplace_back(prefix + "open_for_ms",
                            Value{static_cast<std::int64_t>(transition.open_for.count())});
  if (transition.has_numbers && transition.words != nullptr) {
    for (std::size_t i = 0; i < std::size(transition.words->numbers); ++i) {
      const char* const counted = transition.words->numbers[i];
      if (counted != nullptr)
        attributes.emplace_back(prefix + "evidence." + counted,
                                Value{std::int64_t{transition.numbers.at[i]}});
    }
    attributes.emplace_back(prefix + "rule", Value{transition.words->rule});
    attributes.emplace_back(
        prefix + "limits",
        Value{opentelemetry::nostd::span<const std::uint32_t>{transition.limits.at}});
  }
  span.AddEvent("circuit_breaker.state_change",
                opentelemetry::common::KeyValueIterableView{attributes});
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
