#include "breaker/metrics/prometheus.hpp"

#include <chrono>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/metrics/duration_histogram.hpp"
#include "breaker/metrics/transition_counters.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "support/fleet.hpp"

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

/// **Returns** how many bytes the character takes that `text` begins with, 0 if there is none: it is
/// decoded, and then looked at whether that many bytes are the fewest that it takes.
std::size_t size_of_character(const std::string& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  std::size_t size = 0;
  while (size < 8 && (byte(0) << size & 0x80) != 0) ++size;
  if (size < 2 || size > 4 || text.size() < size) return 0;
  unsigned character = byte(0) & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3fU);
  }
  const std::size_t fewest = character < 0x80      ? 1
                             : character < 0x800   ? 2
                             : character < 0x10000 ? 3
                                                   : 4;
  const bool is_surrogate = character >= 0xd800 && character < 0xe000;
  return size == fewest && !is_surrogate && character <= 0x10ffff ? size : 0;
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

/// Trips at any failure, and shows no numbers.
struct TripsOnAnyFailure {
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& outcome) const noexcept {
    return {.kind = outcome.verdict == Verdict::failure ? Standing::Kind::at_limit
                                                        : Standing::Kind::below};
  }
  bool operator==(const TripsOnAnyFailure&) const = default;
};

/// Counts failures and successes, under the rule and the names that it is given.
template <const Words& in_words>
struct Counting {
  struct Evidence {
    Numbers numbers;
  };
  Standing record(Evidence& seen, const Outcome& outcome) const noexcept {
    ++seen.numbers.at[outcome.verdict == Verdict::failure ? 0 : 1];
    return {.numbers = seen.numbers};
  }
  [[nodiscard]] const Words& words() const noexcept { return in_words; }
  bool operator==(const Counting&) const = default;
};
constexpr Words as_a_rate{.rule = "failure_rate", .numbers = {"failures", "calls"}};
constexpr Words of_its_own{.rule = "my \"rule\"", .numbers = {"bad", nullptr, "odd"}};
constexpr Words of_another{.rule = "another", .numbers = {"bad", "failures"}};

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
  circuit.reset();

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_not_permitted_calls_total{name=\"a\",kind=\"not_permitted\"}") == "3");
  CHECK(value_of(page, "_transitions_total{name=\"a\"}") == "2");
  CHECK(value_of(page, "_stale_calls_total{name=\"a\"}") == "1");
  CHECK(value_of(page, "_listener_errors_total{name=\"a\"}") == "2");
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

TEST_CASE("rates are exact to a hundredth of a percent, from none to all") {
  const auto rate_after = [](int good, int bad, Ratio threshold) {
    CircuitBreaker circuit{Config{}, FailureRate{last_calls<400>(), {threshold, 1}}};
    for (int i = 0; i < good; ++i) circuit.try_acquire().success();
    for (int i = 0; i < bad; ++i) circuit.try_acquire().failure();
    return value_of(page_of(circuit), "_failure_rate{name=\"a\"}");
  };

  CHECK(rate_after(0, 0, 90_percent) == "-1");
  CHECK(rate_after(1, 0, 90_percent) == "0.00");
  CHECK(rate_after(399, 1, 90_percent) == "0.25");
  CHECK(rate_after(0, 1, 100_percent) == "100.00");
}

TEST_CASE("slow calls are shown, and their share of all calls") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, SlowCallRate{{.slower_than = 1s, .threshold = 50_percent, .min_calls = 4}}, clock};
  for (int i = 0; i < 4; ++i) {
    auto permit = circuit.try_acquire();
    clock.advance(i == 0 ? 2s : 1s);
    permit.success();
  }

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_slow_calls{name=\"a\",kind=\"any\"}") == "1");
  CHECK(value_of(page, "_slow_call_rate{name=\"a\"}") == "25.00");
}

TEST_CASE("where all calls failed, none was successful") {
  CircuitBreaker circuit{Config{}, FailureRate{{.threshold = 90_percent, .min_calls = 9}}};
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "3");
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"successful\"}") == "0");
}

