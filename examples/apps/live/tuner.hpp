// The settings of the circuits as sentences: shown with their forecasts, tried beside those in force, taken over.
#pragma once

#include <breaker/text/sentence.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "client.hpp"

namespace live {

/// Each member but check() **throws** std::invalid_argument or breaker::ConfigError if an endpoint is not there, or a sentence
/// makes no sense: with the sentence, where it stops making sense, and what would be right there.
class Tuner {
 public:
  explicit Tuner(Client& client) : client_{client} {}

  /// **Returns** the sentence in its usual form and its forecast, or what is wrong with it, as JSON.
  [[nodiscard]] std::string check(std::string_view sentence) const;
  /// **Returns** what a circuit runs on, and what is on trial beside it, as JSON.
  [[nodiscard]] std::string look(std::string_view endpoint) const;
  /// Try a sentence beside the settings of a circuit, in place of what is on trial.
  void begin_trial(std::string_view endpoint, std::string_view sentence) const;
  /// Try nothing any more.
  void end_trial(std::string_view endpoint) const;
  /// Let a circuit run on what is on trial. It stays in its state: no outage is forgotten.
  void take_over(std::string_view endpoint);

 private:
  [[nodiscard]] const Trial& trial_of(std::string_view endpoint) const;
  [[nodiscard]] breaker::Settings read(std::string_view sentence) const;

  Client& client_;
  mutable std::mutex mutex_;
  std::map<std::string, breaker::Settings, std::less<>> taken_;  // guarded by mutex_
};

}  // namespace live
