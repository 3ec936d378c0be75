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
#include <utility>
#include <vector>

#include "breaker/base/version.hpp"
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
  void set_labels(std::initializer_list<std::pair<const char*, std::string_view>> labels) {
    const std::size_t begin = labels_.size();
    for (const auto& [label, value] : labels) {
      if (value.empty() && std::string_view{label} != "name") continue;
      labels_ += labels_.size() == begin ? '{' : ',';
      labels_.append(label).append("=\"");
      append_escaped(labels_, value);
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

  /// Add a number of a policy, by its own names.
  void add_number(std::string_view rule, std::string_view number, std::int64_t value) {
    std::string labels = ",rule=\"";
    append_escaped(labels, rule);
    append_escaped(labels.append("\",number=\""), number);
    labels += '"';
    auto known = std::find(kinds_.begin(), kinds_.end(), labels);
    if (known == kinds_.end()) known = kinds_.insert(known, labels);
    add(Series::numbers, value, static_cast<Kind>(known - kinds_.begin()));
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
    page.reserve(8192 + size_);
    const char* family = "";
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (samples_[i].empty()) continue;
      if (std::string_view{family} != series_info[i].family) append_head(page, series_info[i]);
      family = series_info[i].family;
      for (const Sample& sample : samples_[i]) append_sample(page, i, sample);
    }
    append_notes(page);
    return page;
  }

 private:
  struct Sample {
    std::int64_t value;
    std::uint32_t labels;
    Kind kind;
  };

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

  void append_head(std::string& page, const SeriesInfo& info) const {
    page.append("# HELP ").append(prefix_).append(info.family).append(" ").append(info.help);
    page.append("\n# TYPE ").append(prefix_).append(info.family).append(" ").append(info.type);
    page += '\n';
  }

  void append_sample(std::string& page, std::size_t series, const Sample& sample) const {
    const std::string_view labels = labels_of(sample);
    char number[40];
    char* end = number;
    if (!labels.empty()) *end++ = '}';
    *end++ = ' ';
    end = put(end, sample.value, series_info[series].decimals);
    *end++ = '\n';
    page.append(names_[series]).append(labels).append(text_of(sample.kind)).append(number, end);
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
  // By Kind, then the names of policies' numbers.
  std::vector<std::string> kinds_ = std::vector<std::string>(std::size(kind_info));
  std::array<std::vector<Sample>, std::size(series_info)> samples_;  // by Series
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
