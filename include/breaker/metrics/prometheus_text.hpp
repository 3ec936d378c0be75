// PrometheusText: puts samples into the text exposition format, which wants those of one series side
// by side. Knows the series' names, and nothing of circuits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/base/version.hpp"
#include "breaker/metrics/exemplar.hpp"
#include "breaker/metrics/format.hpp"
#include "breaker/metrics/label_text.hpp"
#include "breaker/metrics/series.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace detail {

/// Keeps the samples as numbers and writes each once, to its place: a page of 10 000 circuits is
/// 30 MB of text.
class PrometheusText {
 public:
  explicit PrometheusText(std::string_view prefix) : prefix_{prefix} {
    for (std::size_t i = 0; i < names_.size(); ++i)
      names_[i].append(prefix).append(series_info[i].family).append(series_info[i].suffix);
    for (std::size_t i = 1; i < kinds_.size(); ++i)
      kinds_[i].append(",").append(kind_info[i].label).append("=\"").append(kind_info[i].text) +=
          '"';
  }

  /// Make room for `times` as many samples as there are.
  void reserve(std::size_t times) {
    for (auto& samples : samples_) samples.reserve(samples.size() * times);
  }

  /// The labels of the samples that follow. One whose value is empty is left out.
  void set_labels(std::initializer_list<Label> labels) {
    const std::size_t begin = labels_.size();
    for (const auto& [label, value] : labels) {
      if (value.empty() && std::string_view{label} != "name") continue;
      labels_ += labels_.size() == begin ? '{' : ',';
      labels_.append(label).append("=\"");
      detail::append_escaped(labels_, value);
      labels_ += '"';
    }
    labels_ends_.push_back(labels_.size());
  }

  /// Add a sample. **Requires** that labels were set, be it none.
  void add(Series series, std::int64_t value, Kind kind = Kind::none) {
    const auto i = static_cast<std::size_t>(series);
    const Sample& sample = samples_[i].emplace_back(
        Sample{value, static_cast<std::uint32_t>(labels_ends_.size() - 1), kind});
    size_ += names_[i].size() + labels_of(sample).size() + text_of(kind).size() + 4 +
             static_cast<std::size_t>(series_info[i].decimals) + digits_of(value);
  }

  /// Add a sample with more labels than a kind.
  void add_labelled(Series series, std::initializer_list<Label> labels, std::int64_t value) {
    std::string text;
    for (const auto& [name, label] : labels) {
      detail::append_escaped(text.append(",").append(name).append("=\""), label);
      text += '"';
    }
    add(series, value, known(text));
  }

  /// Add a bucket of a histogram. `bound`: its upper bound in nanoseconds, -1 of the last. `calls`: in it and
  /// in those before it.
  void add_bucket(Kind kind, std::int64_t bound, std::int64_t calls, const Exemplar& exemplar) {
    std::string text = ",le=\"";
    bound < 0 ? static_cast<void>(text += "+Inf") : append_bound(text, bound);
    add(Series::durations_bucket, calls, kind);
    Sample& sample = samples_[static_cast<std::size_t>(Series::durations_bucket)].back();
    sample.bucket = known(text += '"');
    size_ += text.size() + (exemplar.trace ? 80 : 0);
    if (!exemplar.trace) return;
    sample.exemplar = static_cast<std::uint32_t>(exemplars_.size() + 1);
    exemplars_.push_back(exemplar);
  }

  /// A circuit without Counters, one whose Counters keep no time.
  void note_uncounted(std::string_view name) {
    if (uncounted_++ >= names_shown) return;
    if (!uncounted_names_.empty()) uncounted_names_ += ", ";
    detail::append_escaped(uncounted_names_, name);
  }
  void note_untimed() { ++untimed_; }

