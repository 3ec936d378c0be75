#include "breaker/metrics/prometheus.hpp"

#include <chrono>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

const std::string prefix = "resilience4j_circuitbreaker";

/// **Returns** the value of the sample `series` (its name without the prefix, and its labels), "" if
/// there is none, "twice" if there are several.
std::string value_of(const std::string& page, const std::string& series) {
  std::istringstream lines{page};
  std::string value;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(prefix + series + " ")) continue;
    value = value.empty() ? line.substr(line.rfind(' ') + 1) : "twice";
  }
  return value;
}

template <class Circuit>
std::string page_of(const Circuit& circuit) {
  return PrometheusPage{}.add("a", circuit).text();
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("the page shows all six states, 1 for the one that the next caller meets") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, clock};
  const auto shown = [&] {
    std::string states;
    for (const char* state :
         {"closed", "open", "half_open", "disabled", "forced_open", "metrics_only"})
      states +=
          value_of(page_of(circuit), std::string{"_state{name=\"a\",state=\""} + state + "\"}");
    return states;
  };

  CHECK(shown() == "100000");
  circuit.trip();
  CHECK(shown() == "010000");
  clock.advance(30s);
  CHECK(shown() == "001000");
  circuit.disable();
  CHECK(shown() == "000100");
  circuit.force_open();
  CHECK(shown() == "000010");
}

TEST_CASE("refusals, transitions and late verdicts are counted on every circuit") {
  CircuitBreaker circuit{Config{}, [](const Transition&) { throw 42; }};
  auto late = circuit.try_acquire();
  circuit.trip();
  for (int i = 0; i < 3; ++i) CHECK_FALSE(circuit.try_acquire());
  late.failure();

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_not_permitted_calls_total{name=\"a\",kind=\"not_permitted\"}") == "3");
  CHECK(value_of(page, "_transitions_total{name=\"a\"}") == "1");
  CHECK(value_of(page, "_stale_calls_total{name=\"a\"}") == "1");
  CHECK(value_of(page, "_listener_errors_total{name=\"a\"}") == "1");
}

TEST_CASE("a failure rate is -1 until the minimum of calls is in, then percent") {
  CircuitBreaker circuit{Config{},
                         FailureRate{last_calls<10>(), {.threshold = 90_percent, .min_calls = 3}}};
  circuit.try_acquire().failure();
  circuit.try_acquire().success();
  const std::string before = page_of(circuit);
  circuit.try_acquire().success();
  const std::string after = page_of(circuit);

  CHECK(value_of(before, "_failure_rate{name=\"a\"}") == "-1");
  CHECK(value_of(after, "_failure_rate{name=\"a\"}") == "33.33");
  CHECK(value_of(after, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "1");
  CHECK(value_of(after, "_buffered_calls{name=\"a\",kind=\"successful\"}") == "2");
  CHECK(value_of(after, "_max_buffered_calls{name=\"a\"}") == "10");
}

TEST_CASE("while a circuit is open the page shows the numbers that opened it") {
  CircuitBreaker circuit{Config{},
                         FailureRate{last_calls<4>(), {.threshold = 75_percent, .min_calls = 4}}};
  circuit.try_acquire().success();
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  CHECK(value_of(page_of(circuit), "_failure_rate{name=\"a\"}") == "75.00");
  circuit.reset();
  CHECK(value_of(page_of(circuit), "_failure_rate{name=\"a\"}") == "-1");
}

TEST_CASE("a policy's series are those that it can answer for") {
  const auto series_of = [](const auto& policy) {
    CircuitBreaker circuit{Config{}, policy};
    const std::string page = page_of(circuit);
    std::string found;
    for (const char* series :
         {"_failure_rate{name=\"a\"}", "_slow_call_rate{name=\"a\"}",
          "_slow_calls{name=\"a\",kind=\"any\"}", "_buffered_calls{name=\"a\",kind=\"failed\"}",
          "_buffered_calls{name=\"a\",kind=\"successful\"}", "_max_buffered_calls{name=\"a\"}"})
      found += value_of(page, series).empty() ? '.' : 'x';
    return found;
  };
  const FailureRateSettings failing{.threshold = 50_percent};
  const SlowCallRateSettings slow{.slower_than = 1s, .threshold = 50_percent};

  CHECK(series_of(ConsecutiveFailures{3}) == "...x.x");
  CHECK(series_of(FailureCount{3, within(10s)}) == "...x..");
  CHECK(series_of(FailureRate{failing}) == "x..xxx");
  CHECK(series_of(FailureRate{within(10s), failing}) == "x..xx.");
  CHECK(series_of(SlowCallRate{slow}) == ".xx..x");
  CHECK(series_of(any_of(FailureRate{failing}, SlowCallRate{slow})) == "xxxxxx");
}

TEST_CASE("counters add how calls ended, timed ones how long they took") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, TimedCounters{}, clock};
  const auto call = [&](Verdict verdict, std::chrono::milliseconds takes) {
    auto permit = circuit.try_acquire();
    clock.advance(takes);
    permit.settle(verdict);
  };
  call(Verdict::success, 1500ms);
  call(Verdict::success, 500ms);
  call(Verdict::failure, 7ms);
  call(Verdict::ignored, 0ms);

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_calls_seconds_count{name=\"a\",kind=\"successful\"}") == "2");
  CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"successful\"}") == "2.000000000");
  CHECK(value_of(page, "_calls_seconds_max{name=\"a\",kind=\"successful\"}") == "1.500000000");
  CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"failed\"}") == "0.007000000");
  CHECK(value_of(page, "_calls_seconds_count{name=\"a\",kind=\"ignored\"}") == "1");
  CHECK_FALSE(has(page, "# Without"));
}

