// Settings as sentences, see tuner.hpp.
#include "tuner.hpp"

#include <breaker/text/forecast.hpp>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace live {

using nlohmann::json;

namespace {

json in_json(const breaker::Settings& settings) {
  const auto promise = breaker::forecast(settings.rules, settings.config, settings.traffic);
  return {{"sentence", breaker::in_words(settings).view()},
          {"forecast", breaker::describe(promise)}};
}

json in_json(const Tried& tried) {
  const breaker::CandidateCounts said = tried.candidate.counts();
  json all = in_json(tried.settings);
  all["state"] = to_string(tried.candidate.state());
  all["agreed"] = said.agreed;
  all["live_only"] = said.live_only;
  all["candidate_only"] = said.candidate_only;
  return all;
}

}  // namespace

std::string Tuner::check(std::string_view sentence) const try {
  return in_json(read(sentence)).dump();
} catch (const std::exception& wrong) {
  return json{{"wrong", wrong.what()}}.dump();
}

std::string Tuner::look(std::string_view endpoint) const {
  const auto tried = trial_of(endpoint).now();
  const std::lock_guard lock{mutex_};
  const auto taken = taken_.find(endpoint);
  return json{{"live", in_json(taken == taken_.end() ? client_.usual() : taken->second)},
              {"trial", tried ? in_json(*tried) : json{}}}
      .dump();
}

void Tuner::begin_trial(std::string_view endpoint, std::string_view sentence) const {
  trial_of(endpoint).put(std::make_shared<Tried>(read(sentence)));
}

void Tuner::end_trial(std::string_view endpoint) const { trial_of(endpoint).put(nullptr); }

void Tuner::take_over(std::string_view endpoint) {
  const Trial& trial = trial_of(endpoint);
  const auto tried = trial.now();
  if (!tried) throw std::invalid_argument{"nothing is on trial"};
  const std::lock_guard lock{mutex_};
  taken_.insert_or_assign(std::string{endpoint}, tried->settings);
  auto all = client_.registry_settings();
  for (const auto& [key, settings] : taken_)
    all.for_key.push_back({key, settings.config, Policy{settings.rules}});
  client_.circuits().reconfigure(all);
  trial.put(nullptr);
}

const Trial& Tuner::trial_of(std::string_view endpoint) const {
  const auto circuit = client_.circuits().find(endpoint);
  if (!circuit) throw std::invalid_argument{"there is no such endpoint"};
  return circuit->listener().get<Trial>();
}

/// What is not said of the traffic is as usual.
breaker::Settings Tuner::read(std::string_view sentence) const {
  const breaker::Parsed parsed = breaker::parse(sentence);
  if (!parsed) throw std::invalid_argument{parsed.message()};
  breaker::Settings settings = *parsed;
  if (!settings.name.circuit_name().empty())
    throw std::invalid_argument{"a circuit of a registry is named by its key: leave the name out"};
  static_cast<void>(Policy{settings.rules});  // throws if a window is too large for it
  if (settings.traffic.calls_per_second <= 0) {
    const bool is_normal_said = settings.traffic.normal.part() > 0;
    settings.traffic.calls_per_second = client_.usual().traffic.calls_per_second;
    if (!is_normal_said) settings.traffic.normal = client_.usual().traffic.normal;
  }
  return settings;
}

}  // namespace live
