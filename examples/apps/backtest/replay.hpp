// The endpoints of a log, each with its circuits: one of each candidate.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backtest.hpp"
#include "traffic.hpp"

namespace backtest {

/// One endpoint's circuits. Events are gathered, so that a simulation is called once for many.
class Replay {
 public:
  Replay(std::string name, const Settings& settings);

  /// The next number is a caller, called `name`.
  void add_caller(std::string name) { endpoint_.callers.push_back({std::move(name)}); }

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
  void cut();
  void count();

  Endpoint endpoint_;
  OutageFinder finder_;
  TrafficMeter meter_;
  std::vector<std::unique_ptr<Simulation>> simulations_;
  std::vector<Event> events_;
  std::vector<std::span<const Event>> stretches_;  // of one caller each
  bool has_begun_ = false;
};

/// Gives endpoints, or where there are several callers each caller of an endpoint, their numbers, and
/// keeps their replays.
class Endpoints {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::size_t most_callers = 4096;  ///< Of an endpoint.

  explicit Endpoints(const Settings& settings) : settings_{settings} {}

  /// **Returns** the number for a call to the endpoint called `name` by `caller` (where Settings name
  /// a field; else calls are dealt in turn), or `none` if there are too many of them.
  std::uint32_t number_of(std::string_view name, std::string_view caller);

  void add(std::uint32_t number, Event event) {
    const Part& part = parts_[number];
    event.caller = part.caller;
    part.replay->add(event);
  }

  /// The log has ended. **Returns** the endpoints, the one with the most calls first.
  std::vector<Endpoint> finish();

 private:
  struct One {
    One(std::string its_name, const Settings& settings)
        : name{its_name}, replay{std::move(its_name), settings} {}

    std::string name;
    Replay replay;
    std::unordered_map<std::string, std::size_t> callers;
    std::vector<std::uint32_t> parts;  // by caller: numbers
    std::size_t dealt = 0;
  };
  struct Part {
    Replay* replay;
    std::uint16_t caller;
  };

  const Settings& settings_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<std::unique_ptr<One>> endpoints_;
  std::vector<Part> parts_;  // by number
  One* last_ = nullptr;      // most calls go where the one before them went
};

}  // namespace backtest