TEST_CASE("the window of a combination is its longest") {
  const FailureRateSettings half{.threshold = 50_percent, .min_calls = 5};
  const auto most = [](const auto& policy) {
    CircuitBreaker circuit{Config{}, policy};
    return value_of(page_of(circuit), "_max_buffered_calls{name=\"a\"}");
  };

  CHECK(most(any_of(FailureRate{last_calls<10>(), half}, ConsecutiveFailures{3})) == "10");
  CHECK(most(any_of(FailureRate{last_calls<10>(), half}, FailureRate{last_calls<20>(), half})) ==
        "20");
  CHECK(most(any_of(FailureRate{last_calls<20>(), half}, FailureRate{last_calls<10>(), half})) ==
        "20");
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

TEST_CASE(
    "after the wait, before a call, the page still shows the numbers that opened the circuit") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s},
                         FailureRate{last_calls<4>(), {.threshold = 75_percent, .min_calls = 4}},
                         clock};
  circuit.try_acquire().success();
  for (int i = 0; i < 3; ++i) circuit.try_acquire().failure();
  CHECK_FALSE(circuit.try_acquire());
  clock.advance(30s);

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_state{name=\"a\",state=\"half_open\"}") == "1");
  CHECK(value_of(page, "_failure_rate{name=\"a\"}") == "75.00");
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "3");
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"successful\"}") == "1");
  CHECK(value_of(page, "_not_permitted_calls_total{name=\"a\",kind=\"not_permitted\"}") == "1");
  circuit.try_acquire().ignore();  // a probe that says nothing: the circuit stays half-open
  CHECK(value_of(page_of(circuit), "_failure_rate{name=\"a\"}").empty());
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);
  CHECK(value_of(page_of(circuit), "_failure_rate{name=\"a\"}").empty());
  clock.advance(30s);
  circuit.try_acquire().success();
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
  CHECK(series_of(any_of(FailureRate{failing}, ConsecutiveFailures{3})) == "x..xxx");
  CHECK(series_of(TripsOnAnyFailure{}) == "......");
  CHECK(series_of(BadCallRate{{.slower_than = 1s, .threshold = 50_percent}}) == ".....x");
  CHECK(series_of(any_of(ConsecutiveFailures{3}, SlowCallRate{slow})) == ".xxx.x");
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
  for (int i = 0; i < 3; ++i) call(Verdict::failure, 7ms);
  call(Verdict::ignored, 0ms);

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_calls_seconds_count{name=\"a\",kind=\"successful\"}") == "2");
  CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"successful\"}") == "2.000000000");
  CHECK_FALSE(has(page, "_calls_seconds_max"));  // of all time, it would never fall
  CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"failed\"}") == "0.021000000");
  CHECK(value_of(page, "_calls_seconds_count{name=\"a\",kind=\"failed\"}") == "3");
  CHECK(value_of(page, "_calls_seconds_count{name=\"a\",kind=\"ignored\"}") == "1");
  CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"ignored\"}") == "0.000000000");
  CHECK_FALSE(has(page, "# Without"));
}

TEST_CASE("counters that are not timed say nothing of how long calls took") {
  CircuitBreaker circuit{Config{}, Counters{}};
  circuit.call([] {});

  const std::string page = page_of(circuit);

  for (const char* kind : {"successful", "failed", "ignored"})
    CHECK(value_of(page, "_calls_seconds_sum{name=\"a\",kind=\"" + std::string{kind} + "\"}") ==
          "");
}

TEST_CASE("a call of a nanosecond is not lost") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, TimedCounters{}, clock};
  auto permit = circuit.try_acquire();
  clock.advance(1ns);
  permit.success();

  CHECK(value_of(page_of(circuit), "_calls_seconds_sum{name=\"a\",kind=\"successful\"}") ==
        "0.000000001");
}

