// The results as JSON.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "report.hpp"

namespace backtest {

namespace {

using Json = nlohmann::ordered_json;

double in_milliseconds(Ticks time) {
  const Ticks microseconds = time / 1'000;  // no log is finer
  return static_cast<double>(microseconds) / 1e3;
}

Json json_of(const Settings& settings) {
  return {{"failure", settings.judge.in_words()},
          {"outage", settings.outage.in_words()},
          {"limit", honest_limit},
          {"callers", callers_in_words(settings)},
          {"lost_costs", settings.lost_costs},
          {"flap_within_ms", in_milliseconds(Trial::flap_within)}};
}

Json json_of(const Input& input) {
  Json bad_lines = Json::array();
  for (const BadLine& bad : input.tally.bad_lines) {
    bad_lines.push_back({{"path", bad.path},
                         {"line", bad.number},
                         {"fault", to_string(bad.fault)},
                         {"text", bad.text}});
  }
  return {{"paths", input.paths},
          {"format", input.format},
          {"whole_seconds", input.whole_seconds},
          {"time_is_begin", input.time_is_begin},
          {"durations", input.duration},
          {"empty", input.empty},
          {"lines", input.tally.lines},
          {"bytes", input.tally.bytes},
          {"other_lines", input.tally.other_lines},
          {"unreadable", input.tally.unreadable},
          {"unreadable_failures", input.tally.unreadable_failures},
          {"first_unreadable", bad_lines},
          {"filtered", input.filtered},
          {"unknown_durations", input.unknown_durations},
          {"misplaced", input.order.misplaced},
          {"too_long", input.order.too_long},
          {"at_further_endpoints", input.at_further_endpoints},
          {"interrupted", input.was_interrupted},
          {"truncated", input.tally.truncated}};
}

Json json_of(const Timeline& timeline) {
  Json calls = Json::array();
  Json failures = Json::array();
  Json median = Json::array();
  Json high = Json::array();
  for (const Timeline::Step& step : timeline.steps()) {
    calls.push_back(step.calls);
    failures.push_back(step.failures);
    median.push_back(in_milliseconds(step.latencies.percentile(50)));
    high.push_back(in_milliseconds(step.latencies.percentile(95)));
  }
  return {{"begin_ms", in_milliseconds(timeline.begin())},
          {"step_ms", in_milliseconds(timeline.width())},
          {"calls", calls},
          {"failures", failures},
          {"p50_ms", median},
          {"p95_ms", high}};
}

Json json_of(const std::vector<Outage>& outages) {
  Json list = Json::array();
  for (const Outage& outage : outages) {
    list.push_back({{"from_ms", in_milliseconds(outage.from)},
                    {"until_ms", in_milliseconds(outage.until)},
                    {"calls", outage.calls},
                    {"failures", outage.failures},
                    {"kind", outage.kind == Outage::Kind::slow     ? "slow"
                             : outage.kind == Outage::Kind::partly ? "partly failing"
                                                                   : "failing"}});
  }
  return list;
}

/// Of more callers than this the page shows those with the most calls.
constexpr std::size_t most_callers_shown = 256;

/// **Returns** the numbers of the callers, the one with the most calls first.
std::vector<std::size_t> shown(const std::vector<Endpoint::Caller>& callers) {
  std::vector<std::size_t> numbers(callers.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  std::stable_sort(numbers.begin(), numbers.end(), [&](std::size_t a, std::size_t b) {
    return callers[a].calls > callers[b].calls;
  });
  numbers.resize(std::min(numbers.size(), most_callers_shown));
  return numbers;
}

Json json_of(const std::vector<Endpoint::Caller>& callers) {
  Json list = Json::array();
  for (const std::size_t i : shown(callers)) {
    list.push_back({{"name", callers[i].name.empty() ? std::to_string(i + 1) : callers[i].name},
                    {"calls", callers[i].calls},
                    {"failures", callers[i].failures}});
  }
  return list;
}

/// What each caller's circuit did, in the order in which the callers are listed.
Json callers_of(const Trial& trial, const std::vector<Endpoint::Caller>& callers) {
  Json list = Json::array();
  if (callers.size() < 2) return list;
  for (const std::size_t i : shown(callers)) {
    const Trial::OfCaller did = i < trial.callers.size() ? trial.callers[i] : Trial::OfCaller{};
    list.push_back({did.openings, did.saved, did.lost});
  }
  return list;
}

Json json_of(const Trial& trial, const Assessment& assessment) {
  Json openings = Json::array();
  for (const Opening& opening : trial.kept)
    openings.push_back({in_milliseconds(opening.from), in_milliseconds(opening.until)});
  return {{"score", assessment.score},
          {"opened", trial.openings},
          {"reopened", trial.reopenings},
          {"open_ms", in_milliseconds(trial.open_time)},
          {"saved", trial.saved},
          {"saved_slow", trial.saved_slow},
          {"lost", trial.lost},
          {"refused_not_counted", trial.refused_ignored},
          {"waiting_saved_ms", in_milliseconds(trial.waiting_saved)},
          {"caught", assessment.caught},
          {"missed", assessment.missed},
          {"false_openings", assessment.false_openings},
          {"flaps", trial.flaps},
          {"mean_delay_ms", in_milliseconds(assessment.mean_delay)},
          {"longest_delay_ms", in_milliseconds(assessment.longest_delay)},
          {"first_cause", trial.first_cause},
          {"openings_ms", openings}};
}

Json json_of(const Normal& normal) {
  return {{"calls", normal.calls},
          {"failures", normal.failures},
          {"ms", in_milliseconds(normal.time)},
          {"share", normal.share()},
          {"share_at_most", normal.share_at_most},
          {"after_failure", normal.after_failure},
          {"dispersion_of_tenth", normal.dispersion_of_tenth},
          {"dispersion_of_second", normal.dispersion_of_second},
          {"calls_per_second", normal.usual},
          {"busiest", normal.busiest},
          {"quietest", normal.quietest}};
}

const char* in_words(Promise::News news) {
  constexpr std::array words{"none", "kept", "broken"};
  return words.at(static_cast<std::size_t>(news));
}

/// Seconds; null is "never".
Json json_of(const Promise& promise) {
  if (!promise.busy) return nullptr;
  const auto seconds = [](double value) { return std::isinf(value) ? Json{} : Json(value); };
  return {{"false_opening_every", seconds(promise.busy->false_openings_every)},
          {"at_least", seconds(promise.busy->at_least)},
          {"is_rough", promise.busy->is_rough},
          {"expected", promise.expected},
          {"did", promise.did},
          {"news", in_words(promise.news)},
          {"opens_on_dead_after", seconds(promise.busy->dead.seconds)},
          {"opens_on_half_dead_after", seconds(promise.busy->at_50.seconds)},
          {"in_quiet_opens_on_dead_after", seconds(promise.quiet->dead.seconds)}};
}

Json json_of(const Endpoint& endpoint, const std::vector<Candidate>& candidates) {
  Json trials = Json::array();
  std::size_t rank = 0;
  for (const std::size_t i : endpoint.ranking) {
    Json trial{{"rank", ++rank}, {"candidate", candidates[i].in_words()}, {"number", i}};
    trial.update(json_of(endpoint.trials[i], endpoint.assessments[i]));
    trial["promise"] = json_of(endpoint.promises[i]);
    trial["warning"] = warning(candidates[i], endpoint.promises[i], endpoint.normal);
    trial["callers"] = callers_of(endpoint.trials[i], endpoint.callers);
    trials.push_back(std::move(trial));
  }
  const Recommendation& recommendation = endpoint.recommendation;
  return {{"name", endpoint.name},
          {"calls", endpoint.calls},
          {"failures", endpoint.failures},
          {"not_counted", endpoint.ignored},
          {"callers", json_of(endpoint.callers)},
          {"first_ms", in_milliseconds(endpoint.first)},
          {"last_ms", in_milliseconds(endpoint.last)},
          {"outage_count", endpoint.outage_count},
          {"outages", json_of(endpoint.outages)},
          {"normal", json_of(endpoint.normal)},
          {"recommendation",
           {{"candidate", candidates[recommendation.candidate].in_words()},
            {"number", recommendation.candidate},
            {"helps", recommendation.helps},
            {"reasons", recommendation.reasons},
            {"cpp", recommendation.cpp}}},
          {"timeline", json_of(endpoint.timeline)},
          {"trials", trials}};
}

/// Null if none was asked for.
Json json_of(const std::optional<WantedRate>& rate) {
  if (!rate) return nullptr;
  Json candidates = Json::array();
  for (const Wanted& wanted : rate->candidates)
    candidates.push_back({{"candidate", wanted.candidate.in_words()},
                          {"every", std::isinf(wanted.every) ? Json{} : Json(wanted.every)},
                          {"news", in_words(wanted.news)}});
  return {{"every_ms", in_milliseconds(rate->every)},
          {"calls_per_second", rate->assumed.calls_per_second},
          {"share", rate->assumed.share},
          {"after_failure", rate->assumed.after_failure},
          {"candidates", candidates},
          {"choice", rate->choice ? Json(*rate->choice) : Json{}}};
}

}  // namespace

std::string json_report(const Result& result, int indent) {
  Json candidates = Json::array();
  for (const Candidate& candidate : result.settings.candidates)
    candidates.push_back({{"text", candidate.in_words()}, {"cpp", candidate.in_cpp()}});
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : result.endpoints)
    endpoints.push_back(json_of(endpoint, result.settings.candidates));
  const Json report{{"settings", json_of(result.settings)},
                    {"input", json_of(result.input)},
                    {"candidates", candidates},
                    {"endpoints", endpoints},
                    {"forecast_condition", breaker::forecast_condition},
                    {"wanted", json_of(result.wanted)}};
  // What is no UTF-8 in a log must not spoil the report.
  return report.dump(indent, ' ', indent < 0, Json::error_handler_t::replace);
}

}  // namespace backtest
