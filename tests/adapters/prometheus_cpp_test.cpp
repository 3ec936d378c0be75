// prometheus_cpp.hpp: circuits scraped over HTTP from an Exposer.
#include "breaker/adapters/prometheus_cpp.hpp"

#include <prometheus/exposer.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/metrics/duration_histogram.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/metrics/transition_counters.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/fleet.hpp"
#include "support/loopback.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

using adapters::circuit_collector;

// An exposer on a port of its own.
struct Exposed {
  prometheus::Exposer exposer{"127.0.0.1:0"};

  std::string scrape() { return http_get(exposer.GetListeningPorts().at(0), "/metrics"); }
};

/// **Returns** the value of a series on a page, "none" if it is not there.
std::string value_of(const std::string& page, const std::string& series) {
  const std::string line = "\nresilience4j_circuitbreaker_" + series + ' ';
  const std::size_t begin = page.find(line);
  if (begin == page.npos) return "none";
  const std::size_t value = begin + line.size();
  return page.substr(value, page.find_first_of("\r\n", value) - value);
}

/// **Returns** the one state that has 1 on a page; the others must be there, too.
std::string state_of(const std::string& page, const std::string& name) {
  std::string found;
  int zeros = 0;
  for (const char* state :
       {"closed", "open", "half_open", "disabled", "forced_open", "metrics_only"}) {
    const std::string value =
        value_of(page, "state{name=\"" + name + "\",state=\"" + state + "\"}");
    if (value == "1") found += state;
    zeros += value == "0" ? 1 : 0;
  }
  return zeros == 5 ? found : "not six states";
}

// By name and labels.
using Samples = std::map<std::string, double>;

Samples samples_of(const std::string& page) {
  const std::string prefix = "resilience4j_circuitbreaker_";
  Samples samples;
  std::istringstream lines{page};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(prefix)) continue;
    const std::size_t value = line.rfind(' ');
    std::string series = line.substr(prefix.size(), value - prefix.size());
    const std::size_t whole = series.find(".0\"}");  // a bound is 1.0 there, 1 here
    if (whole != series.npos) series.erase(whole, 2);
    samples[series] = std::stod(line.substr(value));
  }
  return samples;
}

// Anything that shows its circuits one by one, of whatever types.
struct TwoCircuits {
  CircuitBreaker<> plain;
  CircuitBreaker<SteadyClock, FailureCount<LastCalls<10>>, DefaultClassifier, Counters<>> counting{
      Config{}, FailureCount{3, last_calls<10>()}};
  bool has_both = false;
  template <class Visit>
  void for_each(const Visit& visit) const {
    visit("plain", plain);
    if (has_both) visit("counting \"quoted\"\n", counting);
  }
};

[[maybe_unused]] void example() {
#include "example/prometheus_cpp.inc"
}

}  // namespace

TEST_CASE("a scrape follows a circuit through its states") {
  Exposed exposed;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{3}, clock};
  const std::vector<std::pair<std::string, decltype(circuit)*>> circuits{{"prices", &circuit}};
  const auto collector = circuit_collector(circuits);
  exposed.exposer.RegisterCollectable(collector);
  const auto state = [&] { return state_of(exposed.scrape(), "prices"); };

  CHECK(state() == "closed");
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  CHECK(state() == "open");
  clock.advance(10s);
  CHECK(state() == "half_open");
  circuit.try_acquire().success();
  CHECK(state() == "closed");
  circuit.force_open();
  CHECK(state() == "forced_open");
  circuit.disable();
  CHECK(state() == "disabled");
}

TEST_CASE("a scrape has what the circuit counts, and what its listeners do") {
  Exposed exposed;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s},
                         FailureRate{{.threshold = 50_percent, .min_calls = 5}}, clock,
                         TimedCounters{}};
  const std::map<std::string, decltype(circuit)*> circuits{{"prices", &circuit}};
  const auto collector = circuit_collector(circuits);
  exposed.exposer.RegisterCollectable(collector);

  for (int i = 0; i < 3; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(250ms);
    permit.success();
  }
  circuit.try_acquire().failure();
  const std::string closed = exposed.scrape();
  circuit.trip();
  static_cast<void>(circuit.try_acquire());
  const std::string open = exposed.scrape();

  CHECK(value_of(closed, "buffered_calls{name=\"prices\",kind=\"successful\"}") == "3");
  CHECK(value_of(closed, "buffered_calls{name=\"prices\",kind=\"failed\"}") == "1");
  CHECK(value_of(closed, "calls_seconds_count{name=\"prices\",kind=\"successful\"}") == "3");
  CHECK(value_of(closed, "calls_seconds_count{name=\"prices\",kind=\"failed\"}") == "1");
  CHECK(value_of(closed, "calls_seconds_sum{name=\"prices\",kind=\"successful\"}") == "0.75");
  CHECK(value_of(closed, "transitions_total{name=\"prices\"}") == "0");
  CHECK(value_of(open, "transitions_total{name=\"prices\"}") == "1");
  CHECK(value_of(open, "not_permitted_calls_total{name=\"prices\",kind=\"not_permitted\"}") == "1");
}