TEST_CASE("of many circuits without counters the first five are named") {
  CircuitBreaker bare{Config{}};
  const auto page_of_bare = [&](int count) {
    PrometheusPage page;
    for (int i = 1; i <= count; ++i) page.add("c" + std::to_string(i), bare);
    return page.text();
  };

  CHECK(has(page_of_bare(2), "2 circuits that have no breaker::Counters as a listener: c1, c2\n"));
  CHECK(has(page_of_bare(5), "as a listener: c1, c2, c3, c4, c5\n"));
  CHECK(has(page_of_bare(6), "as a listener: c1, c2, c3, c4, c5, ...\n"));
}

TEST_CASE("a page that has fewer series says which, and of whom") {
  CircuitBreaker bare{Config{}};
  CircuitBreaker counted{Config{}, Listeners{[](const Transition&) {}, Counters<1>{}}};

  const std::string page = PrometheusPage{}.add("bare", bare).add("counted", counted).text();

  CHECK(has(page,
            "# Without resilience4j_circuitbreaker_calls_seconds: 1 circuits that have no "
            "breaker::Counters as a listener: bare\n"));
  CHECK(has(page,
            "# Without resilience4j_circuitbreaker_calls_seconds_sum: 1 circuits "
            "whose listener is breaker::Counters, not breaker::TimedCounters\n"));
  CHECK(value_of(page, "_calls_seconds_count{name=\"counted\",kind=\"failed\"}") == "0");
}

TEST_CASE("a page that lacks a series of many circuits names the first five") {
  CircuitBreaker circuit{Config{}};
  PrometheusPage page;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) page.add(name, circuit);

  CHECK(has(page.text(),
            "7 circuits that have no breaker::Counters as a listener: a, b, c, d, e, ...\n"));
}

