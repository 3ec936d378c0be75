// The command line, see options.hpp.
#include "options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <breaker/base/version.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "candidates.hpp"
#include "formats.hpp"
#include "output.hpp"
#include "text.hpp"

namespace backtest {

namespace {

constexpr const char* description =
    "Replays access logs through circuit breakers with different settings, and says which to take.";

constexpr const char* footer = R"(
A candidate is a sentence of the library; what trips comes first:
  5 failures in a row                   5 failures in 10 s      50 % of the last 100 calls, at least 20
  slower than 200 ms: 50 % in 10 s      worse than 1 % to 10 % once per year at 50 calls/s
  3 failures in a row; open 5 s doubling to 5 min; 3 probes, closing after 2
or, of calls that have been out for long: 5 calls over 2 s

Exit codes: 0 done, 1 wrong command line, 2 the log can't be read, 3 the report can't be written.)";

/// What CLI11 fills in, as text.
struct Texts {
  std::string by;
  std::string time_is;
  std::string duration_unit;
  std::string failure_status = "0,5xx";
  std::string ignore_status;
  std::string slower_than;
  std::string aborted = "failure";
  std::string reorder = "5s";
  std::string longest_call = "60s";
  std::string outage_length = "3s";
  std::string candidates;
  std::string false_openings;
  std::vector<std::string> fields;
  std::vector<std::string> tries;
  std::vector<std::string> where;
  std::string from;
  std::string until;
  bool lists_formats = false;
};

Ticks duration_of(const std::string& text, const char* option) {
  const auto duration = parse_duration(text);
  if (!duration)
    throw std::invalid_argument{std::string{option} + ": '" + text +
                                "' is no duration such as 5s or 200ms"};
  return *duration;
}

/// "once a year", "once per 30 d", "30 d".
Ticks interval_of(std::string_view text, const char* option) {
  constexpr Ticks day = 86'400 * second;
  std::string_view rest = trimmed(text);
  for (const std::string_view word : {"once ", "per ", "a ", "an ", "every ", "in "})
    if (rest.substr(0, word.size()) == word) rest = trimmed(rest.substr(word.size()));
  for (const auto& [name, length] : {std::pair{"year", 365 * day},
                                     {"month", 30 * day},
                                     {"week", 7 * day},
                                     {"day", day},
                                     {"hour", day / 24}})
    if (rest == name) return length;
  const auto length = parse_duration(rest);
  if (!length || *length == 0)
    throw std::invalid_argument{
        fmt::format("{}: '{}' is no rate such as 'once a year' or 'once per 30 d'", option, text)};
  return *length;
}

Ticks time_of(const std::string& text, const char* option) {
  const auto time = parse_time(text);
  if (!time)
    throw std::invalid_argument{std::string{option} + ": '" + text +
                                "' is no time such as 2026-11-23T18:54:23Z"};
  return time->at;
}

Fields::Condition condition_in(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    throw std::invalid_argument{"--where: '" + text + "' is no FIELD=VALUE"};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

KeyBy key_by(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (kind == "upstream") return {.kind = KeyBy::Kind::upstream};
  if (kind == "host") return {.kind = KeyBy::Kind::host};
  if (kind == "path-prefix") {
    const auto segments = rest.empty() ? std::optional{1} : parse_count(rest);
    if (segments && *segments >= 1)
      return {.kind = KeyBy::Kind::path_prefix, .segments = *segments};
  }
  if (kind == "column" && !rest.empty()) return {.kind = KeyBy::Kind::column, .column = rest};
  throw std::invalid_argument{
      "--by: '" + text + "' is none of upstream, host, path-prefix, path-prefix:2, column:NAME"};
}

Fields::Name field_named(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string role = text.substr(0, equals);
  const std::string name = equals == std::string::npos ? "" : text.substr(equals + 1);
  if (!name.empty()) {
    if (role == "time") return {Role::time, name};
    if (role == "duration") return {Role::duration, name};
    if (role == "status") return {Role::status, name};
    if (role == "outcome") return {Role::outcome, name};
    if (role == "upstream" || role == "host" || role == "path") return {Role::key, name};
  }
  throw std::invalid_argument{"--field: '" + text +
                              "' is none of time=NAME, duration=NAME, status=NAME, outcome=NAME, "
                              "upstream=NAME, host=NAME, path=NAME"};
}

void add_input_options(CLI::App& app, Options& options, Texts& texts) {
  app.add_option(
      "log", options.logs,
      "Logs, rotated ones and those of replicas; .gz, .bz2, .xz, .zst too; - is the standard "
      "input");
  app.add_option("--format", options.settings.format,
                 "A format that --formats lists, auto, or an nginx log_format in quotes")
      ->capture_default_str();
  app.add_option("--from", texts.from, "Leave out what is before this time: 2026-11-23T18:54:23Z");
  app.add_option("--to", texts.until, "Leave out what is at this time or later");
  app.add_option("--where", texts.where, "Only lines with FIELD=VALUE; several must all hold")
      ->allow_extra_args(false);
  app.add_option("--field", texts.fields,
                 "A field with a name of its own: time=…, duration=…, status=…, outcome=…, …")
      ->allow_extra_args(false);
  app.add_option("--time-is", texts.time_is, "What a line's time is: when the call began, or ended")
      ->check(CLI::IsMember({"begin", "end"}));
  app.add_option("--duration-unit", texts.duration_unit, "What a duration counts: s, ms, us, ns")
      ->check(CLI::IsMember({"s", "ms", "us", "ns"}));
  app.add_option("--by", texts.by,
                 "A circuit for each: upstream, host, path-prefix[:SEGMENTS], column:NAME");
  app.add_option("--caller", options.settings.fields.caller,
                 "A circuit for each caller, whom this field names: as many processes have");
  app.add_option("--callers", options.settings.callers,
                 "… or so many callers, to whom the calls are dealt in turn")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096))
      ->excludes("--caller");
  app.add_option("--max-endpoints", options.settings.most_endpoints,
                 "Calls of further ones are left out, and counted")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  app.add_option("--reorder", texts.reorder, "Lines may be out of order by so much")
      ->capture_default_str();
  app.add_option("--longest-call", texts.longest_call, "Longer calls begin later in the replay")
      ->capture_default_str();
  app.add_option("--allow-unreadable", options.settings.most_unreadable,
                 "Percent of lines that may be unreadable, or out of order")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  app.add_flag("--allow-truncated", options.settings.allow_truncated,
               "Make do with a compressed file that ends in the middle");
}

