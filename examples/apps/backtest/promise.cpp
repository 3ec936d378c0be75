// What a candidate promises, see promise.hpp.
#include "promise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "text.hpp"

namespace backtest {

namespace {

/// **Returns** the chance of `count` or more, where `expected` is the average of independent ones.
double chance_of(std::uint64_t count, double expected) {
  double term = std::exp(-expected);
  double below = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    below += term;
    term *= expected / static_cast<double>(i + 1);
  }
  return std::max(0.0, 1 - below);
}

bool looks_at_slow_calls(const breaker::TripRules& rules) {
  return std::any_of(rules.rule, rules.rule + rules.count, [](const breaker::Rule& rule) {
    return rule.marks != breaker::Rule::Marks::failed || rule.kind == breaker::Rule::Kind::overdue;
  });
}

std::string percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

/// **Returns** how often it promises to open falsely, in seconds.
double interval(const breaker::Forecast& forecast) {
  return forecast.is_rough ? forecast.at_least : forecast.false_openings_every;
}

double in_seconds(Ticks ticks) { return static_cast<double>(ticks) / static_cast<double>(second); }

/// **Returns** whether forecasts take long: tens of milliseconds for windows of many calls.
bool takes_long(const breaker::TripRules& rules, double calls_per_second) {
  constexpr double most = 50'000;  // calls
  return std::any_of(rules.rule, rules.rule + rules.count, [&](const breaker::Rule& rule) {
    return calls_per_second * in_seconds(rule.within) > most || rule.last_calls > most;
  });
}

/// **Returns** what `candidate` promises where `each` callers share the calls.
Promise forecasts_of(const Candidate& candidate, const Normal& normal, double each) {
  const breaker::TripRules& rules = candidate.settings.rules;
  Promise promise;
  if (normal.calls == 0 || normal.usual <= 0 || looks_at_slow_calls(rules) ||
      takes_long(rules, normal.busiest / each))
    return promise;
  constexpr int whole = 1'000'000;
  const int part = std::min(static_cast<int>(std::ceil(whole * normal.share_at_most)), whole - 1);
  const auto of = [&](double calls_per_second) {
    return breaker::forecast(
        rules, candidate.config(),
        {.normal = {part, whole}, .calls_per_second = std::max(calls_per_second / each, 1e-6)});
  };
  promise.busy = of(normal.busiest);
  promise.quiet = normal.quietest < normal.busiest ? of(normal.quietest) : *promise.busy;
  return promise;
}

std::string in_words(double seconds) {
  constexpr double year = 365.25 * 24 * 60 * 60;
  return seconds > year ? fmt::format("{:.3g} years", seconds / year)
                        : backtest::in_words(static_cast<Ticks>(seconds * 1e9));
}

}  // namespace

Promise::News news_of(double expected, std::uint64_t did) {
  constexpr double enough = 3;
  if (did > 0 && chance_of(did, expected) < 0.01) return Promise::News::broken;
  return did == 0 && expected < enough ? Promise::News::none : Promise::News::kept;
}

std::vector<Promise> promises_of(const std::vector<Candidate>& candidates, const Normal& normal,
                                 std::size_t callers, const std::vector<Assessment>& did) {
  const auto each = static_cast<double>(std::max(callers, std::size_t{1}));
  std::vector<Promise> promises;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const breaker::TripRules& rules = candidates[i].settings.rules;
    const auto before =
        std::find_if(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(i),
                     [&](const Candidate& other) { return other.settings.rules == rules; });
    const auto same = static_cast<std::size_t>(before - candidates.begin());
    Promise promise = same < i ? promises[same] : forecasts_of(candidates[i], normal, each);
    promise.did = did[i].false_openings;
    if (promise.busy) {
      promise.expected = each * in_seconds(normal.time) / interval(*promise.busy);
      promise.news = news_of(promise.expected, promise.did);
    }
    promises.push_back(promise);
  }
  return promises;
}

std::string in_words(const Normal& normal) {
  if (normal.calls == 0)
    return "No call was outside an outage: nothing is known of normal traffic.";
  return fmt::format(
      "Normal traffic, outside outages: {:.3g} calls/s (a minute: {:.3g} to {:.3g}), {} failed (at "
      "most {}); after a "
      "failure {} failed. Failures vary {:.2g} × as much in a tenth of a second, {:.2g} × "
      "in a second, as if each "
      "call failed by itself.",
      normal.usual, normal.quietest, normal.busiest, percent(normal.share()),
      percent(normal.share_at_most), percent(normal.after_failure), normal.dispersion_of_tenth,
      normal.dispersion_of_second);
}

std::string promised_in_words(const Promise& promise) {
  if (!promise.busy) return "-";
  const double seconds = interval(*promise.busy);
  constexpr double year = 365.25 * 24 * 60 * 60;
  return seconds > 1000 * year ? "never" : in_words(seconds);
}

std::string warning(const Candidate& candidate, const Promise& promise, const Normal& normal) {
  if (!promise.busy) return "";
  if (promise.news == Promise::News::broken) {
    std::string text =
        fmt::format("'{}' promises a false opening every {} at such traffic, and did {} in {}",
                    candidate.in_words(), in_words(interval(*promise.busy)), promise.did,
                    backtest::in_words(normal.time));
    if (normal.is_clumped())
      text += fmt::format(": failures come in clumps here ({} after a failure, not {})",
                          percent(normal.after_failure), percent(normal.share()));
    return text + "; take a longer window or a higher limit";
  }
  constexpr double day = 24 * 60 * 60;  // until then somebody has noticed
  if (promise.quiet->dead.seconds > day && promise.busy->dead.seconds < day)
    return fmt::format(
        "'{}' does not see a dead backend in the quietest minute, at {:.3g} calls/s: its window "
        "holds too few calls",
        candidate.in_words(), normal.quietest);
  return "";
}

}  // namespace backtest
