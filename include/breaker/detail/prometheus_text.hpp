// PrometheusText: puts samples into the text exposition format, which wants those of one series side
// by side. Knows the series' names, and nothing of circuits.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "breaker/version.hpp"

namespace breaker::inline BREAKER_ABI::detail {

enum class Series : std::uint8_t {
  state,
  refused,
  transitions,
  stale,
  listener_errors,
  buffered,
  max_buffered,
  failure_rate,
  slow_call_rate,
  slow_calls,
  calls_count,
  calls_sum,
  calls_max,
  registry_size,
  registry_made,
  registry_capacity,
  registry_overflowed,
};

struct SeriesInfo {
  const char* family;  // what help and type are said of
  const char* suffix;  // of the sample's name, behind the family's
  const char* type;
  const char* help;
};

/// By Series. Series of one family follow one another.
inline constexpr SeriesInfo series_info[] = {
    {"_state", "", "gauge", "The states of the circuit breaker: 1 for the current one"},
    {"_not_permitted_calls_total", "", "counter", "The number of calls that were refused"},
    {"_transitions_total", "", "counter", "The number of changes of state"},
    {"_stale_calls_total", "", "counter", "Verdicts that came too late to count"},
    {"_listener_errors_total", "", "counter", "Exceptions that listeners threw"},
    {"_buffered_calls", "", "gauge", "The number of calls in the window of the policy"},
    {"_max_buffered_calls", "", "gauge", "The number of calls that the window can hold"},
    {"_failure_rate", "", "gauge", "The failure rate in percent, -1 below the minimum of calls"},
    {"_slow_call_rate", "", "gauge",
     "The slow call rate in percent, -1 below the minimum of calls"},
    {"_slow_calls", "", "gauge", "The number of slow calls in the window of the policy"},
    {"_calls_seconds", "_count", "summary", "The settled calls and how long they took"},
    {"_calls_seconds", "_sum", "summary", ""},
    {"_calls_seconds_max", "", "gauge", "The longest call since the start"},
    {"_registry_size", "", "gauge", "Keys that have a circuit"},
    {"_registry_made", "", "gauge", "Circuits made, those of erased keys included"},
    {"_registry_capacity", "", "gauge", "Circuits that may be made"},
    {"_registry_overflowed_total", "", "counter", "Look-ups that the overflow circuit answered"},
};

class PrometheusText {
 public:
  explicit PrometheusText(std::string_view prefix) : prefix_{prefix} {
    for (std::size_t i = 0; i < names_.size(); ++i)
      names_[i].append(prefix).append(series_info[i].family).append(series_info[i].suffix);
  }

  /// Make room for `times` as many samples as there are, so that a long page is not copied as it
  /// grows.
  void reserve(std::size_t times) {
    for (std::string& samples : samples_) samples.reserve(samples.size() * times);
  }

  /// The labels of the samples that follow. One whose value is empty is left out.
  void set_labels(std::initializer_list<std::pair<const char*, std::string_view>> labels) {
    labels_.clear();
    for (const auto& [label, value] : labels) {
      if (value.empty() && std::string_view{label} != "name") continue;
      labels_ += labels_.empty() ? "{" : ",";
      labels_.append(label).append("=\"");
      append_escaped(labels_, value);
      labels_ += '"';
    }
  }

  /// Add a sample, with one more label if `label` is not empty: `kind="failed"`.
  void add(Series series, std::unsigned_integral auto value, std::string_view label = {}) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    add_text(series, {digits, static_cast<std::size_t>(end - digits)}, label);
  }

  /// Add a sample that is `value` / 10^`decimals`.
  void add_fraction(Series series, std::uint64_t value, std::size_t decimals,
                    std::string_view label = {}) {
    std::string digits = std::to_string(value);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, 1, '.');
    add_text(series, digits, label);
  }

  void add_text(Series series, std::string_view value, std::string_view label = {}) {
    std::string& samples = samples_[static_cast<std::size_t>(series)];
    samples.append(names_[static_cast<std::size_t>(series)]).append(labels_);
    if (!label.empty()) (samples += labels_.empty() ? '{' : ',') += label;
    samples.append(labels_.empty() && label.empty() ? " " : "} ").append(value) += '\n';
  }

  /// A circuit without Counters, one whose Counters keep no time.
  void note_uncounted(std::string_view name) {
    if (uncounted_++ >= names_shown) return;
    if (!uncounted_names_.empty()) uncounted_names_ += ", ";
    append_escaped(uncounted_names_, name);
  }
  void note_untimed() { ++untimed_; }

  [[nodiscard]] std::string page() const {
    std::string page;
    std::size_t size = 8192;
    for (const std::string& samples : samples_) size += samples.size();
    page.reserve(size);
    const char* family = "";
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (samples_[i].empty()) continue;
      const SeriesInfo& info = series_info[i];
      if (std::string_view{family} != info.family) {
        family = info.family;
        page.append("# HELP ").append(prefix_).append(family).append(" ").append(info.help);
        page.append("\n# TYPE ").append(prefix_).append(family).append(" ").append(info.type) +=
            '\n';
      }
      page += samples_[i];
    }
    append_notes(page);
    return page;
  }

 private:
  static constexpr std::size_t names_shown = 5;

  void append_notes(std::string& page) const {
    if (uncounted_ > 0) {
      page.append("# Without ").append(prefix_).append("_calls_seconds: ");
      page.append(std::to_string(uncounted_))
          .append(" circuits that have no breaker::Counters as a ");
      page.append("listener: ").append(uncounted_names_);
      page += uncounted_ > names_shown ? ", ...\n" : "\n";
    }
    if (untimed_ > 0) {
      page.append("# Without ").append(prefix_).append("_calls_seconds_sum and _max: ");
      page.append(std::to_string(untimed_))
          .append(" circuits whose listener is breaker::Counters, ");
      page += "not breaker::TimedCounters\n";
    }
  }

  /// **Returns** how many bytes the UTF-8 character at `at` takes, 0 if there is none.
  static std::size_t character_at(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) {
      return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    for (std::size_t i = 1; i < size; ++i) {
      if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    const bool is_overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool is_beyond = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
    return is_overlong || is_beyond ? 0 : size;
  }

  /// A scraper refuses the whole page for one label that is not UTF-8.
  static void append_escaped(std::string& to, std::string_view text) {
    static constexpr char hex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t size = character_at(text, i);
      if (text[i] == '\n') {
        to += "\\n";
      } else if (text[i] == '\\' || text[i] == '"') {
        (to += '\\') += text[i];
      } else if (size > 0) {
        to += text.substr(i, size);
      } else {
        const auto byte = static_cast<unsigned char>(text[i]);
        ((to += "\\\\x") += hex[byte >> 4]) += hex[byte & 15];
      }
      i += size > 0 ? size : 1;
    }
  }

  std::string prefix_;
  std::array<std::string, std::size(series_info)> names_;  // by Series
  std::string labels_;
  std::array<std::string, std::size(series_info)> samples_;  // by Series
  std::size_t uncounted_ = 0;
  std::string uncounted_names_;
  std::size_t untimed_ = 0;
};

}  // namespace breaker::inline BREAKER_ABI::detail