TEST_CASE("a circuit without a name keeps its label, for its series to be told apart") {
  CircuitBreaker circuit{Config{}};

  CHECK(value_of(PrometheusPage{}.add("", circuit).text(), "_transitions_total{name=\"\"}") == "0");
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
  CHECK(shown("\xe0\x9f\xbf") == "\\\\xe0\\\\x9f\\\\xbf");         // overlong
  CHECK(shown("\xf0\x8f\xbf\xbf").starts_with("\\\\xf0\\\\x8f"));  // overlong
  CHECK(shown("\xf4\x90\x80\x80").starts_with("\\\\xf4\\\\x90"));  // past the last character
  CHECK(shown("\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") ==
        "\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
  CHECK(shown(std::string_view{"\0\r\x7f", 3}) == "\\\\x00\\\\x0d\\\\x7f");
}

TEST_CASE("of all bytes exactly the characters of UTF-8 stay as they are") {
  const auto shown = [](std::string_view name) {
    detail::PrometheusText text{""};
    text.set_labels({{"name", name}});
    text.add(detail::Series::stale, 0U);
    const std::string page = text.page();
    const auto from = page.find("{name=\"") + 7;
    return page.substr(from, page.rfind("\"} ") - from);
  };
  const auto escaped = [](unsigned byte) {
    char text[6];
    std::snprintf(text, sizeof text, "\\\\x%02x", byte & 0xff);
    return std::string{text};
  };
  // The bounds of what may follow, and their neighbours.
  const std::string next = "\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0";
  for (unsigned first = 0x80; first < 0x100; ++first) {
    for (const char second : next) {
      for (const char third : next) {
        const std::string text{static_cast<char>(first), second, third, '\xbf'};
        std::string expected;
        for (std::size_t i = 0; i < text.size();) {
          const std::size_t size = size_of_character(text.substr(i));
          expected +=
              size > 0 ? text.substr(i, size) : escaped(static_cast<unsigned char>(text[i]));
          i += size > 0 ? size : 1;
        }
        if (shown(text) != expected) FAIL(expected);
      }
    }
  }
  CHECK(shown(std::string_view{"\xe4\xb8\x96", 2}) == escaped(0xe4) + escaped(0xb8));
}

TEST_CASE("a registry's page has every circuit of the moment, and the registry itself") {
  Registry circuits{{.capacity = 2, .when_full = WhenFull::overflow}};
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
  CHECK(value_of(after, "_registry_made_total") == "2");
  CHECK(value_of(after, "_registry_circuits{state=\"open\"}") == "1");
  CHECK(value_of(after, "_registry_circuits{state=\"closed\"}") == "0");
  CHECK(value_of(after, "_registry_transitions_total") == "1");
  CHECK(value_of(after, "_registry_not_permitted_calls_total") == "0");
  CHECK(value_of(after, "_registry_evicted_total") == "0");
  CHECK(value_of(after, "_registry_late_verdicts_total") == "0");
  CHECK(value_of(after, "_registry_held_back_total") == "0");
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
  Registry circuits{{.capacity = 10}, FailureRate{{.threshold = 50_percent}}, TimedCounters{}};
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

  CHECK(announced.size() == 20);
}

TEST_CASE("the prefix can be another") {
  CircuitBreaker circuit{Config{}};

  CHECK(has(PrometheusPage{"shop_breaker"}.add("a", circuit).text(),
            "\nshop_breaker_transitions_total{name=\"a\"} 0\n"));
}

TEST_CASE("a registry without a circuit has a page, as has one of a hundred") {
  const std::string of_none = prometheus_page(Registry<>{});
  Registry circuits{{.capacity = 100}};
  for (int i = 0; i < 100; ++i) circuits.of("host-" + std::to_string(i));
  const std::string of_hundred = prometheus_page(circuits);

  CHECK(value_of(of_none, "_registry_size") == "0");
  CHECK(value_of(of_none, "_state{name=\"(overflow)\",state=\"closed\"}") == "1");
  CHECK(value_of(of_hundred, "_registry_size") == "100");
  CHECK(value_of(of_hundred, "_state{name=\"host-99\",state=\"closed\"}") == "1");
}

TEST_CASE("of ASCII all that can be printed stays as it is") {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string name(1, static_cast<char>(byte));
    if (name == "\n" || name == "\"" || name == "\\") continue;  // escaped in a way of their own
    char escaped[6];
    std::snprintf(escaped, sizeof escaped, "\\\\x%02x", static_cast<unsigned>(byte));
    const std::string expected = byte >= 0x20 && byte != 0x7f ? name : escaped;
    const CircuitBreaker<> circuit;
    CAPTURE(byte);
    CHECK(has(PrometheusPage{}.add(name, circuit).text(), "{name=\"" + expected + "\","));
  }
}

TEST_CASE("without a call there is no rate, even for a policy that judges one from none on") {
  CircuitBreaker circuit{Config{}, Counting<as_a_rate>{}};

  CHECK(value_of(page_of(circuit), "_failure_rate{name=\"a\"}") == "-1");
}

TEST_CASE("numbers that have no series of their own are shown by the policy's names") {
  CircuitBreaker circuit{Config{}, any_of(Counting<of_its_own>{}, Counting<of_another>{})};
  for (int i = 0; i < 5; ++i)
    circuit.try_acquire().settle(i < 2 ? Verdict::failure : Verdict::success);

  const std::string page = page_of(circuit);

  const auto number = [&](const std::string& labels) {
    return value_of(page, "_policy_numbers{name=\"a\",rule=\"" + labels + "\"}");
  };
  CHECK(number("my \\\"rule\\\"\",number=\"bad") == "2");
  CHECK(number("my \\\"rule\\\"\",number=\"odd") == "0");
  CHECK(number("another\",number=\"bad") == "2");
  CHECK(number("another\",number=\"failures").empty());
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "3");  // so named
}

TEST_CASE("the numbers of many circuits with one policy are told apart by the circuits' names") {
  CircuitBreaker one{Config{}, Counting<of_its_own>{}};
  CircuitBreaker other{Config{}, Counting<of_its_own>{}};
  other.try_acquire().failure();

  const std::string page = PrometheusPage{}.add("one", one).add("other", other).text();

  const std::string labels = R"(rule="my \"rule\"",number="bad"})";
  CHECK(value_of(page, R"(_policy_numbers{name="one",)" + labels) == "0");
  CHECK(value_of(page, R"(_policy_numbers{name="other",)" + labels) == "1");
}

