// The type and the value of a series in prometheus-cpp's terms.
#pragma once

#include <prometheus/metric_type.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/version.hpp"
#include "breaker/metrics/series.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// **Returns** the type of that name.
inline prometheus::MetricType type_of(std::string_view name) {
  if (name == "counter") return prometheus::MetricType::Counter;
  if (name == "summary") return prometheus::MetricType::Summary;
  if (name == "histogram") return prometheus::MetricType::Histogram;
  return prometheus::MetricType::Gauge;
}

/// **Returns** the number that a sample shows.
inline double number_of(breaker::detail::Series series, std::int64_t value) {
  const int decimals = breaker::detail::series_info[static_cast<std::size_t>(series)].decimals;
  double one = 1;
  if (value != breaker::detail::no_value)
    for (int i = 0; i < decimals; ++i) one *= 10;
  return static_cast<double>(value) / one;
}

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