void add_judge_options(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--failure-status", texts.failure_status,
                 "Statuses that are failures; 0 is no answer")
      ->capture_default_str();
  app.add_option("--ignore-status", texts.ignore_status, "Statuses that count as nothing");
  app.add_option("--slower-than", texts.slower_than, "A call that takes longer is a failure");
  app.add_option("--aborted", texts.aborted, "A call that the caller gave up (499)")
      ->capture_default_str()
      ->check(CLI::IsMember({"failure", "success", "ignored"}));
  app.add_option("--outage-percent", options.settings.outage.share_percent,
                 "A second in which so many percent of the calls fail is bad")
      ->capture_default_str()
      ->check(CLI::Range(1, 100));
  app.add_option("--outage-failures", options.settings.outage.failures,
                 "An outage has so many failures")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--outage-length", texts.outage_length, "An outage lasts so long")
      ->capture_default_str();
}

void add_candidate_options(CLI::App& app, Options& options, Texts& texts) {
  app.add_option("--try", texts.tries, "A candidate; may be repeated")->allow_extra_args(false);
  app.add_option("--candidates", texts.candidates, "A file of candidates, one a line");
  app.add_option(
         "--false-openings", texts.false_openings,
         "Look for settings of each kind that open a healthy circuit no more often: 'once a "
         "year', '30 d'; the logs are read twice")
      ->excludes("--by");
  app.add_option("--lost-costs", options.settings.lost_costs,
                 "So many saved calls make up for a lost one")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
}