TEST_CASE("bad calls are a number of their own, as they are neither failed nor slow calls") {
  CircuitBreaker circuit{Config{},
                         BadCallRate{{.slower_than = 1s, .threshold = 50_percent, .min_calls = 9}}};
  circuit.try_acquire().failure();
  circuit.try_acquire().success();

  const std::string page = page_of(circuit);

  CHECK(value_of(page, R"(_policy_numbers{name="a",rule="bad_call_rate",number="bad_calls"})") ==
        "1");
  CHECK(value_of(page, R"(_policy_numbers{name="a",rule="bad_call_rate",number="calls"})") == "2");
}

TEST_CASE("while a circuit is open, a part that did not open it shows nothing") {
  const FailureRateSettings never{.threshold = 100_percent, .min_calls = 5};
  CircuitBreaker circuit{Config{}, any_of(FailureRate{last_calls<10>(), never},
                                          Counting<of_its_own>{}, ConsecutiveFailures{2})};
  circuit.try_acquire().success();
  for (int i = 0; i < 2; ++i) circuit.try_acquire().failure();
  REQUIRE(circuit.state() == State::open);

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_failure_rate{name=\"a\"}").empty());
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "2");
  CHECK(value_of(page, R"(_policy_numbers{name="a",rule="my \"rule\"",number="bad"})") == "0");
}

TEST_CASE("of several parts with one rule each series has one sample") {
  const FailureRateSettings half{.threshold = 50_percent, .min_calls = 2};
  CircuitBreaker circuit{Config{},
                         any_of(FailureRate{last_calls<10>(), half}, FailureRate{within(10s), half},
                                Counting<of_its_own>{}, Counting<of_its_own>{})};
  circuit.try_acquire().success();
  circuit.try_acquire().success();

  const std::string page = page_of(circuit);

  CHECK(value_of(page, "_failure_rate{name=\"a\"}") == "0.00");
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"successful\"}") == "2");
  CHECK(value_of(page, R"(_policy_numbers{name="a",rule="my \"rule\"",number="bad"})") == "0");
}

// ---- what is opted in

namespace {

struct OneTrace {
  TraceId operator()() const noexcept { return {0x0123456789abcdef, 0xfedcba9876543210}; }
};

/// **Returns** the lines of a page that contain `text`, without what stands before it in the first.
std::string lines_with(const std::string& page, const std::string& text) {
  std::istringstream lines{page};
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (line.find(text) != std::string::npos) found += line.substr(line.find(text)) + '\n';
  return found;
}

}  // namespace

TEST_CASE("a histogram's buckets add up, and have exemplars on an OpenMetrics page alone") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, clock,
      Listeners{Counters<1>{}, DurationHistogram<buckets_up_to(10ms, 1s), OneTrace, 1>{}}};
  for (const auto took : {5ms, 10ms, 11ms, 2000ms}) {
    auto permit = circuit.try_acquire();
    clock.advance(took);
    permit.success();
  }
  const PrometheusPage page = PrometheusPage{}.add("a", circuit);

  CHECK(lines_with(page.text(), "duration_seconds_bucket{name=\"a\",kind=\"successful\"") ==
        "duration_seconds_bucket{name=\"a\",kind=\"successful\",le=\"0.01\"} 2\n"
        "duration_seconds_bucket{name=\"a\",kind=\"successful\",le=\"1.0\"} 3\n"
        "duration_seconds_bucket{name=\"a\",kind=\"successful\",le=\"+Inf\"} 4\n");
  CHECK(value_of(page.text(), "_call_duration_seconds_count{name=\"a\",kind=\"successful\"}") ==
        "4");
  CHECK(value_of(page.text(), "_call_duration_seconds_sum{name=\"a\",kind=\"successful\"}") ==
        "2.026000000");
  CHECK(value_of(page.text(), "_call_duration_seconds_count{name=\"a\",kind=\"failed\"}") == "0");
  CHECK_FALSE(has(page.text(), "trace_id"));
  CHECK(has(page.text(PrometheusFormat::openmetrics),
            "le=\"0.01\"} 2 # {trace_id=\"0123456789abcdeffedcba9876543210\"} 0.010000000\n"));
}

