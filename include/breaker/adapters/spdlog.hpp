// spdlog: a line for each transition, with the numbers that caused it.
//
//   breaker::CircuitBreaker circuit{
//       breaker::Config{}, breaker::adapters::SpdlogTransitions{spdlog::default_logger(), "prices"}};
//
// writes, as a warning: circuit prices: closed -> open: 5 failures in a row (limit 5); calls are
// refused for 30000 ms
//
// A warning is what keeps callers out or takes the breaker out of action, and a lost probe; probing
// and closing are information. Refused calls are not logged: there may be thousands a second, and
// Snapshot::refused counts them. Costs nothing, and allocates nothing, between transitions. It is a
// listener: together with others it goes into breaker::Listeners. An asynchronous logger keeps a slow
// disk out of the call that caused the transition.
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <utility>

#include "breaker/base/version.hpp"
#include "breaker/text/describe.hpp"
#include "breaker/types.hpp"

namespace breaker {
BREAKER_ABI_BEGIN
namespace adapters {

/// A listener that logs transitions. **Thread safety** that of the logger's sinks: take one that
/// ends in `_mt`.
class SpdlogTransitions {
 public:
  /// `name`: the circuit's, for the line. **Requires** a `logger`.
  SpdlogTransitions(std::shared_ptr<spdlog::logger> logger, std::string name)
      : logger_{std::move(logger)}, name_{std::move(name)} {}

  /// What the circuit tells a listener, see TransitionListener.
  void operator()(const Transition& transition) const {
    const spdlog::level::level_enum level = level_of(transition);
    if (logger_->should_log(level))
      logger_->log(level, "circuit {}: {}", name_, describe(transition));
  }

 private:
  static spdlog::level::level_enum level_of(const Transition& transition) noexcept {
    switch (transition.to) {
      case State::closed:
      case State::half_open:
        return transition.reason == Reason::probe_lost ? spdlog::level::warn : spdlog::level::info;
      case State::open:
      case State::forced_open:
      case State::disabled: break;
    }
    return spdlog::level::warn;
  }

  std::shared_ptr<spdlog::logger> logger_;
  std::string name_;
};

}  // namespace adapters
BREAKER_ABI_END
}  // namespace breaker