  /// `created`: on an OpenMetrics page, since when the counts count, in seconds of Unix time; 0: not said.
  [[nodiscard]] std::string page(PrometheusFormat format = PrometheusFormat::text,
                                 std::int64_t created = 0) const {
    const bool is_open = format == PrometheusFormat::openmetrics;
    std::string page;
    page.reserve(8192 + size_ * (is_open && created > 0 ? 3 : 1));
    page.append("# HELP breaker")
        .append(is_open ? "" : "_info")
        .append(" The library\n# TYPE breaker");
    page.append(is_open ? " info" : "_info gauge").append("\nbreaker_info{version=\"");
    page.append(BREAKER_VERSION_STRING "\"} 1\n");
    for (std::size_t begin = 0, end = 0; begin < samples_.size(); begin = end) {
      end = end_of_family(begin);
      if (samples_[begin].empty()) continue;
      append_head(page, series_info[begin], is_open);
      append_family(page, begin, end, is_open, created);
    }
    is_open ? static_cast<void>(page += "# EOF\n") : append_notes(page);
    return page;
  }

 private:
  struct Sample {
    [[nodiscard]] bool is_of_one_metric_with(const Sample& other) const noexcept {
      return labels == other.labels && kind == other.kind;
    }

    std::int64_t value;
    std::uint32_t labels;
    Kind kind;
    Kind bucket = Kind::none;    // its label `le`
    std::uint32_t exemplar = 0;  // its number from 1, if it has one
  };

