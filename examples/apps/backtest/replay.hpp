// The endpoints of a log, each with its circuits: one of each candidate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backtest.hpp"

namespace backtest {

/// One endpoint's circuits. Events are gathered, so that a simulation is called once for many.
class Replay {
 public:
  Replay(std::string name, const Settings& settings);

  /// A further event, in the order of time.
  void add(const Event& event) {
    events_.push_back(event);
    if (events_.size() == batch) flush();
  }

  /// The log has ended. **Returns** what happened.
  Endpoint finish(const Settings& settings);

 private:
  static constexpr std::size_t batch = 4096;

  void flush();
  void count();

  Endpoint endpoint_;
  OutageFinder finder_;
  std::vector<std::unique_ptr<Simulation>> simulations_;
  std::vector<Event> events_;
  bool has_begun_ = false;
};

/// Gives endpoints their numbers, and keeps their replays.
class Endpoints {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  explicit Endpoints(const Settings& settings) : settings_{settings} {}

  /// **Returns** the number of the endpoint called `name`, or `none` if there are too many.
  std::uint32_t number_of(std::string_view name);

  void add(std::uint32_t endpoint, const Event& event) { replays_[endpoint]->add(event); }

  /// The log has ended. **Returns** the endpoints, the one with the most calls first.
  std::vector<Endpoint> finish();

 private:
  const Settings& settings_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::unique_ptr<Replay>> replays_;
  std::string_view last_name_;  // most calls go where the one before them went
  std::uint32_t last_number_ = none;
};

}  // namespace backtest
