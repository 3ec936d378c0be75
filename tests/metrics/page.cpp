// Prints a page with every kind of circuit on it, for promtool to judge; then says what a page of
// 10 000 circuits costs, with every series that all have, and fails if that is 50 ms of CPU or more.
// "openmetrics": prints the same page as OpenMetrics, and no more.
#include <algorithm>
#include <breaker/breaker.hpp>
#include <breaker/fleet/fleet.hpp>
#include <breaker/fleet/memory_store.hpp>
#include <breaker/metrics/duration_histogram.hpp>
#include <breaker/metrics/prometheus.hpp>
#include <breaker/metrics/transition_counters.hpp>
#include <breaker/registry.hpp>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

template <class Registry>
void use(Registry& circuits, int count) {
  for (int i = 0; i < count; ++i) {
    const auto circuit =
        circuits.handle("https://api-" + std::to_string(i) + ".prod.example.net:8443");
    for (int call = 0; call < 25; ++call)
      circuit.try_acquire().settle(call % 3 == i % 4 ? breaker::Verdict::failure
                                                     : breaker::Verdict::success);
  }
}

constexpr auto watching =
    breaker::any_of(breaker::FailureRate{{.threshold = 50_percent}},
                    breaker::SlowCallRate{{.slower_than = 1s, .threshold = 50_percent}});

struct CurrentTrace {
  breaker::TraceId operator()() const noexcept { return {0x0af7651916cd43dd, 0x8448eb211c80319c}; }
};

double cpu_milliseconds() { return static_cast<double>(std::clock()) * 1000 / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char**) {
  breaker::Registry plain{{.capacity = 3, .when_full = breaker::WhenFull::overflow}};
  use(plain, 4);
  plain.of("\"quoted\\ \n\xff").force_open();
  breaker::Registry watched{{.capacity = 100}, watching, breaker::TimedCounters<2>{}};
  use(watched, 8);
  breaker::CircuitBreaker single{breaker::Config{}, breaker::Counters{}};
  breaker::fleet::MemoryHub hub;
  breaker::fleet::MemoryStore store{hub};
  breaker::fleet::Agent agent{store, plain};
  agent.step();
  breaker::CircuitBreaker traced{
      breaker::Config{},
      breaker::Listeners{breaker::DurationHistogram<breaker::usual_buckets, CurrentTrace>{},
                         breaker::TransitionCounters{}}};
  for (int i = 0; i < 3; ++i) traced.call([] {});
  traced.trip();
  const bool is_open = argc > 1;
  const std::string page =
      breaker::PrometheusPage{}
          .add(plain, "plain")
          .add(watched, "watched")
          .add("single", single)
          .add("traced", traced)
          .add(agent, "plain")
          .add_settings("single", single)
          .add_settings("traced", traced)
          .text(is_open ? breaker::PrometheusFormat::openmetrics : breaker::PrometheusFormat::text,
                std::chrono::system_clock::now());
  std::fwrite(page.data(), 1, page.size(), stdout);
  if (is_open) return 0;

  breaker::Registry many{{.capacity = 10'000}, watching, breaker::TimedCounters<2>{}};
  use(many, 10'000);
  double best = 1e9;
  std::size_t size = 0;
  for (int i = 0; i < 5; ++i) {
    const double began = cpu_milliseconds();
    size = breaker::prometheus_page(many).size();
    best = std::min(best, cpu_milliseconds() - began);
  }
  std::fprintf(stderr, "10 000 circuits: %.1f ms, %.1f MB\n", best,
               static_cast<double>(size) / 1e6);
  return best < 50 ? 0 : 1;
}
