// What the fields of a log mean, see layout.hpp.
#include "layout.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace backtest {

namespace {

// Usual names, the best first. A name with dots also stands at the end of a longer path.
constexpr std::string_view begin_names[] = {"begin",    "start_time",        "startTime",
                                            "StartUTC", "startTimeUnixNano", "start"};
constexpr std::string_view time_names[] = {"time",      "msec",       "time_iso8601", "time_local",
                                           "timestamp", "@timestamp", "ts",           "datetime"};
constexpr std::string_view end_names[] = {"end", "end_time", "endTime", "endTimeUnixNano"};
constexpr std::string_view status_names[] = {"http.response.status_code",
                                             "http.status_code",
                                             "httpRequest.status",
                                             "res.statusCode",
                                             "response.status",
                                             "status",
                                             "response_code",
                                             "status_code",
                                             "statusCode",
                                             "grpc.code",
                                             "grpc_code",
                                             "code"};
constexpr std::string_view outcome_names[] = {"outcome", "result", "status.status_code"};
constexpr std::string_view flags_names[] = {"flags", "response_flags"};
constexpr std::string_view termination_names[] = {"termination"};
constexpr std::string_view upstream_names[] = {"upstream", "upstream_addr", "upstream_host",
                                               "backend", "server.address"};
constexpr std::string_view host_names[] = {"host", "http_host", "server_name", "authority"};
constexpr std::string_view path_names[] = {"path", "uri",     "request_uri", "request",
                                           "url",  "req.url", "url.path"};

// Durations that always count the same, and those whose name may have the unit behind it.
constexpr std::string_view duration_names[] = {
    "duration",      "request_time", "rt",        "took",
    "response_time", "responseTime", "latency",   "elapsed",
    "elapsed_time",  "time_taken",   "grpc.time", "upstream_response_time"};
constexpr std::string_view counted_in_seconds[] = {"request_time", "rt", "upstream_response_time"};

struct Suffix {
  std::string_view text;
  Ticks unit;
};
constexpr std::array suffixes{Suffix{"_s", second},
                              Suffix{"_sec", second},
                              Suffix{"_secs", second},
                              Suffix{"_seconds", second},
                              Suffix{"_ms", 1'000'000},
                              Suffix{"_msec", 1'000'000},
                              Suffix{"_millis", 1'000'000},
                              Suffix{"_milliseconds", 1'000'000},
                              Suffix{"_us", 1'000},
                              Suffix{"_usec", 1'000},
                              Suffix{"_micros", 1'000},
                              Suffix{"_microseconds", 1'000},
                              Suffix{"_ns", 1},
                              Suffix{"_nsec", 1},
                              Suffix{"_nanos", 1},
                              Suffix{"_nanoseconds", 1},
                              Suffix{"Seconds", second},
                              Suffix{"Sec", second},
                              Suffix{"Ms", 1'000'000},
                              Suffix{"MS", 1'000'000},
                              Suffix{"Millis", 1'000'000},
                              Suffix{"Us", 1'000},
                              Suffix{"Micros", 1'000},
                              Suffix{"Ns", 1},
                              Suffix{"Nanos", 1}};

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

/// Whether `path` is `name`, or ends with it behind a dot.
bool ends_path(std::string_view path, std::string_view name) {
  return path.ends_with(name) &&
         (path.size() == name.size() || path[path.size() - name.size() - 1] == '.');
}

/// **Returns** the unit that the name of a duration tells: 0 for none, or nothing if `field` is not
/// `name` with or without a unit.
std::optional<Ticks> unit_in(std::string_view field, std::string_view name) {
  if (ends_path(field, name)) {
    const bool is_known = std::find(std::begin(counted_in_seconds), std::end(counted_in_seconds),
                                    name) != std::end(counted_in_seconds);
    return is_known ? second : 0;
  }
  for (const Suffix& suffix : suffixes) {
    if (field.ends_with(suffix.text) &&
        ends_path(field.substr(0, field.size() - suffix.text.size()), name))
      return suffix.unit;
  }
  return {};
}

/// **Returns** the unit at the end of a name that the user gave, or 0.
Ticks unit_behind(std::string_view field) {
  for (const Suffix& suffix : suffixes)
    if (field.ends_with(suffix.text)) return suffix.unit;
  return 0;
}

/// Gives fields their roles.
class Giver {
 public:
  Giver(const std::vector<FieldName>& fields, const Fields& settings)
      : fields_{fields}, settings_{settings} {
    layout_.roles.resize(fields.size());
    layout_.by = settings.by;
    for (const FieldName& field : fields) layout_.names.emplace_back(field.own);
  }

  Layout give_all() {
    give_time();
    give_duration();
    give_best(Role::status, status_names);
    give_best(Role::outcome, outcome_names);
    give_best(Role::flags, flags_names);
    give_best(Role::termination, termination_names);
    if (settings_.by.kind == KeyBy::Kind::column) {
      give_named(Role::key, settings_.by.column);
    } else {
      give_best(Role::key, key_names(settings_.by.kind));
    }
    if (!settings_.caller.empty()) give_named(Role::caller, settings_.caller);
    for (std::size_t i = 0; i < settings_.where.size(); ++i)
      give_condition(settings_.where[i], 1U << i);
    return std::move(layout_);
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;

  template <class Matches>
  std::size_t give_if(Role role, const Matches& matches) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!matches(fields_[i])) continue;
      layout_.roles[i] |= bit_of(role);
      return i;
    }
    return none;
  }

  std::size_t give_named(Role role, std::string_view name) {
    return give_if(role, [&](const FieldName& f) { return f.own == name || f.usual == name; });
  }

  /// **Returns** the field that the user has named, or `none`; `is_named`: there is such a name.
  std::size_t give_own(Role role, bool& is_named) {
    for (const Fields::Name& own : settings_.names) {
      if (own.role != role) continue;
      is_named = true;
      if (const std::size_t at = give_named(role, own.name); at != none) return at;
    }
    return none;
  }

  std::size_t give_usual(Role role, std::span<const std::string_view> names) {
    for (const std::string_view name : names) {
      const std::size_t at = give_if(role, [&](const FieldName& f) { return f.usual == name; });
      if (at != none) return at;
    }
    for (const std::string_view name : names) {
      const std::size_t at =
          give_if(role, [&](const FieldName& f) { return ends_path(f.usual, name); });
      if (at != none) return at;
    }
    return none;
  }

  std::size_t give_best(Role role, std::span<const std::string_view> usual) {
    bool is_named = false;
    std::size_t at = give_own(role, is_named);
    if (!is_named) at = give_usual(role, usual);
    if (role == Role::status && at != none)
      layout_.status_is_grpc = fields_[at].usual.find("grpc") != std::string_view::npos;
    return at;
  }

  void give_time() {
    bool is_named = false;
    bool is_begin = false;
    if (give_own(Role::time, is_named); !is_named) {
      is_begin = give_usual(Role::time, begin_names) != none;
      if (is_begin) {
        give_best(Role::end, end_names);
      } else {
        give_usual(Role::time, time_names);
      }
    }
    layout_.time_is_begin = settings_.time_is_begin.value_or(is_begin);
  }

  void give_duration() {
    bool is_named = false;
    if (const std::size_t at = give_own(Role::duration, is_named); at != none) {
      keep_unit(at, unit_behind(fields_[at].own));
    }
    if (is_named) return;
    for (const std::string_view name : duration_names) {
      Ticks unit = 0;
      const std::size_t at = give_if(Role::duration, [&](const FieldName& f) {
        const auto told = unit_in(f.usual, name);
        unit = told.value_or(0);
        return told.has_value();
      });
      if (at != none) return keep_unit(at, unit);
    }
  }

  void keep_unit(std::size_t at, Ticks unit) {
    layout_.duration = fields_[at].own;
    layout_.duration_unit = settings_.duration_unit.value_or(unit);
    if (settings_.duration_unit) {
      layout_.unit_is_from = "as --duration-unit says";
    } else if (unit != 0) {
      layout_.unit_is_from =
          fields_[at].own == fields_[at].usual ? "as its name says" : "as this format has it";
    }
  }

  void give_condition(const Fields::Condition& condition, unsigned bit) {
    layout_.all_conditions |= bit;  // a field that is not there meets nothing
    const std::size_t at = give_named(Role::condition, condition.name);
    if (at != none) layout_.where.push_back({at, condition.value, bit});
  }

  const std::vector<FieldName>& fields_;
  const Fields& settings_;
  Layout layout_;
};

}  // namespace

bool Layout::has(Role role) const {
  return std::any_of(roles.begin(), roles.end(),
                     [&](unsigned bits) { return (bits & bit_of(role)) != 0; });
}

Layout layout_of(const std::vector<FieldName>& fields, const Fields& settings) {
  return Giver{fields, settings}.give_all();
}

const char* lacks(const Layout& layout) {
  if (!layout.has(Role::time)) return "no time";
  if (!layout.has(Role::duration) && !layout.has(Role::end)) return "no duration";
  if (!layout.has(Role::status) && !layout.has(Role::outcome)) return "neither status nor outcome";
  return "";
}

}  // namespace backtest