TEST_CASE("a page that has fewer series says which, and of whom") {
  CircuitBreaker bare{Config{}};
  CircuitBreaker counted{Config{}, Listeners{[](const Transition&) {}, Counters<1>{}}};

  const std::string page = PrometheusPage{}.add("bare", bare).add("counted", counted).text();

  CHECK(has(page,
            "# Without resilience4j_circuitbreaker_calls_seconds: 1 circuits that have no "
            "breaker::Counters as a listener: bare\n"));
  CHECK(has(page, "# Without resilience4j_circuitbreaker_calls_seconds_sum and _max: 1 circuits"));
  CHECK(value_of(page, "_calls_seconds_count{name=\"counted\",kind=\"failed\"}") == "0");
}

TEST_CASE("names are escaped, and what is no UTF-8 can't spoil the page") {
  CircuitBreaker circuit{Config{}};
  const auto shown = [&](std::string_view name) {
    const std::string page = PrometheusPage{}.add(name, circuit).text();
    const auto from = page.find("_transitions_total{name=\"") + 25;
    return page.substr(from, page.find("\"} ", from) - from);
  };

  CHECK(shown("a\"b\\c\nd") == "a\\\"b\\\\c\\nd");
  CHECK(shown("Grüße, 世界, 🙂") == "Grüße, 世界, 🙂");
  CHECK(shown("\xff\x80") == "\\\\xff\\\\x80");
  CHECK(shown("cut \xe4\xb8") == "cut \\\\xe4\\\\xb8");
  CHECK(shown("\xc0\xaf \xed\xa0\x80 \xf5") == "\\\\xc0\\\\xaf \\\\xed\\\\xa0\\\\x80 \\\\xf5");
  CHECK(shown(std::string_view{"\0\r\x7f", 3}) == "\\\\x00\\\\x0d\\\\x7f");
}

TEST_CASE("a registry's page has every circuit of the moment, and the registry itself") {
  Registry circuits{{.capacity = 2}};
  circuits.of("first");
  const std::string before = prometheus_page(circuits);
  circuits.of("second").trip();
  circuits.of("third");
  circuits.erase("first");
  const std::string after = prometheus_page(circuits);

  CHECK(value_of(before, "_state{name=\"first\",state=\"closed\"}") == "1");
  CHECK(value_of(before, "_state{name=\"second\",state=\"open\"}").empty());
  CHECK(value_of(after, "_state{name=\"first\",state=\"closed\"}").empty());
  CHECK(value_of(after, "_state{name=\"second\",state=\"open\"}") == "1");
  CHECK(value_of(after, "_state{name=\"(overflow)\",state=\"closed\"}") == "1");
  CHECK(value_of(after, "_registry_size") == "1");
  CHECK(value_of(after, "_registry_made") == "2");
  CHECK(value_of(after, "_registry_capacity") == "2");
  CHECK(value_of(after, "_registry_overflowed_total") == "1");
}

TEST_CASE("two registries with the same keys are told apart by their groups") {
  Registry http{{.capacity = 2}};
  Registry sql{{.capacity = 3}};
  http.of("eu");
  sql.of("eu").trip();

  const std::string page = PrometheusPage{}.add(http, "http").add(sql, "sql").text();

  CHECK(value_of(page, "_state{name=\"eu\",group=\"http\",state=\"open\"}") == "0");
  CHECK(value_of(page, "_state{name=\"eu\",group=\"sql\",state=\"open\"}") == "1");
  CHECK(value_of(page, "_registry_capacity{group=\"sql\"}") == "3");
}

TEST_CASE("each series is announced once, and its samples stand together") {
  Registry circuits{{.capacity = 10}, [](std::string_view, const Config& config) {
                      return CircuitBreaker{config, FailureRate{{.threshold = 50_percent}},
                                            TimedCounters{}};
                    }};
  for (const char* key : {"a", "b", "c"}) circuits.of(key);
  std::istringstream lines{prometheus_page(circuits)};
  std::set<std::string> announced;
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.rfind(' ') - 7);
      CHECK(announced.insert(family).second);
    } else if (!line.starts_with("#")) {
      CHECK(line.starts_with(family));
    }
  }

  CHECK(announced.size() == 14);
}

TEST_CASE("the prefix can be another") {
  CircuitBreaker circuit{Config{}};

  CHECK(has(PrometheusPage{"shop_breaker"}.add("a", circuit).text(),
            "\nshop_breaker_transitions_total{name=\"a\"} 0\n"));
}
