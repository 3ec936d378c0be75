// What one line of a log says, see record.hpp.
#include "record.hpp"

#include <algorithm>
#include <cctype>
#include <span>

namespace backtest {

namespace {

// Usual names, the best first.
constexpr std::string_view time_names[] = {"time",      "msec",       "time_iso8601", "time_local",
                                           "timestamp", "@timestamp", "ts",           "start_time"};
constexpr std::string_view duration_names[] = {
    "duration", "duration_ms",   "duration_us", "request_time",          "rt",
    "took",     "response_time", "latency",     "upstream_response_time"};
constexpr std::string_view status_names[] = {"status", "response_code", "status_code", "code"};
constexpr std::string_view outcome_names[] = {"outcome", "result"};
constexpr std::string_view flags_names[] = {"response_flags"};
constexpr std::string_view upstream_names[] = {"upstream_addr", "upstream", "upstream_host",
                                               "backend"};
constexpr std::string_view host_names[] = {"host", "http_host", "server_name", "authority"};
constexpr std::string_view path_names[] = {"uri", "request_uri", "path", "request", "url"};

std::span<const std::string_view> key_names(KeyBy::Kind kind) {
  switch (kind) {
    case KeyBy::Kind::upstream: return upstream_names;
    case KeyBy::Kind::host: return host_names;
    case KeyBy::Kind::path_prefix: return path_names;
    case KeyBy::Kind::nothing:
    case KeyBy::Kind::column: break;
  }
  return {};
}

bool is_same_word(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != b[i]) return false;
  return true;
}

std::optional<Verdict> parse_outcome(std::string_view text) {
  constexpr std::string_view good[] = {"success", "ok", "true", "1", "succeeded"};
  constexpr std::string_view bad[] = {"failure", "fail",  "failed", "error",
                                      "timeout", "false", "0"};
  for (const auto word : good)
    if (is_same_word(text, word)) return Verdict::success;
  for (const auto word : bad)
    if (is_same_word(text, word)) return Verdict::failure;
  if (is_same_word(text, "ignored")) return Verdict::ignored;
  return {};
}

/// "POST /api/users/1?x=2 HTTP/1.1", or the path alone, to "/api" for one segment.
std::string_view path_prefix(std::string_view request, int segments) {
  if (const std::size_t blank = request.find(' '); blank != std::string_view::npos) {
    request.remove_prefix(blank + 1);
    request = request.substr(0, request.find(' '));
  }
  request = request.substr(0, request.find_first_of("?#"));
  std::size_t end = 0;
  for (int segment = 0; segment < segments && end != std::string_view::npos; ++segment)
    end = request.find('/', end + 1);
  return request.substr(0, end);
}

/// Of several upstreams that were tried, the one that answered last.
std::string_view last_upstream(std::string_view text) {
  const std::size_t at = text.find_last_of(", ");
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

std::string_view key_in(std::string_view text, const KeyBy& by) {
  if (by.kind == KeyBy::Kind::path_prefix) return path_prefix(text, by.segments);
  if (by.kind == KeyBy::Kind::upstream) return last_upstream(text);
  return text;
}

Fault take_duration(std::string_view text, Ticks unit, Record& record) {
  if (text.empty() || text == "-") return Fault::no_duration;
  auto took = parse_decimal(text, unit);
  if (!took) took = parse_duration(text);
  if (!took) return Fault::bad_duration;
  record.took = *took;
  return Fault::none;
}

Fault take_status(std::string_view text, Record& record) {
  if (text == "-") text = "0";
  const auto status = parse_count(text);
  if (!status || *status > 999) return Fault::bad_status;
  record.status = *status;
  if (*status == 499) record.is_aborted = true;
  return Fault::none;
}

}  // namespace

const char* to_string(Fault fault) {
  switch (fault) {
    case Fault::none: return "nothing";
    case Fault::other_format: return "not of this format";
    case Fault::no_time: return "no time";
    case Fault::bad_time: return "not a time";
    case Fault::no_duration: return "no duration";
    case Fault::bad_duration: return "not a duration";
    case Fault::no_outcome: return "neither status nor outcome";
    case Fault::bad_status: return "not a status";
    case Fault::bad_outcome: return "not an outcome";
    case Fault::too_long: return "longer than 1 MiB";
  }
  return "?";
}

Layout layout_of(const std::vector<std::string_view>& fields, const Fields& settings) {
  Layout layout{.roles = std::vector<Role>(fields.size(), Role::unused), .by = settings.by};
  std::string_view duration;
  std::string_view time;
  const auto give = [&](Role role, std::string_view name) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i] != name || layout.roles[i] != Role::unused) continue;
      layout.roles[i] = role;
      if (role == Role::duration) duration = name;
      if (role == Role::time) time = name;
      return true;
    }
    return false;
  };
  const auto give_best = [&](Role role, std::span<const std::string_view> usual) {
    bool is_named = false;
    for (const Fields::Name& own : settings.names) {
      if (own.role != role) continue;
      is_named = true;
      if (give(role, own.name)) return true;
    }
    return !is_named && std::any_of(usual.begin(), usual.end(),
                                    [&](std::string_view name) { return give(role, name); });
  };
  give_best(Role::time, time_names);
  give_best(Role::duration, duration_names);
  give_best(Role::status, status_names);
  give_best(Role::outcome, outcome_names);
  const bool is_envoy = give_best(Role::flags, flags_names);
  if (settings.by.kind == KeyBy::Kind::column) {
    give(Role::key, settings.by.column);
  } else {
    give_best(Role::key, key_names(settings.by.kind));
  }
  layout.time_is_begin = settings.time_is_begin.value_or(time == "start_time");
  layout.duration_unit =
      settings.duration_unit.value_or(duration.ends_with("_us")               ? second / 1'000'000
                                      : duration.ends_with("_ms") || is_envoy ? second / 1'000
                                                                              : second);
  return layout;
}

Fault take(Role role, std::string_view text, const Layout& layout, Record& record) {
  switch (role) {
    case Role::unused: return Fault::none;
    case Role::time: {
      const auto time = parse_time(text);
      if (!time) return text.empty() ? Fault::no_time : Fault::bad_time;
      record.time = *time;
      return Fault::none;
    }
    case Role::duration: return take_duration(text, layout.duration_unit, record);
    case Role::status: return take_status(text, record);
    case Role::outcome:
      record.outcome = parse_outcome(text);
      return record.outcome ? Fault::none : Fault::bad_outcome;
    case Role::flags:
      if (text.find("DC") != std::string_view::npos) record.is_aborted = true;
      return Fault::none;
    case Role::key: record.key = key_in(text, layout.by); return Fault::none;
  }
  return Fault::none;
}

Fault missing(unsigned seen) {
  if ((seen & bit_of(Role::time)) == 0) return Fault::no_time;
  if ((seen & bit_of(Role::duration)) == 0) return Fault::no_duration;
  if ((seen & (bit_of(Role::status) | bit_of(Role::outcome))) == 0) return Fault::no_outcome;
  return Fault::none;
}

}  // namespace backtest
