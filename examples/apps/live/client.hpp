// The client: calls the endpoints of the backends all the time, each through a circuit of its own.
#pragma once

#include <atomic>
#include <breaker/breaker.hpp>
#include <breaker/registry.hpp>
#include <breaker/text/sentence.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backends.hpp"
#include "trial.hpp"

namespace live {

/// "stock/levels", "prices/eu", "prices/eu/2", …: what stands before the first slash is the backend.
/// **Returns** the number of the backend that serves `endpoint`.
[[nodiscard]] std::size_t backend_of(std::string_view endpoint);

/// Hears of each transition, with the endpoint that it was at.
using Tell = std::function<void(std::string_view endpoint, const breaker::Transition& transition)>;

/// Passes transitions on. Listeners of a registry's circuits may take the key.
struct TellListener {
  const Tell* tell;
  void operator()(std::string_view endpoint, const breaker::Transition& transition) const {
    (*tell)(endpoint, transition);
  }
};

/// Which answers are failures.
inline auto make_classifier() {
  return breaker::failing_on([](int status) { return status >= 500 || status == 0; });
}

/// Each endpoint is called ten times a second, or as often as a thousand calls a second allow for all of them.
class Client {
 public:
  using Listener = breaker::Listeners<TellListener, breaker::TimedCounters<2>, Trial>;
  using Circuits = breaker::RegistryOf<Policy, decltype(make_classifier()), Listener>;

  /// `endpoints`: how many there are. Range: 1 or more.
  Client(const Backends& backends, std::size_t endpoints, Tell tell);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  [[nodiscard]] Circuits& circuits() { return circuits_; }
  /// **Returns** what a circuit runs on, unless it was given other settings.
  [[nodiscard]] const breaker::Settings& usual() const { return usual_; }
  /// **Returns** what the circuits were made with.
  [[nodiscard]] breaker::RegistrySettings<Policy> registry_settings() const;

 private:
  void run(std::size_t worker);

  const Backends& backends_;
  const std::vector<std::string> endpoints_;
  const breaker::Settings usual_;
  const Tell tell_;
  Circuits circuits_;
  std::atomic<bool> stops_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace live
