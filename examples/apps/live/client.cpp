// The client, see client.hpp.
#include "client.hpp"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

namespace live {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t workers = 10;
constexpr auto call_limit = 200ms;  // what takes longer is a failure

constexpr std::array<const char*, 20> names{
    "stock/levels",    "stock/reserve", "stock/release",    "stock/orders",  "stock/returns",
    "stock/suppliers", "stock/audit",   "prices/eu",        "prices/us",     "prices/asia",
    "prices/discount", "prices/tax",    "prices/history",   "prices/quote",  "payments/card",
    "payments/debit",  "payments/wire", "payments/refunds", "payments/fees", "payments/fraud"};

breaker::Settings settings_for(std::size_t endpoints) {
  breaker::Settings settings = breaker::settings(
      "failed or slower than 150 ms: 50 % of the last 20 calls, at least 10; open 2 s; "
      "closing after 3; normally 1 % at 10 calls/s");
  const double most = std::floor(1e9 / static_cast<double>(endpoints)) / 1e6;  // a sentence says it
  settings.traffic.calls_per_second = (std::min)(settings.traffic.calls_per_second, most);
  return settings;
}

/// **Returns** `count` endpoints: those names, each as often as the rest.
std::vector<std::string> make_endpoints(std::size_t count) {
  std::vector<std::string> endpoints;
  std::size_t last = names.size();
  for (std::size_t i = 0, number = 1; i < count; ++i) {
    const std::size_t name = i * names.size() / count;
    number = std::exchange(last, name) == name ? number + 1 : 1;
    endpoints.emplace_back(names.at(name));
    if (number > 1) endpoints.back() += "/" + std::to_string(number);
  }
  return endpoints;
}

}  // namespace

std::size_t backend_of(std::string_view endpoint) {
  std::size_t backend = 0;
  while (!endpoint.starts_with(backend_names.at(backend))) ++backend;
  return backend;
}

Client::Client(const Backends& backends, std::size_t endpoints, Tell tell)
    : backends_{backends},
      endpoints_{make_endpoints(endpoints)},
      usual_{settings_for(endpoints)},
      tell_{std::move(tell)},
      circuits_{registry_settings(), Policy{usual_.rules}, make_classifier(),
                Listener{TellListener{&tell_}, breaker::TimedCounters<2>{}, Trial{}}} {
  for (const std::string& endpoint : endpoints_) circuits_.of(endpoint);
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this, i] { run(i); });
}

Client::~Client() {
  stops_ = true;
  for (std::thread& worker : workers_) worker.join();
}

breaker::RegistrySettings<Policy> Client::registry_settings() const {
  return {.capacity = static_cast<int>(endpoints_.size()),
          .config = usual_.config,
          .policy = Policy{usual_.rules}};
}

void Client::run(std::size_t worker) {
  const double all_calls = usual_.traffic.calls_per_second * static_cast<double>(endpoints_.size());
  const auto pace = std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>{static_cast<double>(workers) / all_calls});
  auto next = std::chrono::steady_clock::now() +
              pace * static_cast<int>(worker) / static_cast<int>(workers);
  for (std::size_t turn = worker; !stops_; turn += workers) {
    std::this_thread::sleep_until(next);
    next = std::max(next + pace, std::chrono::steady_clock::now());
    const std::string& endpoint = endpoints_.at(turn % endpoints_.size());
    const auto fetch = [&] {
      httplib::Client http{"127.0.0.1", backends_.port(backend_of(endpoint))};
      http.set_read_timeout(call_limit);
      const auto answer = http.Get("/" + endpoint);
      return answer ? answer->status : 0;
    };
    static_cast<void>(circuits_.of(endpoint).call(fetch, -1));
  }
}

}  // namespace live
