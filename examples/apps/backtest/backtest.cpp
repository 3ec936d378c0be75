// The backtest, see backtest.hpp.
#include "backtest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "interrupt.hpp"
#include "plausible.hpp"
#include "replay.hpp"
#include "units.hpp"

namespace backtest {

namespace {

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

class Run {
 public:
  Run(const std::vector<std::string>& paths, const Settings& settings, const Progress& progress)
      : settings_{settings},
        progress_{progress},
        sources_{paths,
                 {settings.format, settings.fields, settings.judge, settings.allow_truncated}},
        endpoints_{settings},
        order_{how(), [this](std::uint32_t endpoint, const Event& event) {
                 endpoints_.add(endpoint, event);
               }} {
    input_.paths = paths;
    input_.empty = sources_.empty();
    input_.format = joined(sources_.formats());
    input_.duration = duration_in_words(sources_.layout());
    input_.whole_seconds = sources_.whole_seconds();
    input_.time_is_begin = sources_.layout().time_is_begin;
  }

  Result finish() {
    sources_.read([this](const Record& record) { take(record); });
    order_.finish();
    input_.tally = sources_.tally();
    input_.order = order_.counts();
    input_.unknown_durations = durations_.unknown();
    input_.was_interrupted = is_interrupted();
    require_fields();
    require_readable();
    require_likely();
    return {settings_, std::move(input_), endpoints_.finish()};
  }

 private:
  [[nodiscard]] Order::Settings how() const {
    Order::Settings how = settings_.order;
    how.whole_seconds = sources_.whole_seconds();
    how.time_is_begin = sources_.layout().time_is_begin;
    // A log is written when calls end: by their beginnings it is out of order by as long as they took.
    if (how.time_is_begin) how.reorder = std::max(how.reorder, how.longest);
    return how;
  }

  static std::string duration_in_words(const Layout& layout) {
    if (layout.duration.empty()) return "Durations: from the beginning and the end of each call.";
    if (layout.duration_unit == 0)
      return "Durations: '" + layout.duration + "', each with its unit behind it.";
    return "Durations: '" + layout.duration + "' in " + unit_name(layout.duration_unit) + ", " +
           layout.unit_is_from + ".";
  }

  void take(const Record& record) {
    constexpr std::uint64_t calls_between_progress = 8192;
    if (progress_ && ++calls_ % calls_between_progress == 0)
      progress_(sources_.bytes(), sources_.tally().lines, sources_.share_read());
    met_ |= record.meets;
    has_caller_ |= !record.caller.empty();
    if (record.meets != all_conditions_ || (settings_.from && record.time.at < *settings_.from) ||
        (settings_.until && record.time.at >= *settings_.until)) {
      ++input_.filtered;
      return;
    }
    durations_.add(record);
    std::string_view name;
    if (settings_.fields.by.kind != KeyBy::Kind::nothing) {
      name = record.key.empty() ? "(not named)" : record.key;
      has_key_ |= !record.key.empty();
    }
    const std::uint32_t endpoint = endpoints_.number_of(name, record.caller);
    if (endpoint == Endpoints::none) {
      ++input_.at_further_endpoints;
      return;
    }
    const Verdict verdict = settings_.judge.judge(record);
    if (verdict == Verdict::failure) ++failures_;
    order_.add(record.time.at, record.took, endpoint, verdict);
  }

  [[nodiscard]] std::string percent(std::uint64_t count) const {
    const std::uint64_t of = input_.tally.lines - input_.tally.other_lines;
    return fmt::format("{:.1f} %", 100.0 * static_cast<double>(count) / static_cast<double>(of));
  }

  [[nodiscard]] bool is_too_much(std::uint64_t count) const {
    const std::uint64_t of = input_.tally.lines - input_.tally.other_lines;
    return 100.0 * static_cast<double>(count) > settings_.most_unreadable * static_cast<double>(of);
  }

  /// What the user named is there.
  void require_fields() const {
    const std::string there = "; there are " + printable(joined(sources_.layout().names));
    if (settings_.fields.by.kind != KeyBy::Kind::nothing && !has_key_ && durations_.calls() > 0)
      throw InputError{"no line has the field that --by asks for" + there +
                       ". Name it: --by column:NAME"};
    if (!settings_.fields.caller.empty() && !has_caller_)
      throw InputError{"no line has the field '" + settings_.fields.caller +
                       "' that --caller asks for" + there};
    for (std::size_t i = 0; i < settings_.fields.where.size(); ++i) {
      const auto& [name, value] = settings_.fields.where[i];
      if ((met_ & (1U << i)) == 0)
        throw InputError{"no line has the field '" + name + "' with the value '" + value + "'" +
                         there};
    }
  }