TEST_CASE("a registry's scrape has the samples of its text page, with the same values") {
  Exposed exposed;
  ManualClock clock;
  breaker::Registry circuits{
      {.capacity = 2, .when_full = WhenFull::overflow},
      any_of(FailureRate{{.threshold = 50_percent, .min_calls = 5}},
             SlowCallRate{{.slower_than = 1s, .threshold = 90_percent, .min_calls = 50}}),
      clock,
      Listeners{TimedCounters<1>{}, DurationHistogram<buckets_up_to(100ms, 1s)>{},
                TransitionCounters{}}};
  const auto collector = circuit_collector(circuits, "resilience4j_circuitbreaker", "shop");
  exposed.exposer.RegisterCollectable(collector);
  for (const char* key : {"prices", "stock", "one too many"}) {
    for (int i = 0; i < 9; ++i) {
      auto permit = circuits.of(key).try_acquire();
      clock.advance(250ms);
      permit.settle(i % 3 == 0 ? Verdict::failure : Verdict::success);
    }
  }
  circuits.of("stock").force_open();

  const Samples scraped = samples_of(exposed.scrape());
  const Samples page = samples_of(PrometheusPage{}.add(circuits, "shop").text());

  CHECK(page.size() == 3 * 42 + 14 + 1 - 2);  // "stock" has one reason more, and no rates
  CHECK(scraped == page);
  CHECK(page.at(R"(failure_rate{name="prices",group="shop"})") == 33.33);
  CHECK(page.at(R"(slow_call_rate{name="prices",group="shop"})") == -1);
  CHECK(
      page.at(R"(call_duration_seconds_bucket{name="prices",group="shop",kind="failed",le="1"})") ==
      3);
}

TEST_CASE("a scrape of a fleet's agent has the samples of its text page") {
  Exposed exposed;
  fleet_test::Fleet fleet{2, Config{.open_for = 1s}};
  auto& agent = fleet[0].agent;
  const auto collector = circuit_collector(agent, "resilience4j_circuitbreaker", "shop");
  exposed.exposer.RegisterCollectable(collector);
  fleet.pass(2s);
  for (int i = 0; i < 2; ++i) fleet[i].fail(5);
  for (int i = 0; i < 2; ++i) fleet.turn();

  const Samples scraped = samples_of(exposed.scrape());

  CHECK(scraped == samples_of(PrometheusPage{}.add(agent, "shop").text()));
  CHECK(scraped.size() == 7);
  CHECK(scraped.at(R"(fleet_store_up{group="shop"})") == 1);
  CHECK(scraped.at(R"(fleet_verdicts{group="shop"})") == 1);
  CHECK(scraped.at(R"(fleet_votes_total{group="shop"})") == 1);
}

#if defined(PROMTOOL_PATH)
TEST_CASE("promtool finds nothing to say against the page") {
  CircuitBreaker circuit{Config{}, TimedCounters{}};
  const std::map<std::string, decltype(circuit)*> circuits{{"prices", &circuit}};
  Exposed exposed;
  const auto collector = circuit_collector(circuits);
  exposed.exposer.RegisterCollectable(collector);
  circuit.try_acquire().success();
  const std::string page = exposed.scrape();

  std::FILE* const promtool = ::popen(PROMTOOL_PATH " check metrics > /dev/null 2>&1", "w");
  std::fputs(page.substr(page.find("\r\n\r\n") + 4).c_str(), promtool);

  CHECK(::pclose(promtool) == 0);
}
#endif

TEST_CASE("circuits of every kind, and those made later, are on the page, each once") {
  Exposed exposed;
  TwoCircuits two;
  const auto collector = circuit_collector(two, "resilience4j_circuitbreaker");
  exposed.exposer.RegisterCollectable(collector);

  const std::string before = exposed.scrape();
  two.has_both = true;
  const std::string after = exposed.scrape();

  const std::string quoted = R"(counting \"quoted\"\n)";
  CHECK(state_of(before, "plain") == "closed");
  CHECK(state_of(before, quoted) == "not six states");
  CHECK(state_of(after, quoted) == "closed");
  CHECK(value_of(after, "calls_seconds_count{name=\"plain\",kind=\"failed\"}") == "none");
  CHECK(value_of(after, "calls_seconds_count{name=\"" + quoted + "\",kind=\"failed\"}") == "0");
  CHECK(value_of(after, "calls_seconds_sum{name=\"" + quoted + "\",kind=\"failed\"}") == "Nan");
  CHECK(after.find("# TYPE resilience4j_circuitbreaker_state gauge") ==
        after.rfind("# TYPE resilience4j_circuitbreaker_state gauge"));
}