  /// **Returns** where the series of the family end that begins at `begin`.
  static constexpr std::size_t end_of_family(std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < std::size(series_info) &&
           std::string_view{series_info[end].family} == series_info[begin].family)
      ++end;
    return end;
  }

  /// **Returns** the kind that stands for these labels.
  Kind known(const std::string& labels) {
    auto found = std::find(kinds_.begin(), kinds_.end(), labels);
    if (found == kinds_.end()) found = kinds_.insert(found, labels);
    return static_cast<Kind>(found - kinds_.begin());
  }

  /// Append a bound in seconds as OpenMetrics wants it: 0.005, 1.0.
  static void append_bound(std::string& to, std::int64_t bound) {
    char text[40];
    const char* end = put(text, bound, 9);
    while (end[-1] == '0' && end[-2] != '.') --end;
    to.append(std::string_view{text, end});
  }

  /// **Returns** no less than `value` has digits: 1233 / 4096 is a little more than log10(2).
  static std::size_t digits_of(std::int64_t value) {
    const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
    const int digits = bits * 1233 / 4096 + 1;
    return static_cast<std::size_t>(digits);
  }

  [[nodiscard]] std::string_view labels_of(const Sample& sample) const {
    const std::size_t begin = labels_ends_[sample.labels - 1];
    return std::string_view{labels_}.substr(begin, labels_ends_[sample.labels] - begin);
  }
  [[nodiscard]] std::string_view text_of(Kind kind) const {
    return kinds_[static_cast<std::size_t>(kind)];
  }

  static constexpr std::size_t names_shown = 5;

  void append_head(std::string& page, const SeriesInfo& info, bool is_open) const {
    std::string_view family = info.family;
    constexpr std::string_view total = "_total";
    if (is_open && family.ends_with(total)) family.remove_suffix(total.size());
    page.append("# HELP ").append(prefix_).append(family).append(" ").append(info.help);
    page.append("\n# TYPE ").append(prefix_).append(family).append(" ").append(info.type);
    page += '\n';
  }

  /// Append the samples of the series from `begin` to `end`, those of one metric side by side.
  void append_family(std::string& page, std::size_t begin, std::size_t end, bool is_open,
                     std::int64_t created) const {
    const bool is_counted = std::string_view{series_info[begin].type} != "gauge";
    std::size_t next[max_series]{};  // of each series, the sample that comes next
    while (next[0] < samples_[begin].size()) {
      const Sample& first = samples_[begin][next[0]];
      for (std::size_t i = begin; i < end; ++i) {
        const std::vector<Sample>& samples = samples_[i];
        std::size_t& at = next[i - begin];
        for (; at < samples.size() && samples[at].is_of_one_metric_with(first); ++at)
          append_sample(page, i, samples[at], is_open);
      }
      if (is_open && is_counted && created > 0) append_created(page, begin, first, created);
    }
  }
  static constexpr std::size_t max_series = 3;  // of a family

  void append_sample(std::string& page, std::size_t series, const Sample& sample,
                     bool is_open) const {
    page.append(names_[series]);
    append_value(page, sample, sample.value, series_info[series].decimals);
    if (is_open && sample.exemplar > 0) append_exemplar(page, exemplars_[sample.exemplar - 1]);
    page += '\n';
  }

  void append_created(std::string& page, std::size_t series, Sample sample,
                      std::int64_t created) const {
    std::string_view family = series_info[series].family;
    if (family.ends_with("_total")) family.remove_suffix(6);
    page.append(prefix_).append(family).append("_created");
    sample.bucket = Kind::none;
    append_value(page, sample, created, 0);
    page += '\n';
  }

  void append_value(std::string& page, const Sample& sample, std::int64_t value,
                    int decimals) const {
    const std::string_view labels = labels_of(sample);
    char number[40];
    char* end = number;
    std::string_view kind = text_of(sample.kind);
    if (!labels.empty() || !kind.empty()) *end++ = '}';
    *end++ = ' ';
    end = put(end, value, decimals);
    if (labels.empty() && !kind.empty()) {  // of a registry without a group
      page += '{';
      kind.remove_prefix(1);
    }
    page.append(labels).append(kind).append(text_of(sample.bucket));
    page.append(number, end);
  }

  static void append_exemplar(std::string& page, const Exemplar& exemplar) {
    page += " # {trace_id=\"";
    for (const std::uint64_t half : {exemplar.trace.high, exemplar.trace.low})
      for (int shift = 60; shift >= 0; shift -= 4) page += "0123456789abcdef"[half >> shift & 15];
    char number[40];
    page.append("\"} ").append(number, put(number, exemplar.took.count(), 9));
  }

  /// Write `value` / 10^`decimals`. **Returns** where that ends.
  static char* put(char* to, std::int64_t value, int decimals) {
    if (value == no_value) {
      *to++ = '-';
      *to++ = '1';
      return to;
    }
    std::uint64_t one = 1;
    for (int i = 0; i < decimals; ++i) one *= 10;
    auto rest = static_cast<std::uint64_t>(value);
    to = std::to_chars(to, to + 20, rest / one).ptr;
    if (one > 1) *to++ = '.';
    while (one > 1) {
      rest %= one;
      one /= 10;
      *to++ = static_cast<char>('0' + rest / one);
    }
    return to;
  }

  void append_notes(std::string& page) const {
    if (uncounted_ > 0) {
      page.append("# Without ").append(prefix_).append("_calls_seconds: ");
      page.append(std::to_string(uncounted_))
          .append(" circuits that have no breaker::Counters as a ");
      page.append("listener: ").append(uncounted_names_);
      page += uncounted_ > names_shown ? ", ...\n" : "\n";
    }
    if (untimed_ > 0) {
      page.append("# Without ").append(prefix_).append("_calls_seconds_sum: ");
      page.append(std::to_string(untimed_))
          .append(" circuits whose listener is breaker::Counters, ");
      page += "not breaker::TimedCounters\n";
    }
  }

  std::string prefix_;
  std::array<std::string, std::size(series_info)> names_;  // by Series
  // By Kind, then further labels.
  std::vector<std::string> kinds_ = std::vector<std::string>(std::size(kind_info));
  std::array<std::vector<Sample>, std::size(series_info)> samples_;  // by Series
  std::vector<Exemplar> exemplars_;
  std::string labels_;                       // all that were set, one after the other
  std::vector<std::size_t> labels_ends_{0};  // where each ends; the first begins at 0
  std::size_t size_ = 0;                     // of the page without what is not a sample, or more
  std::size_t uncounted_ = 0;
  std::string uncounted_names_;
  std::size_t untimed_ = 0;
};

}  // namespace detail
BREAKER_ABI_END
}  // namespace breaker
