// The result of one scrape of circuits, in prometheus-cpp's terms.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/adapters/detail/prometheus_value.hpp"
#include "breaker/base/version.hpp"
#include "breaker/metrics/exemplar.hpp"
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

  /// The labels of what follows, but an empty group.
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
      family(Series::calls_count).metric.back().summary.sample_sum = number;
      return;
    }
    if (series == Series::durations_count) return;  // its last bucket says that
    if (series == Series::durations_sum) {
      family(Series::durations_bucket).metric.back().histogram.sample_sum = number;
      return;
    }
    prometheus::ClientMetric& row = family(series).metric.emplace_back();
    row.label = labels_;
    const auto& [label, text] = breaker::detail::kind_info[static_cast<std::size_t>(kind)];
    if (kind != Kind::none) row.label.push_back({label, text});
    switch (family(series).type) {
      case prometheus::MetricType::Counter: row.counter.value = number; break;
      case prometheus::MetricType::Histogram: break;
      case prometheus::MetricType::Summary:
        row.summary.sample_count = static_cast<std::uint64_t>(value);
        row.summary.sample_sum = std::numeric_limits<double>::quiet_NaN();  // unless it follows
        break;
      default: row.gauge.value = number;
    }
  }
  void add_labelled(Series series, std::initializer_list<breaker::detail::Label> labels,
                    std::int64_t value) {
    add(series, value);
    auto& all = family(series).metric.back().label;
    for (const auto& [name, label] : labels) all.push_back({name, std::string{label}});
  }

  /// Buckets of one histogram come one after the other, up to the one without a bound.
  void add_bucket(Kind kind, std::int64_t bound, std::int64_t calls,
                  const Exemplar& /*none here*/) {
    auto& rows = family(Series::durations_bucket).metric;
    if (rows.empty() || has_ended_) add(Series::durations_bucket, 0, kind);
    has_ended_ = bound < 0;
    auto& row = rows.back().histogram;
    row.sample_count = static_cast<std::uint64_t>(calls);
    row.bucket.push_back({row.sample_count, bound < 0 ? std::numeric_limits<double>::infinity()
                                                      : static_cast<double>(bound) / 1e9});
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> families() && {
    std::vector<prometheus::MetricFamily> used;
    for (auto& family : families_)
      if (!family.metric.empty()) used.push_back(std::move(family));
    return used;
  }

 private:
  prometheus::MetricFamily& family(Series series) {
    return families_[static_cast<std::size_t>(series)];
  }
  std::array<prometheus::MetricFamily, std::size(breaker::detail::series_info)> families_;
  std::vector<prometheus::ClientMetric::Label> labels_;
  bool has_ended_ = true;  // the last histogram
};

}  // namespace adapters::detail
BREAKER_ABI_END
}  // namespace breaker