void add_output_options(CLI::App& app, Options& options) {
  app.add_option("--html", options.html, "Write a page with pictures to this file");
  app.add_option("--json", options.json, "Write everything to this file; -: instead of the text");
  app.add_flag("--all", options.all, "Show every candidate, not the ten best");
}

void interpret(const Texts& texts, Settings& settings) {
  if (!texts.by.empty()) settings.fields.by = key_by(texts.by);
  for (const std::string& field : texts.fields) settings.fields.names.push_back(field_named(field));
  if (texts.where.size() > 16) throw std::invalid_argument{"--where: more than 16 conditions"};
  for (const std::string& where : texts.where) settings.fields.where.push_back(condition_in(where));
  if (!texts.from.empty()) settings.from = time_of(texts.from, "--from");
  if (!texts.until.empty()) settings.until = time_of(texts.until, "--to");
  if (!texts.time_is.empty()) settings.fields.time_is_begin = texts.time_is == "begin";
  if (!texts.duration_unit.empty())
    settings.fields.duration_unit = parse_duration("1" + texts.duration_unit);
  settings.judge.failures = Statuses{texts.failure_status};
  settings.judge.ignored = Statuses{texts.ignore_status};
  if (!texts.slower_than.empty())
    settings.judge.slower_than = duration_of(texts.slower_than, "--slower-than");
  settings.judge.aborted = texts.aborted == "failure"   ? Verdict::failure
                           : texts.aborted == "success" ? Verdict::success
                                                        : Verdict::ignored;
  settings.order.reorder = duration_of(texts.reorder, "--reorder");
  settings.order.longest = duration_of(texts.longest_call, "--longest-call");
  settings.outage.at_least = duration_of(texts.outage_length, "--outage-length");
  for (const std::string& text : texts.tries)
    settings.candidates.push_back(checked_candidate(text));
  if (!texts.candidates.empty()) {
    const auto read = read_candidates(texts.candidates);
    settings.candidates.insert(settings.candidates.end(), read.begin(), read.end());
  }
  if (settings.candidates.empty()) settings.candidates = usual_candidates();
  if (!texts.false_openings.empty())
    settings.false_opening_every = interval_of(texts.false_openings, "--false-openings");
}

/// **Returns** the formats with their names and a line of each, which may have several.
std::string list_of_formats() {
  std::string text;
  for (const KnownFormat& known : known_formats()) {
    text += std::string{known.name} + ": " + std::string{known.title} + "\n";
    std::string_view sample = known.samples.front().log;
    while (!sample.empty()) {
      const std::string_view line = sample.substr(0, sample.find('\n'));
      text += "    " + std::string{line} + "\n";
      sample.remove_prefix(std::min(sample.size(), line.size() + 1));
    }
  }
  return text;
}

}  // namespace

Options parse_options(int argc, const char* const* argv) {
  Options options;
  Texts texts;
  CLI::App app{description, "breaker-backtest"};
  app.footer(footer);
  app.set_version_flag("--version", "breaker-backtest " BREAKER_VERSION_STRING);
  app.add_flag("--formats", texts.lists_formats,
               "List the formats that are known, with a line of each");
  add_input_options(app, options, texts);
  add_judge_options(app, options, texts);
  add_candidate_options(app, options, texts);
  add_output_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw Exit{app.exit(error) == 0 ? 0 : 1};
  }
  options.settings.allow_unequal = app.count("--allow-unreadable") > 0;
  if (texts.lists_formats) {
    write_to_stdout(list_of_formats());
    throw Exit{0};
  }
  interpret(texts, options.settings);
  if (options.logs.empty()) {
    if (isatty(STDIN_FILENO) != 0)
      throw std::invalid_argument{"no log is named (- reads the standard input; see --help)"};
    options.logs.emplace_back("-");
  }
  if (options.settings.false_opening_every &&
      std::find(options.logs.begin(), options.logs.end(), "-") != options.logs.end())
    throw std::invalid_argument{
        "--false-openings reads the logs twice: the standard input can be read once"};
  return options;
}

}  // namespace backtest
