// The endpoints of a log, see replay.hpp.
#include "replay.hpp"

#include <algorithm>
#include <utility>

namespace backtest {

Replay::Replay(std::string name, const Settings& settings) : finder_{settings.outage} {
  endpoint_.name = std::move(name);
  events_.reserve(batch);
  for (const Candidate& candidate : settings.candidates)
    simulations_.push_back(make_simulation(candidate));
}

Endpoint Replay::finish(const Settings& settings) {
  flush();
  finder_.finish();
  endpoint_.outages = finder_.outages();
  endpoint_.outage_count = finder_.count();
  for (const auto& simulation : simulations_) {
    simulation->finish(endpoint_.last);
    endpoint_.trials.push_back(simulation->trial());
    endpoint_.assessments.push_back(
        assess(simulation->trial(), endpoint_.outages, settings.lost_costs));
  }
  endpoint_.ranking = ranked(endpoint_.trials, endpoint_.assessments);
  endpoint_.recommendation = recommend(settings.candidates, endpoint_.trials, endpoint_.assessments,
                                       endpoint_.outages.size(), settings.lost_costs);
  return std::move(endpoint_);
}

void Replay::flush() {
  if (events_.empty()) return;
  for (const auto& simulation : simulations_) simulation->replay(events_);
  finder_.add(events_);
  endpoint_.timeline.add(events_);
  count();
  events_.clear();
}

void Replay::count() {
  if (!std::exchange(has_begun_, true)) endpoint_.first = events_.front().time;
  endpoint_.last = events_.back().time;
  for (const Event& event : events_) {
    if (event.is_begin) continue;
    ++endpoint_.calls;
    if (event.verdict == Verdict::failure) ++endpoint_.failures;
    if (event.verdict == Verdict::ignored) ++endpoint_.ignored;
  }
}

std::uint32_t Endpoints::number_of(std::string_view name) {
  if (name == last_name_ && !replays_.empty()) return last_number_;
  std::string key{name};
  auto found = numbers_.find(key);
  if (found == numbers_.end()) {
    if (replays_.size() == settings_.most_endpoints) return none;
    found = numbers_.emplace(std::move(key), static_cast<std::uint32_t>(replays_.size())).first;
    replays_.push_back(std::make_unique<Replay>(found->first, settings_));
  }
  last_name_ = found->first;
  last_number_ = found->second;
  return last_number_;
}

std::vector<Endpoint> Endpoints::finish() {
  std::vector<Endpoint> endpoints;
  for (const auto& replay : replays_) endpoints.push_back(replay->finish(settings_));
  std::stable_sort(endpoints.begin(), endpoints.end(),
                   [](const Endpoint& a, const Endpoint& b) { return a.calls > b.calls; });
  return endpoints;
}

}  // namespace backtest
