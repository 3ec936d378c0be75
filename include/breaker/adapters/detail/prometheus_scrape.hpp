// What one scrape of circuits comes to, in prometheus-cpp's terms.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/metrics/series.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters::detail {

/// Takes samples, see breaker::detail::add_circuit(), and puts those of one family side by side.
class PrometheusScrape {
  using Series = breaker::detail::Series;
  using Kind = breaker::detail::Kind;

 public:
  explicit PrometheusScrape(const std::string& prefix) {
    for (std::size_t i = 0; i < families_.size(); ++i) {
      const auto& info = breaker::detail::series_info[i];
      families_[i] = {prefix + info.family, info.help, type_of(info.type), {}};
    }
  }

  /// The labels of the samples that follow. An empty group is left out.
  void set_labels(std::string_view name, const std::string& group) {
    labels_ = {{"name", std::string{name}}};
    set_group(group);
  }
  void set_group(const std::string& group) {
    if (!group.empty()) labels_.push_back({"group", group});
  }

  void add(Series series, std::int64_t value, Kind kind = Kind::none) {
    const double number = number_of(series, value);
    if (series == Series::calls_sum) {
      row_of_last_count().sample_sum = number;
      return;
    }
    prometheus::ClientMetric& row = family(series).metric.emplace_back();
    row.label = labels_;
    const auto& [label, text] = breaker::detail::kind_info[static_cast<std::size_t>(kind)];
    if (kind != Kind::none) row.label.push_back({label, text});
    switch (family(series).type) {
      case prometheus::MetricType::Counter: row.counter.value = number; break;
      case prometheus::MetricType::Summary:
        row.summary.sample_count = static_cast<std::uint64_t>(value);
        row.summary.sample_sum = std::numeric_limits<double>::quiet_NaN();  // unless it follows
        break;
      default: row.gauge.value = number;
    }
  }

  void add_number(const char* rule, const char* number, std::int64_t value) {
    add(Series::numbers, value);
    auto& labels = family(Series::numbers).metric.back().label;
    labels.push_back({"rule", rule});
    labels.push_back({"number", number});
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> families() && {
    std::vector<prometheus::MetricFamily> used;
    for (auto& family : families_) {
      if (!family.metric.empty()) used.push_back(std::move(family));
    }
    return used;
  }

 private:
  static prometheus::MetricType type_of(std::string_view name) {
    if (name == "counter") return prometheus::MetricType::Counter;
    if (name == "summary") return prometheus::MetricType::Summary;
    return prometheus::MetricType::Gauge;
  }

  static double number_of(Series series, std::int64_t value) {
    const int decimals = breaker::detail::series_info[static_cast<std::size_t>(series)].decimals;
    double one = 1;
    if (value != breaker::detail::no_value)
      for (int i = 0; i < decimals; ++i) one *= 10;
    return static_cast<double>(value) / one;
  }

  prometheus::MetricFamily& family(Series series) {
    return families_[static_cast<std::size_t>(series)];
  }
  prometheus::ClientMetric::Summary& row_of_last_count() {
    return family(Series::calls_count).metric.back().summary;
  }

  std::array<prometheus::MetricFamily, std::size(breaker::detail::series_info)> families_;
  std::vector<prometheus::ClientMetric::Label> labels_;
};

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
