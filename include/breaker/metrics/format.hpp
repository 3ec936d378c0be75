// The two text formats that Prometheus reads, and which of them a scraper wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "breaker/base/version.hpp"

namespace breaker {
BREAKER_ABI_BEGIN

/// How a page is written.
enum class PrometheusFormat : std::uint8_t {
  text,         ///< The text exposition format, version 0.0.4.
  openmetrics,  ///< OpenMetrics 1.0.0: with exemplars, and times of creation where they are given.
};

/// **Returns** what to say in `Content-Type`.
[[nodiscard]] constexpr const char* content_type_of(PrometheusFormat format) noexcept {
  return format == PrometheusFormat::openmetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

namespace detail {

/// Take what stands before the next `end` off the front of `text`. **Returns** it, without blanks around it.
constexpr std::string_view take_until(std::string_view& text, char end) noexcept {
  const std::size_t at = text.find(end);
  std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  while (taken.starts_with(' ')) taken.remove_prefix(1);
  while (taken.ends_with(' ')) taken.remove_suffix(1);
  return taken;
}

/// **Returns** how much a scraper wants a format, in thousandths: the `q` of one entry of `Accept`.
constexpr int weight_of(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view parameter = take_until(parameters, ';');
    if (!parameter.starts_with("q=")) continue;
    int weight = parameter.substr(2).starts_with('1') ? 1000 : 0;
    int place = 100;
    for (std::size_t i = 4; i < parameter.size() && place > 0; ++i, place /= 10) {
      if (parameter[i] < '0' || parameter[i] > '9') break;
      weight += (parameter[i] - '0') * place;
    }
    return weight;
  }
  return 1000;
}

}  // namespace detail

/// `accept`: the value of a scraper's `Accept` header. **Returns** OpenMetrics if it asks for that, and for
/// nothing that is written here more; else text.
[[nodiscard]] constexpr PrometheusFormat prometheus_format(std::string_view accept) noexcept {
  int openmetrics = 0;
  int text = 0;
  while (!accept.empty()) {
    std::string_view entry = detail::take_until(accept, ',');
    const std::string_view type = detail::take_until(entry, ';');
    int* const most = type == "application/openmetrics-text" ? &openmetrics
                      : type == "text/plain"                 ? &text
                                                             : nullptr;
    if (most == nullptr) continue;
    const int weight = detail::weight_of(entry);
    if (weight > *most) *most = weight;
  }
  return openmetrics > 0 && openmetrics >= text ? PrometheusFormat::openmetrics
                                                : PrometheusFormat::text;
}

BREAKER_ABI_END
}  // namespace breaker