TEST_CASE("an OpenMetrics page names counters without their ending, and ends") {
  CircuitBreaker circuit{Config{}, TimedCounters<1>{}};
  const PrometheusPage page = PrometheusPage{}.add("a", circuit);
  const auto since = std::chrono::system_clock::time_point{1'700'000'000s};

  const std::string open = page.text(PrometheusFormat::openmetrics);

  CHECK(open.ends_with("\n# EOF\n"));
  CHECK(has(open, "# TYPE resilience4j_circuitbreaker_transitions counter\n"));
  CHECK(value_of(open, "_transitions_total{name=\"a\"}") == "0");
  CHECK(has(open, "# TYPE breaker info\nbreaker_info{version=\"" BREAKER_VERSION_STRING "\"} 1\n"));
  CHECK_FALSE(has(open, "_created"));
  CHECK_FALSE(has(page.text(), "# EOF"));
  CHECK(has(page.text(), "# TYPE breaker_info gauge\n"));
  CHECK(value_of(page.text(PrometheusFormat::openmetrics, since),
                 "_transitions_created{name=\"a\"}") == "1700000000");
  CHECK(value_of(page.text(PrometheusFormat::openmetrics, since),
                 "_calls_seconds_created{name=\"a\",kind=\"failed\"}") == "1700000000");
  CHECK_FALSE(has(page.text(PrometheusFormat::text, since), "_created"));
}

TEST_CASE("transitions are told by where they led and why") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 10s}, ConsecutiveFailures{1}, clock,
                         TransitionCounters{}};
  for (int i = 0; i < 2; ++i) {
    circuit.try_acquire().failure();
    clock.advance(10s);
    circuit.try_acquire().success();
  }
  circuit.force_open();
  const std::string page = page_of(circuit);
  const auto count = [&](const char* to, const char* reason) {
    return value_of(page, std::string{"_transitions_by_reason_total{name=\"a\",to=\""} + to +
                              "\",reason=\"" + reason + "\"}");
  };

  CHECK(count("open", "policy") == "2");
  CHECK(count("half_open", "wait_over") == "2");
  CHECK(count("closed", "probes_succeeded") == "2");
  CHECK(count("open", "probes_failed") == "0");  // there from the start
  CHECK(count("forced_open", "forced_open") == "1");
  CHECK(count("open", "tripped").empty());
  CHECK(circuit.listener().count(State::open, Reason::policy) == 2);
}

TEST_CASE("transitions are forgotten with the key") {
  TransitionCounters counters;
  Transition transition{};
  transition.to = State::open;
  transition.reason = Reason::policy;
  counters(transition);
  CHECK(counters.count(State::open, Reason::policy) == 1);

  counters.forget();

  CHECK(counters.count(State::open, Reason::policy) == 0);
}

