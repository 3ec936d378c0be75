// Which format a log has.
#include "format.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "line_reader.hpp"

namespace backtest {

namespace {

constexpr const char* nginx_format =
    "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
    "\"$http_referer\" \"$http_user_agent\" $request_time $upstream_addr $host";

constexpr const char* envoy_format =
    "[$start_time] \"$request\" $status $response_flags $bytes_received $bytes_sent $duration_ms "
    "$upstream_service_time \"$forwarded_for\" \"$user_agent\" \"$request_id\" \"$host\" "
    "\"$upstream_addr\"";

std::unique_ptr<Format> make_nginx_format(const Fields& fields) {
  return make_template_format("nginx combined + $request_time", nginx_format, fields);
}

/// Apache's %t is when the request came in, and %D counts microseconds.
std::unique_ptr<Format> make_apache_format(Fields fields) {
  if (!fields.time_is_begin) fields.time_is_begin = true;
  if (!fields.duration_unit) fields.duration_unit = second / 1'000'000;
  return make_template_format("Apache combined + %D", nginx_format, fields);
}

std::unique_ptr<Format> make_envoy_format(const Fields& fields) {
  return make_template_format("Envoy's default format", envoy_format, fields);
}

std::unique_ptr<Format> make_format(const std::string& name,
                                    const std::vector<std::string_view>& lines,
                                    const Fields& fields) {
  if (name.find('$') != std::string::npos)
    return make_template_format("the log_format given", name, fields);
  if (name == "nginx") return make_nginx_format(fields);
  if (name == "apache") return make_apache_format(fields);
  if (name == "envoy") return make_envoy_format(fields);
  if (name == "json") return make_json_format(fields);
  if (name == "csv") return make_csv_format(lines[0], fields);
  throw std::invalid_argument{
      "no format is called '" + name +
      "'; there are nginx, apache, envoy, json, csv, auto, or a log_format"};
}

std::vector<std::string_view> lines_of(std::string_view sample, std::size_t most) {
  std::vector<std::string_view> lines;
  while (lines.size() < most) {
    const std::size_t end = sample.find('\n');
    if (end == std::string_view::npos) {
      if (lines.empty() && !sample.empty()) lines.push_back(sample);  // a log of one line
      break;
    }
    std::string_view line = sample.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    sample.remove_prefix(end + 1);
  }
  return lines;
}

/// nginx and Apache differ in how they write how long a call took: "0.023" and "23041".
bool has_fraction_of_a_second(std::string_view line) {
  const std::size_t quote = line.rfind('"');
  const std::string_view tail = quote == std::string_view::npos ? line : line.substr(quote + 1);
  const std::string_view took = trimmed(tail).substr(0, trimmed(tail).find(' '));
  return took.find('.') != std::string_view::npos;
}

struct Reading {
  std::size_t readable = 0;
  bool whole_seconds = true;
};

Reading try_on(Format& format, const std::vector<std::string_view>& lines) {
  Reading reading;
  Record record;
  std::string padded;
  for (const std::string_view line : lines) {
    padded = line;
    padded.resize(line.size() + LineReader::padding);
    const std::string_view text{padded.data(), line.size()};
    if (format.parse(text, record) != Fault::none) continue;
    ++reading.readable;
    if (record.time.has_fraction) reading.whole_seconds = false;
  }
  return reading;
}

std::string most_fitting(const std::vector<std::string_view>& lines, const Fields& fields) {
  const auto fractions = std::count_if(lines.begin(), lines.end(), has_fraction_of_a_second);
  const bool is_nginx = 2 * static_cast<std::size_t>(fractions) >= lines.size();
  std::size_t most = 0;
  std::string best;
  for (const std::string name : {"envoy", is_nginx ? "nginx" : "apache", "json", "csv"}) {
    try {
      const std::size_t readable = try_on(*make_format(name, lines, fields), lines).readable;
      if (readable > most) best = name;
      most = std::max(most, readable);
    } catch (const std::invalid_argument&) {  // no CSV, or not its columns
    }
  }
  if (2 * most >= lines.size()) return best;
  throw std::invalid_argument{
      "the format is not known; it begins with\n  " + printable(lines[0].substr(0, 200)) +
      "\nName it with --format: nginx, apache, envoy, json, csv, or the log_format of your nginx "
      "configuration in quotes"};
}

}  // namespace

FoundFormat find_format(const std::string& name, std::string_view sample, const Fields& fields) {
  const std::vector<std::string_view> lines = lines_of(sample, 100);
  if (lines.empty()) throw std::invalid_argument{"there is no line in it"};
  auto format = make_format(name == "auto" ? most_fitting(lines, fields) : name, lines, fields);
  const bool whole_seconds = try_on(*format, lines).whole_seconds;
  return {std::move(format), whole_seconds};
}

}  // namespace backtest
