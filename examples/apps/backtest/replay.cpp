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
  endpoint_.normal = meter_.normal(endpoint_.outages);
  for (const auto& simulation : simulations_) {
    simulation->finish(endpoint_.last);
    const Trial& trial = simulation->trial();
    endpoint_.trials.push_back(trial);
    endpoint_.assessments.push_back(assess(trial, endpoint_.outages, settings.lost_costs));
  }
  endpoint_.promises = promises_of(settings.candidates, endpoint_.normal, endpoint_.callers.size(),
                                   endpoint_.assessments);
  endpoint_.ranking = ranked(endpoint_.trials, endpoint_.assessments);
  endpoint_.recommendation = recommend(settings.candidates, endpoint_.trials, endpoint_.assessments,
                                       endpoint_.outages.size(), settings.lost_costs);
  return std::move(endpoint_);
}

void Replay::flush() {
  if (events_.empty()) return;
  finder_.add(events_);  // marks slow calls
  cut();
  for (const auto& simulation : simulations_)
    for (const auto& stretch : stretches_) simulation->replay(stretch);
  endpoint_.timeline.add(events_);
  meter_.add(events_);
  count();
  events_.clear();
}

void Replay::cut() {
  stretches_.clear();
  for (std::span<const Event> rest = events_; !rest.empty();) {
    const auto other = std::find_if(rest.begin(), rest.end(), [&](const Event& event) {
      return event.caller != rest.front().caller;
    });
    stretches_.push_back(rest.first(static_cast<std::size_t>(other - rest.begin())));
    rest = rest.subspan(stretches_.back().size());
  }
}

void Replay::count() {
  if (!std::exchange(has_begun_, true)) endpoint_.first = events_.front().time;
  endpoint_.last = events_.back().time;
  for (const Event& event : events_) {
    if (event.is_begin) continue;
    Endpoint::Caller& caller = endpoint_.callers[event.caller];
    ++caller.calls;
    ++endpoint_.calls;
    if (event.verdict == Verdict::failure) ++caller.failures, ++endpoint_.failures;
    if (event.verdict == Verdict::ignored) ++endpoint_.ignored;
  }
}

std::uint32_t Endpoints::number_of(std::string_view name, std::string_view caller) {
  if (last_ == nullptr || name != last_->name) {
    auto found = numbers_.find(std::string{name});
    if (found == numbers_.end()) {
      if (endpoints_.size() == settings_.most_endpoints) return none;
      endpoints_.push_back(std::make_unique<One>(std::string{name}, settings_));
      found = numbers_.emplace(std::string{name}, endpoints_.size() - 1).first;
    }
    last_ = endpoints_[found->second].get();
  }
  std::size_t number = 0;
  if (!settings_.fields.caller.empty()) {
    const auto found = last_->callers.find(std::string{caller});
    number = found == last_->callers.end() ? last_->callers.size() : found->second;
    if (number == most_callers) return none;
    if (found == last_->callers.end()) last_->callers.emplace(std::string{caller}, number);
  } else if (settings_.callers > 1) {
    number = last_->dealt++ % settings_.callers;
  }
  while (last_->parts.size() <= number) {
    last_->replay.add_caller(std::string{caller});
    last_->parts.push_back(static_cast<std::uint32_t>(parts_.size()));
    parts_.push_back({&last_->replay, static_cast<std::uint16_t>(last_->parts.size() - 1)});
  }
  return last_->parts[number];
}

std::vector<Endpoint> Endpoints::finish() {
  std::vector<Endpoint> endpoints;
  for (const auto& one : endpoints_) {
    endpoints.push_back(one->replay.finish(settings_));
  }
  std::stable_sort(endpoints.begin(), endpoints.end(),
                   [](const Endpoint& a, const Endpoint& b) { return a.calls > b.calls; });
  return endpoints;
}

}  // namespace backtest