TEST_CASE("settings that are stated are series") {
  CircuitBreaker circuit{
      Config{.open_for = Backoff{.first = 2s, .max = 60s}},
      any_of(FailureRate{within(10s), {.threshold = 12.5_percent, .min_calls = 20}},
             SlowCallRate{last_calls<50>(),
                          {.slower_than = 250ms, .threshold = 80_percent, .min_calls = 5}},
             FailureCount{7, within(3s)})};
  const std::string page = PrometheusPage{}.add_settings("a", circuit).text();
  const auto number = [&](const std::string& rule, const std::string& setting) {
    return value_of(page,
                    "_settings{name=\"a\",rule=\"" + rule + "\",setting=\"" + setting + "\"}");
  };

  CHECK(number("failure_rate", "threshold") == "12.50");
  CHECK(number("failure_rate", "min_calls") == "20.00");
  CHECK(number("failure_rate", "limit").empty());
  CHECK(number("slow_call_rate", "window_calls") == "50.00");
  CHECK(number("failure_count", "limit") == "7.00");
  CHECK(value_of(page, R"(_settings_seconds{name="a",rule="failure_rate",setting="window"})") ==
        "10.000000000");
  CHECK(value_of(page,
                 R"(_settings_seconds{name="a",rule="slow_call_rate",setting="slower_than"})") ==
        "0.250000000");
  CHECK(value_of(page, R"(_settings_seconds{name="a",setting="open_wait"})") == "2.000000000");
  CHECK(value_of(page, R"(_settings_seconds{name="a",setting="open_wait_max"})") == "60.000000000");
}

TEST_CASE("the page tells what an agent of a fleet has done, and whether it has a store") {
  fleet_test::Fleet fleet{2, Config{.open_for = 1s}};
  fleet.pass(2s);
  const auto page_of_first = [&] { return PrometheusPage{}.add(fleet[0].agent, "shop").text(); };
  CHECK(value_of(page_of_first(), "_fleet_store_up{group=\"shop\"}") == "1");
  CHECK(value_of(page_of_first(), "_fleet_verdicts{group=\"shop\"}") == "0");
  CHECK(value_of(page_of_first(), "_fleet_votes_total{group=\"shop\"}") == "0");

  fleet[0].fail(5);
  fleet[1].fail(5);
  fleet.turn();
  fleet.turn();
  CHECK(value_of(page_of_first(), "_fleet_verdicts{group=\"shop\"}") == "1");
  CHECK(value_of(page_of_first(), "_fleet_commands_total{group=\"shop\"}") == "2");
  CHECK(value_of(page_of_first(), "_fleet_votes_total{group=\"shop\"}") == "1");
  CHECK(value_of(page_of_first(), "_fleet_messages_total{group=\"shop\"}") == "1");
  CHECK(value_of(page_of_first(), "_fleet_late_commands_total{group=\"shop\"}") == "0");

  fleet.hub.set_up(false);
  fleet.pass(2s);
  CHECK(value_of(page_of_first(), "_fleet_store_up{group=\"shop\"}") == "0");
  CHECK(value_of(page_of_first(), "_fleet_failed_commands_total{group=\"shop\"}") != "0");
}

TEST_CASE("the page tells which circuits heed what the fleet says") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, advised(ConsecutiveFailures{5}), clock};
  CHECK(value_of(page_of(circuit), "_advised{name=\"a\"}") == "0");
  fleet::advise(circuit, 3s);
  CHECK(value_of(page_of(circuit), "_advised{name=\"a\"}") == "1");
  clock.advance(3s);
  CHECK(value_of(page_of(circuit), "_advised{name=\"a\"}") == "0");
  CHECK(page_of(CircuitBreaker{}).find("_advised") == std::string::npos);
}

TEST_CASE("the page tells which circuits of a registry heed what the fleet says") {
  const ManualClock clock;
  Registry circuits{{.capacity = 2}, advised(ConsecutiveFailures{5}), clock};
  circuits.of("a");
  circuits.of("b");
  circuits.for_each_in_place([](std::string_view key, auto& circuit) {
    if (key == "a") fleet::advise(circuit, 3s);
  });

  const std::string page = prometheus_page(circuits);
  CHECK(value_of(page, "_advised{name=\"a\"}") == "1");
  CHECK(value_of(page, "_advised{name=\"b\"}") == "0");
}

TEST_CASE("of an advised policy the page shows the usual limits") {
  const CircuitBreaker circuit{Config{}, advised(ConsecutiveFailures{5}), ManualClock{}};
  const std::string page = page_of(circuit);
  CHECK(value_of(page, "_max_buffered_calls{name=\"a\"}") == "5");
  CHECK(value_of(page, "_buffered_calls{name=\"a\",kind=\"failed\"}") == "0");
}
