// A candidate, see candidate.hpp.
#include "candidate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <breaker/text/sentence.hpp>
#include <cstdint>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "call.hpp"
#include "text.hpp"

namespace backtest {

using breaker::Rule;

namespace {

/// **Returns** `text` as a sentence of today, if it is written as before.
std::string in_todays_words(std::string text) {
  static const std::vector<std::pair<std::regex, const char*>> changes = [] {
    std::vector<std::pair<std::regex, const char*>> all;
    for (const auto& [before, now] : std::initializer_list<std::pair<const char*, const char*>>{
             {"^slow\\s*>\\s*([^\\s>]+)\\s*(rate\\s*)?(>=|\u2265)", "slower than $1: "},
             {"^(failure )?rate\\s*(>=|\u2265)", ""},
             {"^consecutive\\s+(\\d+)(\\s+failures)?", "$1 failures in a row"},
             {"^(\\d+)\\s+consecutive(\\s+failures)?", "$1 failures in a row"},
             {",\\s*probes\\s+(\\d+)", ", $1 probes"},
             {",\\s*close\\s+(\\d+)", ", closing after $1"},
             {",\\s*reopen\\s+(\\d+)", ", reopening after $1"}})
      all.emplace_back(std::regex{before}, now);
    return all;
  }();
  for (const auto& [before, now] : changes) text = std::regex_replace(text, before, now);
  return text;
}

constexpr Rule in_its_place{.kind = Rule::Kind::row, .limit = 1};

/// "5 calls over 2 s" is no sentence of the library. **Returns** it as a rule, if `text` begins with it; another
/// rule stands in its place then.
std::optional<Rule> take_overdue(std::string& text) {
  static const std::regex form{R"(^(\d+)\s+calls\s+over\s+([\d.]+)\s*([a-z]+))"};
  std::smatch found;
  if (!std::regex_search(text, found, form)) return std::nullopt;
  const auto calls = parse_count(found.str(1));
  const auto limit = parse_duration(found.str(2) + found.str(3));
  constexpr int most = watched_places.back() / 2;
  if (!calls || *calls > most || !limit)
    throw std::invalid_argument{fmt::format(
        "candidate '{}': expected up to {} calls over a duration such as 2s", text, most)};
  const Rule rule{.kind = Rule::Kind::overdue,
                  .limit = static_cast<std::uint32_t>(*calls),
                  .slower_than = *limit};
  text = "1 failure in a row" + found.suffix().str();
  return rule;
}

std::string short_duration(Ticks ticks) {
  if (ticks % second == 0) return fmt::format("{} s", ticks / second);
  if (ticks % 1'000'000 == 0) return fmt::format("{} ms", ticks / 1'000'000);
  return fmt::format("{} ns", ticks);
}

std::string cpp_duration(Ticks ticks) {
  if (ticks % second == 0) return fmt::format("std::chrono::seconds{{{}}}", ticks / second);
  if (ticks % 1'000'000 == 0)
    return fmt::format("std::chrono::milliseconds{{{}}}", ticks / 1'000'000);
  return fmt::format("std::chrono::nanoseconds{{{}}}", ticks);
}

std::string cpp_share(breaker::Ratio share) {
  if (share.whole() == 100) return fmt::format("breaker::percent({})", share.part());
  return fmt::format("breaker::Ratio{{{}, {}}}", share.part(), share.whole());
}

std::string cpp_window(const Rule& rule) {
  return rule.last_calls > 0 ? fmt::format("breaker::last_calls<{}>()", rule.last_calls)
                             : fmt::format("breaker::within({})", cpp_duration(rule.within));
}

std::string cpp_score(const breaker::CusumSettings& chosen) {
  return fmt::format(
      "breaker::Cusum{{{{.normal = {}, .bad = {}, .calls_per_second = {}, .false_opening_every = "
      "{}{}}}}}",
      cpp_share(chosen.normal), cpp_share(chosen.bad), chosen.calls_per_second,
      cpp_duration(chosen.false_opening_every.ticks()),
      chosen.after_failure.part() == 0 ? ""
                                       : ", .after_failure = " + cpp_share(chosen.after_failure));
}

std::string cpp_policy(const Rule& rule) {
  switch (rule.kind) {
    case Rule::Kind::row: return fmt::format("breaker::ConsecutiveFailures{{{}}}", rule.limit);
    case Rule::Kind::score: return cpp_score(rule.chosen_for);
    case Rule::Kind::count:
      return fmt::format("breaker::FailureCount{{{}, {}}}", rule.limit, cpp_window(rule));
    case Rule::Kind::share:
      if (rule.marks == Rule::Marks::failed)
        return fmt::format("breaker::FailureRate{{{}, {{.threshold = {}, .min_calls = {}}}}}",
                           cpp_window(rule), cpp_share(rule.share), rule.min_calls);
      return fmt::format(
          "breaker::{}{{{}, {{.slower_than = {}, .threshold = {}, .min_calls = {}}}}}",
          rule.marks == Rule::Marks::slow ? "SlowCallRate" : "BadCallRate", cpp_window(rule),
          cpp_duration(rule.slower_than), cpp_share(rule.share), rule.min_calls);
    case Rule::Kind::overdue:
    default:
      return fmt::format("breaker::Overdue<{}>{{{{.limit = {}, .calls = {}}}}}", places_for(rule),
                         cpp_duration(rule.slower_than), rule.limit);
  }
}

std::string cpp_rules(const breaker::TripRules& rules) {
  if (rules.count == 1) return cpp_policy(rules.rule[0]);
  std::vector<std::string> each;
  for (int i = 0; i < rules.count; ++i) each.push_back(cpp_policy(rules.rule[i]));
  const bool is_any = rules.trip == breaker::TripRules::Trip::on_any;
  return fmt::format("breaker::{}({})", is_any ? "any_of" : "all_of", fmt::join(each, ", "));
}

std::string cpp_wait(const breaker::Backoff& wait) {
  const std::string first = cpp_duration(wait.first.ticks());
  const long long hundredths = wait.factor.hundredths();
  const bool grows = hundredths != 100 || wait.max != wait.first;
  if (!grows && wait.jitter.part() == 0) return first;
  std::string text = fmt::format("breaker::Backoff{{.first = {}", first);
  if (grows)
    text += fmt::format(", .factor = {}, .max = {}", static_cast<double>(hundredths) / 100,
                        cpp_duration(wait.max.ticks()));
  if (wait.jitter.part() != 0) text += ", .jitter = " + cpp_share(wait.jitter);
  return text + "}";
}

std::string cpp_config(const breaker::Config& config) {
  const breaker::Config usual;
  std::string text = ".open_for = " + cpp_wait(config.open_for.backoff());
  const auto add = [&](bool differs, const char* field, const std::string& value) {
    if (differs) text += fmt::format(", .{} = {}", field, value);
  };
  add(config.probes != usual.probes, "probes", std::to_string(config.probes));
  add(config.close_after != usual.close_after, "close_after", std::to_string(config.close_after));
  add(config.reopen_after != usual.reopen_after, "reopen_after",
      std::to_string(config.reopen_after));
  if (config.probe_lease.is_given())
    add(true, "probe_lease", cpp_duration(config.probe_lease.ticks()));
  add(config.retry_after_max != usual.retry_after_max, "retry_after_max",
      cpp_duration(config.retry_after_max.ticks()));
  add(config.mode != usual.mode, "mode", "breaker::Mode::shadow");
  add(config.slow_start, "slow_start", "true");
  return text;
}

}  // namespace

int places_for(const Rule& rule) {
  return *std::find_if(watched_places.begin(), watched_places.end() - 1, [&](int places) {
    return rule.limit <= static_cast<std::uint32_t>(places / 2);
  });
}

std::string Candidate::in_words() const {
  const Rule& rule = settings.rules.rule[0];
  if (rule.kind != Rule::Kind::overdue) return std::string{breaker::in_words(settings).view()};
  breaker::Settings others = settings;
  others.rules = in_its_place;
  const std::string text{breaker::in_words(others).view()};
  return fmt::format("{} calls over {}{}", rule.limit, short_duration(rule.slower_than),
                     text.substr(text.find(';')));
}

std::string Candidate::in_cpp() const {
  return fmt::format("breaker::CircuitBreaker circuit{{breaker::Config{{{}}}, {}}};",
                     cpp_config(settings.config), cpp_rules(settings.rules));
}

Candidate parse_candidate(std::string_view text) {
  std::string sentence = in_todays_words(std::string{trimmed(text)});
  const std::optional<Rule> overdue = take_overdue(sentence);
  const breaker::Parsed parsed = breaker::parse(sentence);
  if (!parsed)
    throw std::invalid_argument{fmt::format("candidate '{}':\n{}", text, parsed.message())};
  Candidate candidate{*parsed};
  if (overdue) candidate.settings.rules = *overdue;
  return candidate;
}

}  // namespace backtest
