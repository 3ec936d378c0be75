// A service with a /metrics page: every circuit of its registry, and its fleet, for Prometheus to scrape.
//   example_metrics          scrapes itself once, as a test
//   example_metrics 9464     serves http://127.0.0.1:9464/metrics and makes traffic, until killed
#include <httplib.h>

#include <breaker/breaker.hpp>
#include <breaker/fleet/fleet.hpp>
#include <breaker/fleet/memory_store.hpp>
#include <breaker/metrics/duration_histogram.hpp>
#include <breaker/metrics/prometheus.hpp>
#include <breaker/registry.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "check.hpp"

using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

/// What trips an endpoint's circuit, besides its fleet.
constexpr auto policy = breaker::advised(breaker::any_of(
    breaker::FailureRate{{.threshold = 50_percent, .min_calls = 10}},
    breaker::SlowCallRate{{.slower_than = 50ms, .threshold = 80_percent, .min_calls = 10}}));
/// TimedCounters give the page its call counts and durations, a DurationHistogram percentiles.
using Listeners = breaker::Listeners<breaker::TimedCounters<>, breaker::DurationHistogram<>>;
using Circuits = breaker::RegistryOf<std::remove_const_t<decltype(policy)>, Listeners>;

/// Calls to three endpoints, the last of which fails most of the time.
void make_traffic(Circuits& circuits, int calls) {
  static std::mt19937 random{1};
  for (int i = 0; i < calls; ++i) {
    const std::string endpoint = "backend-" + std::string(1, static_cast<char>('a' + i % 3));
    const unsigned failures = i % 3 == 2 ? 70 : 2;  // percent
    circuits.of(endpoint).call(
        [&] {
          std::this_thread::sleep_for(std::chrono::microseconds{random() % 2000});
          if (random() % 100 < failures) throw 503;
        },
        [] {});
  }
}

}  // namespace

int main(int argc, char** argv) {
  Circuits circuits{{.capacity = 1000, .config = {.open_for = 2s}},
                    policy,
                    Listeners{breaker::TimedCounters{}, breaker::DurationHistogram<>{}}};
  breaker::fleet::MemoryHub
      hub;  // of this process alone: <breaker/adapters/hiredis.hpp> has a store that others share
  breaker::fleet::MemoryStore store{hub};
  breaker::fleet::Agent agent{store, circuits, {.quorum = 1}};
  const std::jthread fleet{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) agent.step();
  }};
  httplib::Server server;
  server.Get("/metrics", [&](const httplib::Request& request, httplib::Response& response) {
    const auto format = breaker::prometheus_format(request.get_header_value("Accept"));
    response.set_content(breaker::PrometheusPage{}.add(circuits).add(agent).text(format),
                         breaker::content_type_of(format));
  });
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 0;
  const int port = wanted == 0                                ? server.bind_to_any_port("127.0.0.1")
                   : server.bind_to_port("127.0.0.1", wanted) ? wanted
                                                              : -1;
  check(port > 0, "there is a port to listen at");
  std::thread listening{[&] { server.listen_after_bind(); }};

  make_traffic(circuits, 90);
  const auto page = httplib::Client{"127.0.0.1", port}.Get("/metrics");
  check(page && page->status == 200, "the page is served");
  check(page->body.find("circuitbreaker_state{name=\"backend-c\",state=\"open\"} 1\n") !=
            std::string::npos,
        "the bad endpoint's circuit is open");
  check(page->body.find("circuitbreaker_state{name=\"backend-a\",state=\"closed\"} 1\n") !=
            std::string::npos,
        "a good one's is closed");
  check(page->body.find("circuitbreaker_fleet_store_up ") != std::string::npos,
        "the fleet is on it");
  if (argc > 1) {
    std::printf("http://127.0.0.1:%d/metrics\n", port);
    std::fflush(stdout);
    for (;;) make_traffic(circuits, 90);
  }
  server.stop();
  listening.join();
}
