// The results as text.
#include <fmt/format.h>

#include <iterator>

#include "report.hpp"
#include "text.hpp"

namespace backtest {

namespace {

using Out = std::back_insert_iterator<std::string>;

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string name_of(const Endpoint& endpoint) {
  return endpoint.name.empty() ? "All calls" : "Endpoint " + printable(endpoint.name);
}

const char* what_they_did(Outage::Kind kind) {
  return kind == Outage::Kind::slow ? "were slow" : "failed";
}

void write_notes(const Result& result, Out out) {
  const Input& input = result.input;
  const auto note = [&](std::uint64_t count, const std::string& what) {
    if (count > 0) fmt::format_to(out, "{}: {}.\n", what, grouped(count));
  };
  if (input.was_interrupted) fmt::format_to(out, "Interrupted: not read to the end.\n");
  for (const std::string& path : input.empty)
    fmt::format_to(out, "{} is empty.\n", printable(path));
  if (input.whole_seconds) {
    fmt::format_to(
        out, "Its times are whole seconds: the calls of a second are spread evenly over it.\n");
  }
  note(input.tally.other_lines, "Lines that are no calls, without a duration or a status");
  note(input.filtered, "Calls left out by --from, --to or --where");
  note(input.unknown_durations,
       "Calls that don't tell how long they took, replayed as if it was no time");
  note(input.order.too_long,
       fmt::format("Calls that took longer than {}, replayed with a later beginning",
                   in_words(result.settings.order.longest)));
  note(input.at_further_endpoints,
       fmt::format("Calls left out, to further endpoints than {}", result.settings.most_endpoints));
  if (!input.tally.truncated.empty())
    fmt::format_to(out, "Not read to the end: {}.\n", input.tally.truncated);
}

void write_input(const Result& result, Out out) {
  const Input& input = result.input;
  fmt::format_to(out, "{}\n", result.settings.judge.in_words());
  fmt::format_to(out, "{} {}\n{}\n\n", honest_limit, callers_in_words(result.settings),
                 result.settings.outage.in_words());
  const Tally& tally = input.tally;
  const std::string failures =
      tally.unreadable_failures == 0
          ? ""
          : fmt::format(" ({} of them failures)", grouped(tally.unreadable_failures));
  fmt::format_to(out, "Read {} ({}), {}: {} unreadable{}, {} misplaced in time.\n{}\n",
                 counted(tally.lines, "line"), input.format,
                 printable(fmt::format("{}", fmt::join(input.paths, ", "))),
                 grouped(tally.unreadable), failures, grouped(input.order.misplaced),
                 input.duration);
  for (const BadLine& bad : tally.bad_lines) {
    fmt::format_to(out, "  {}:{}: {}: {}\n", bad.path, bad.number, to_string(bad.fault),
                   printable(bad.text));
  }
  write_notes(result, out);
}

void write_outages(const Endpoint& endpoint, Out out) {
  constexpr std::size_t most = 10;
  std::size_t shown = 0;
  for (const Outage& outage : endpoint.outages) {
    if (shown++ == most) break;
    fmt::format_to(out, "  outage {}  {}  for {}: {} of {} {}\n", shown, date_and_time(outage.from),
                   in_words(outage.until - outage.from), grouped(outage.failures),
                   counted(outage.calls, "call"), what_they_did(outage.kind));
  }
  if (endpoint.outage_count > most)
    fmt::format_to(out, "  and {} more\n", grouped(endpoint.outage_count - most));
}

void write_candidates(const Result& result, const Endpoint& endpoint, std::size_t most_rows,
                      Out out) {
  fmt::format_to(out, "\n  {:<52} {:>6} {:>9} {:>9} {:>9} {:>8} {:>6} {:>6} {:>10} {:>5} {:>10}\n",
                 "candidate", "opened", "open for", "saved", "lost", "after", "missed", "false",
                 "promised", "flaps", "waiting");
  std::size_t shown = 0;
  const std::size_t chosen =
      endpoint.recommendation.helps ? endpoint.recommendation.candidate : SIZE_MAX;
  for (const std::size_t i : endpoint.ranking) {
    if (shown++ == most_rows && most_rows > 0) break;
    const Trial& trial = endpoint.trials[i];
    const Assessment& assessment = endpoint.assessments[i];
    fmt::format_to(
        out, "{} {:<52} {:>6} {:>9} {:>9} {:>9} {:>8} {:>6} {:>6} {:>10} {:>5} {:>10}\n",
        i == chosen ? '*' : ' ', result.settings.candidates[i].in_words(), trial.openings,
        in_words(trial.open_time), grouped(trial.saved), grouped(trial.lost),
        assessment.caught == 0 ? "-" : in_words(assessment.mean_delay), assessment.missed,
        assessment.false_openings, promised_in_words(endpoint.promises[i]), trial.flaps,
        in_words(trial.waiting_saved));
  }
  if (shown <= endpoint.ranking.size() && most_rows > 0 && endpoint.ranking.size() > most_rows) {
    fmt::format_to(out, "  … and {} more (--all shows them)\n",
                   endpoint.ranking.size() - most_rows);
  }
}

/// What the candidates that are shown do not keep.
void write_warnings(const Result& result, const Endpoint& endpoint, std::size_t most_rows,
                    Out out) {
  std::size_t shown = 0;
  for (const std::size_t i : endpoint.ranking) {
    if (shown++ == most_rows && most_rows > 0) break;
    const std::string text =
        warning(result.settings.candidates[i], endpoint.promises[i], endpoint.normal);
    if (!text.empty()) fmt::format_to(out, "\n! {}.\n", text);
  }
}

void write_endpoint(const Result& result, const Endpoint& endpoint, std::size_t most_rows,
                    Out out) {
  fmt::format_to(out, "\n{}: {}, {} failed ({:.1f} %)", name_of(endpoint),
                 counted(endpoint.calls, "call"), grouped(endpoint.failures),
                 percent(endpoint.failures, endpoint.calls));
  if (endpoint.ignored > 0) fmt::format_to(out, ", {} not counted", grouped(endpoint.ignored));
  if (endpoint.callers.size() > 1)
    fmt::format_to(out, ", {} callers", grouped(endpoint.callers.size()));
  fmt::format_to(out, "; {} to {} UTC, {}; {}\n", date_and_time(endpoint.first),
                 date_and_time(endpoint.last), in_words(endpoint.last - endpoint.first),
                 counted(endpoint.outage_count, "outage"));
  write_outages(endpoint, out);
  fmt::format_to(out, "{}\n", in_words(endpoint.normal));
  write_candidates(result, endpoint, most_rows, out);
  write_warnings(result, endpoint, most_rows, out);
  const std::size_t best = endpoint.recommendation.candidate;
  if (endpoint.recommendation.helps) {
    fmt::format_to(out, "\n* opened first at {}: {}\n",
                   time_of_day(endpoint.trials[best].kept.front().from),
                   endpoint.trials[best].first_cause);
  }
  fmt::format_to(out, "\n{}\n", endpoint.recommendation.reasons);
  if (!endpoint.recommendation.helps) return;
  fmt::format_to(out, "\nFor a file of settings: {}\nFor code: {}\n",
                 result.settings.candidates[best].in_words(), endpoint.recommendation.cpp);
}

std::string seconds_in_words(double seconds) {
  constexpr double day = 86'400;
  if (seconds > 365'000 * day) return "never";
  return seconds > 730 * day ? fmt::format("{:.3g} years", seconds / (365 * day))
                             : in_words(static_cast<Ticks>(seconds * 1e9));
}

/// What promises the rate that was asked for, and whether it kept that here.
void write_wanted(const WantedRate& rate, const Result& result, Out out) {
  const Endpoint& all = result.endpoints.front();
  fmt::format_to(out, "\nNo more than one false opening in {}, at {}:\n", in_words(rate.every),
                 in_words(rate.assumed));
  if (rate.candidates.empty()) {
    fmt::format_to(out, "nothing promises it.\n");
    return;
  }
  fmt::format_to(out, "  {:<52} {:>10} {:>6} {:>6} {:>10} {:>10} {:>11}\n", "", "promised", "false",
                 "missed", "dead", "half dead", "one in five");
  for (std::size_t i = 0; i < rate.candidates.size(); ++i) {
    const Wanted& wanted = rate.candidates[i];
    const auto& forecast = all.promises[i].busy;
    const auto after = [&](const breaker::Forecast::Delay& delay) {
      return seconds_in_words(delay.seconds);
    };
    fmt::format_to(out, "{} {:<52} {:>10} {:>6} {:>6} {:>10} {:>10} {:>11}\n",
                   wanted.news == Promise::News::broken ? '!' : ' ', wanted.candidate.in_words(),
                   seconds_in_words(wanted.every), all.assessments[i].false_openings,
                   all.assessments[i].missed, forecast ? after(forecast->dead) : "-",
                   forecast ? after(forecast->at_50) : "-",
                   forecast ? after(forecast->at_20) : "-");
  }
  if (rate.has_broken())
    fmt::format_to(out,
                   "! opened more often than it promises: more than the call before decides here. "
                   "Failures vary "
                   "{:.2g} times as much in a second as if each failed by itself.\n",
                   all.normal.dispersion_of_second);
  if (rate.choice) {
    fmt::format_to(out, "Of those that kept it the best in rank, for a file of settings: {}\n",
                   rate.candidates[*rate.choice].candidate.in_words());
  } else {
    fmt::format_to(
        out,
        "None of them kept it in this log: take a longer log, a rarer rate, or go by what "
        "candidates did.\n");
  }
}

void write_legend(Out out) {
  fmt::format_to(
      out,
      "\nopened: closed to open · open for: until it closed again, together · saved: refused, "
      "would "
      "have failed, or been slow in an outage by slowness\nlost: refused, would have succeeded · "
      "after: from an outage's first failure to "
      "the opening, on average\nmissed: outages in which it never was open · false: openings in no "
      "outage · promised: how often it opens falsely, by forecast(), if calls fail one by one as "
      "often as they did; far more often where failures come in clumps\nflaps: openings within {} "
      "of closing\nwaiting: how long the saved calls "
      "would have "
      "taken, together\n",
      in_words(Trial::flap_within));
}

}  // namespace

std::string callers_in_words(const Settings& settings) {
  if (!settings.fields.caller.empty())
    return "Each caller ('" + settings.fields.caller +
           "') has circuits of its own; what they did is added up.";
  if (settings.callers > 1)
    return fmt::format(
        "The calls are dealt in turn to {} callers, each with circuits of its own; what they did "
        "is "
        "added up.",
        settings.callers);
  return "One circuit judges all calls, as if one process had made them: if there are more, say so "
         "(--caller FIELD, --callers N).";
}

std::string text_report(const Result& result, std::size_t most_rows) {
  std::string text;
  const Out out = std::back_inserter(text);
  write_input(result, out);
  for (const Endpoint& endpoint : result.endpoints)
    write_endpoint(result, endpoint, most_rows, out);
  if (result.wanted) write_wanted(*result.wanted, result, out);
  write_legend(out);
  return text;
}

}  // namespace backtest
