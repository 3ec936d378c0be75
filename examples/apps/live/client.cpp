// The client, see client.hpp.
#include "client.hpp"

#include <httplib.h>

#include <algorithm>
#include <utility>

namespace live {

using namespace std::chrono_literals;

namespace {

constexpr int workers = 10;         // each has two endpoints
constexpr auto call_every = 50ms;   // each worker, so each endpoint ten times a second
constexpr auto call_limit = 200ms;  // what takes longer is a failure
constexpr breaker::Config config{.open_for = 2s, .probes = 1, .close_after = 3};

}  // namespace

std::size_t backend_of(std::string_view endpoint) {
  std::size_t backend = 0;
  while (!endpoint.starts_with(backend_names.at(backend))) ++backend;
  return backend;
}

Client::Client(const Backends& backends, Tell tell)
    : backends_{backends},
      tell_{std::move(tell)},
      circuits_{{.capacity = 100, .config = config},
                make_policy(),
                make_classifier(),
                Listener{TellListener{&tell_}, breaker::TimedCounters<2>{}}} {
  for (const char* endpoint : endpoints) circuits_.of(endpoint);
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this, i] { run(i); });
}

Client::~Client() {
  stops_ = true;
  for (std::thread& worker : workers_) worker.join();
}

void Client::run(std::size_t worker) {
  auto next = std::chrono::steady_clock::now() + call_every * static_cast<int>(worker) / workers;
  for (std::size_t turn = worker; !stops_; turn = (turn + workers) % endpoints.size()) {
    std::this_thread::sleep_until(next);
    next = std::max(next + call_every, std::chrono::steady_clock::now());
    const std::string endpoint = endpoints.at(turn);
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
