// The client: calls twenty endpoints of the backends all the time, each through a circuit of its own.
#pragma once

#include <array>
#include <atomic>
#include <breaker/breaker.hpp>
#include <breaker/registry.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backends.hpp"

namespace live {

/// "stock/levels", "prices/eu", …: the part before the slash is the backend.
inline constexpr std::array<const char*, 20> endpoints{
    "stock/levels",    "stock/reserve", "stock/release",    "stock/orders",  "stock/returns",
    "stock/suppliers", "stock/audit",   "prices/eu",        "prices/us",     "prices/asia",
    "prices/discount", "prices/tax",    "prices/history",   "prices/quote",  "payments/card",
    "payments/debit",  "payments/wire", "payments/refunds", "payments/fees", "payments/fraud"};

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

/// What opens an endpoint's circuit: half of the calls failed, or took too long.
inline auto make_policy() {
  using namespace breaker::literals;
  using namespace std::chrono_literals;
  return breaker::any_of(
      breaker::FailureRate{breaker::last_calls<20>(), {.threshold = 50_percent, .min_calls = 10}},
      breaker::SlowCallRate{breaker::last_calls<20>(),
                            {.slower_than = 150ms, .threshold = 50_percent, .min_calls = 10}});
}

/// Which answers are failures.
inline auto make_classifier() {
  return breaker::failing_on([](int status) { return status >= 500 || status == 0; });
}

class Client {
 public:
  using Listener = breaker::Listeners<TellListener, breaker::TimedCounters<2>>;
  using Circuits =
      breaker::RegistryOf<decltype(make_policy()), decltype(make_classifier()), Listener>;

  Client(const Backends& backends, Tell tell);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  [[nodiscard]] Circuits& circuits() { return circuits_; }

 private:
  void run(std::size_t worker);

  const Backends& backends_;
  const Tell tell_;
  Circuits circuits_;
  std::atomic<bool> stops_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace live