  void require_readable() const {
    const Tally& tally = input_.tally;
    if (tally.lines == tally.other_lines || durations_.calls() + tally.unreadable == 0)
      throw InputError{input_.filtered > 0
                           ? "no call is left: all are outside --from, --to, --where"
                           : "there is no call in the log"};
    if (is_too_much(tally.unreadable)) {
      std::string text = fmt::format("{} of {} lines can't be read ({}){}:", tally.unreadable,
                                     tally.lines, percent(tally.unreadable), told_failures());
      for (const BadLine& bad : tally.bad_lines)
        text += fmt::format("\n  {}:{}: {}: {}", bad.path, bad.number, to_string(bad.fault),
                            printable(bad.text));
      throw InputError{text + "\nGo on all the same with --allow-unreadable PERCENT"};
    }
    if (is_too_much(input_.order.misplaced)) {
      throw InputError{
          fmt::format("{} of {} lines are out of order by more than {} ({}). Widen with --reorder, "
                      "or go on with "
                      "--allow-unreadable PERCENT",
                      input_.order.misplaced, tally.lines, in_words(order_.settings().reorder),
                      percent(input_.order.misplaced))};
    }
    // A failure that can't be read is missing where it counts most.
    const std::uint64_t failures = tally.unreadable_failures;
    const std::uint64_t readable = durations_.calls();
    if (!settings_.allow_unequal && failures >= 5 &&
        failures * readable > 2 * failures_ * tally.unreadable_judged) {
      const BadLine& bad = tally.bad_lines.front();
      throw InputError{fmt::format(
          "{} lines can't be read, and {} of them are failures, a larger share than among the "
          "others: "
          "an outage may be missing. The first is\n  {}:{}: {}: {}\nGo on all the same with "
          "--allow-unreadable PERCENT",
          tally.unreadable, failures, bad.path, bad.number, to_string(bad.fault),
          printable(bad.text))};
    }
  }

  /// **Returns** ", 5 of them failures", or "".
  [[nodiscard]] std::string told_failures() const {
    const std::uint64_t failures = input_.tally.unreadable_failures;
    return failures == 0 ? "" : fmt::format(", {} of them failures", failures);
  }

  /// The durations can be true.
  void require_likely() const {
    if (2 * durations_.unknown() > durations_.calls())
      throw InputError{fmt::format(
          "{} of {} calls have no duration. Name the field that has it: --field duration=NAME",
          durations_.unknown(), durations_.calls())};
    if (settings_.fields.duration_unit) return;
    if (const std::string doubt = durations_.doubt(); !doubt.empty())
      throw InputError{"the durations can't be true: " + doubt + ". " + input_.duration +
                       " Say what they count: --duration-unit s, ms, us or ns"};
  }

  const Settings& settings_;
  const Progress& progress_;
  Sources sources_;
  Input input_;
  Endpoints endpoints_;
  Order order_;
  Durations durations_;
  const unsigned all_conditions_ = (1U << settings_.fields.where.size()) - 1;
  unsigned met_ = 0;         // conditions that some line meets
  bool has_caller_ = false;  // some line has it
  bool has_key_ = false;     // some line has it
  std::uint64_t calls_ = 0;
  std::uint64_t failures_ = 0;
};

/// **Returns** settings for the wanted rate where calls are as they were in `first`.
WantedRate wanted_of(const Result& first) {
  const Endpoint& endpoint = first.endpoints.front();
  const Recommendation& best = endpoint.recommendation;
  const Ticks every = *first.settings.false_opening_every;
  const Assumed assumed = assumed_of(endpoint.normal, endpoint.callers.size());
  if (endpoint.normal.calls == 0) return {every, assumed, {}};
  return {every, assumed,
          wanted_candidates(
              every, assumed,
              best.helps ? first.settings.candidates[best.candidate].config() : breaker::Config{})};
}

/// **Returns** `others` behind those that are wanted.
std::vector<Candidate> behind(const std::vector<Wanted>& wanted,
                              const std::vector<Candidate>& others) {
  std::vector<Candidate> all;
  for (const Wanted& each : wanted) all.push_back(each.candidate);
  for (const Candidate& other : others)
    if (std::find(all.begin(), all.end(), other) == all.end()) all.push_back(other);
  return all;
}

}  // namespace

Result run(const std::vector<std::string>& paths, const Settings& settings,
           const Progress& progress) {
  Result first = Run{paths, settings, progress}.finish();
  if (!settings.false_opening_every || is_interrupted()) return first;
  WantedRate wanted = wanted_of(first);
  Settings both = settings;
  both.candidates = behind(wanted.candidates, settings.candidates);
  Result result = Run{paths, both, progress}.finish();
  const Endpoint& all = result.endpoints.front();
  hold_against(wanted, all.normal, all.assessments, all.callers.size(), all.ranking);
  result.wanted = std::move(wanted);
  return result;
}

}  // namespace backtest
