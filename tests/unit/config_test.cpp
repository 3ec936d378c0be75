// Config: what is refused, by which name, and how durations become ticks.
#include "breaker/config.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <type_traits>

#include "breaker/breaker.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constexpr Ticks most = std::numeric_limits<Ticks>::max();
constexpr Ticks least = std::numeric_limits<Ticks>::min();
constexpr auto longest = std::chrono::milliseconds{std::int64_t{1} << 34};

/// **Returns** the field that the error names, or nothing if `make` is content.
template <class Make>
std::string refused_field(Make make) {
  try {
    make();
    return "";
  } catch (const ConfigError& error) {
    // The text names the field too, so that a log line is enough.
    CHECK(std::string{error.what()}.find(error.field()) != std::string::npos);
    CHECK(std::string{error.what()}.find("must be") != std::string::npos);
    return error.field();
  }
}

std::string refused_field(const Config& config) {
  const std::string field = refused_field([&] { validate(config); });
  // What is refused is refused before a circuit stands.
  CHECK(refused_field([&] { CircuitBreaker<> circuit{config}; }) == field);
  return field;
}

}  // namespace

TEST_CASE("the default config is valid") { CHECK(refused_field(Config{}) == ""); }

TEST_CASE("a config is valid at both ends of each range") {
  CHECK(refused_field({.open_for = 1ns, .probe_lease = 1ns, .retry_after_max = 1ns}) == "");
  CHECK(refused_field({.open_for = longest, .probe_lease = longest, .retry_after_max = longest}) ==
        "");
  CHECK(refused_field({.probes = 63, .close_after = 63, .reopen_after = 63}) == "");
  CHECK(refused_field({.probes = 1, .close_after = 63}) == "");
  CHECK(refused_field({.probes = 63, .close_after = 1, .slow_start = true}) == "");
  CHECK(refused_field({.mode = Mode::shadow}) == "");
}

TEST_CASE("an open wait that is no wait is refused") {
  CHECK(refused_field({.open_for = 0s}) == "Config.open_for");
  CHECK(refused_field({.open_for = -1ns}) == "Config.open_for");
  CHECK(refused_field({.open_for = -30s}) == "Config.open_for");
  CHECK(refused_field({.open_for = Backoff{}}) == "Config.open_for");
}

TEST_CASE("an open wait that the state word can't hold is refused, however it overflows") {
  CHECK(refused_field({.open_for = longest + 1ns}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::nanoseconds::max()}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::milliseconds::max()}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::hours::max()}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::hours::min()}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::years::max()}) == "Config.open_for");
  CHECK(refused_field({.open_for = std::chrono::duration<double>{1e300}}) == "Config.open_for");
}

TEST_CASE("a duration that is not a number is refused") {
  const std::chrono::duration<double> nan{std::numeric_limits<double>::quiet_NaN()};

  CHECK(refused_field({.open_for = nan}) == "Config.open_for");
  CHECK(refused_field({.probe_lease = nan}) == "Config.probe_lease");
}

TEST_CASE("counts of probes outside 1 to 63 are refused by their own names") {
  for (const int count : {0, -1, 64, 1'000, std::numeric_limits<int>::max()}) {
    CAPTURE(count);
    CHECK(refused_field({.probes = count}) == "Config.probes");
    CHECK(refused_field({.close_after = count}) == "Config.close_after");
    CHECK(refused_field({.reopen_after = count}) == "Config.reopen_after");
  }
}

TEST_CASE("a lease or a cap on asked waits outside its range is refused") {
  for (const Duration bad :
       {Duration{0s}, Duration{-1s}, Duration{longest + 1ns}, Duration{std::chrono::hours::max()},
        Duration{std::chrono::nanoseconds::max()}}) {
    CHECK(refused_field({.probe_lease = bad}) == "Config.probe_lease");
    CHECK(refused_field({.retry_after_max = bad}) == "Config.retry_after_max");
  }
  CHECK(refused_field({.retry_after_max = Duration{}}) == "Config.retry_after_max");
}

TEST_CASE("a backoff factor outside 1 to 100 is refused") {
  const auto with = [](Factor factor) {
    return Config{.open_for = Backoff{.first = 1s, .factor = factor}};
  };
  const std::string field = "Config.open_for.factor";
  constexpr int largest = std::numeric_limits<int>::max();

  for (const int factor : {0, -1, 101, largest, std::numeric_limits<int>::min()}) {
    CAPTURE(factor);
    CHECK(refused_field(with(factor)) == field);
  }
  CHECK(refused_field(with(0.99)) == field);
  CHECK(refused_field(with(100.01)) == field);
  CHECK(refused_field(with(-1.0)) == field);
  CHECK(refused_field(with(Ratio{99'999, 100'000})) == field);
  CHECK(refused_field(with(Ratio{1, 0})) == field);
  CHECK(refused_field(with(Ratio{-3, -2})) == field);
  CHECK(refused_field(with(Ratio{largest, 1})) == field);
  CHECK(refused_field(with(1)) == "");
  CHECK(refused_field(with(100)) == "");
  CHECK(refused_field(with(1.0)) == "");
  CHECK(refused_field(with(100.0)) == "");
  CHECK(refused_field(with(Ratio{100'009, 1'000})) == "");  // cut to hundredths
}

TEST_CASE("a factor is kept in hundredths, cut if it is a ratio") {
  constexpr Factor half{1.5}, tenth{1.1};  // apart: clang 14 breaks off in CHECK
  CHECK(Factor{2}.hundredths() == 200);
  CHECK(half.hundredths() == 150);
  CHECK(tenth.hundredths() == 110);  // a literal means the hundredth that it is nearest to
  CHECK(Factor{Ratio{4, 3}}.hundredths() == 133);
  CHECK(Factor{Ratio{1'999, 1'000}}.hundredths() == 199);
  CHECK(Factor{std::numeric_limits<int>::max()}.hundredths() == 214'748'364'700);
}

TEST_CASE("a largest wait below the first one is refused") {
  CHECK(refused_field({.open_for = Backoff{.first = 10s, .max = 10s - 1ns}}) ==
        "Config.open_for.max");
  CHECK(refused_field({.open_for = Backoff{.first = 10s, .max = 0s}}) == "Config.open_for.max");
  CHECK(refused_field({.open_for = Backoff{.first = 10s, .max = std::chrono::hours::max()}}) ==
        "Config.open_for.max");
  CHECK(refused_field({.open_for = Backoff{.first = 10s, .max = 10s}}) == "");
}

TEST_CASE("a jitter that is no share is refused") {
  const auto with = [](Ratio jitter) {
    return Config{.open_for = Backoff{.first = 1s, .jitter = jitter}};
  };

  CHECK(refused_field(with({-1, 100})) == "Config.open_for.jitter");
  CHECK(refused_field(with({101, 100})) == "Config.open_for.jitter");
  CHECK(refused_field(with({1, 0})) == "Config.open_for.jitter");
  CHECK(refused_field(with({0, 0})) == "Config.open_for.jitter");
  CHECK(refused_field(with({0, -1})) == "Config.open_for.jitter");
  CHECK(refused_field(with({-1, -2})) == "Config.open_for.jitter");
  CHECK(refused_field(with({0, 1})) == "");
  CHECK(refused_field(with({0, 100})) == "");
  CHECK(refused_field(with({100, 100})) == "");
}

TEST_CASE("a mode that is none is refused") {
  CHECK(refused_field({.mode = static_cast<Mode>(2)}) == "Config.mode");
}

TEST_CASE("of several bad fields the first one is named") {
  Config config{.open_for = Backoff{.first = 2s, .factor = 0, .max = 0s, .jitter = {2, 1}},
                .probes = 0,
                .close_after = 0,
                .reopen_after = 0,
                .probe_lease = 0s,
                .retry_after_max = 0s,
                .mode = static_cast<Mode>(2)};
  const auto open_for = [](Duration max) {
    return Backoff{.first = 2s, .factor = 2, .max = max, .jitter = {2, 1}};
  };

  CHECK(refused_field(config) == "Config.open_for.factor");
  config.open_for = open_for(0s);
  CHECK(refused_field(config) == "Config.open_for.max");
  config.open_for = open_for(1s);
  CHECK(refused_field(config) == "Config.open_for.max");
  config.open_for = open_for(2s);
  CHECK(refused_field(config) == "Config.open_for.jitter");
  config.open_for = 2s;
  CHECK(refused_field(config) == "Config.probes");
  config.probes = 1;
  CHECK(refused_field(config) == "Config.close_after");
  config.close_after = 1;
  CHECK(refused_field(config) == "Config.reopen_after");
  config.reopen_after = 1;
  CHECK(refused_field(config) == "Config.probe_lease");
  config.probe_lease = 1s;
  CHECK(refused_field(config) == "Config.retry_after_max");
  config.retry_after_max = 1s;
  CHECK(refused_field(config) == "Config.mode");
}

TEST_CASE("the text of a refused setting names field, value and rule") {
  try {
    validate({.probes = 64});
    FAIL("a bad setting was accepted");
  } catch (const ConfigError& error) {
    CHECK(std::string{error.what()} == "breaker: Config.probes is 64, it must be 1 to 63");
  }
}

TEST_CASE("ConsecutiveFailures refuses a count below 1, or one that the state word can't hold") {
  for (const int count : {0, -1, std::numeric_limits<int>::min(), 1 << 24}) {
    CHECK(refused_field([&] { ConsecutiveFailures{count}; }) == "ConsecutiveFailures.count");
  }
  CHECK(refused_field([] { ConsecutiveFailures{(1 << 24) - 1}; }) == "");
}

TEST_CASE("rate policies refuse a threshold that is no share") {
  for (const Ratio bad :
       {Ratio{0, 100}, Ratio{101, 100}, Ratio{-1, 100}, Ratio{1, 0}, Ratio{-1, -1}}) {
    CAPTURE(bad.part(), bad.whole());
    CHECK(refused_field([&] { FailureRate{{.threshold = bad}}; }) == "FailureRate.threshold");
    CHECK(refused_field([&] { FailureRate{within(10s), {.threshold = bad}}; }) ==
          "FailureRate.threshold");
    CHECK(refused_field([&] { SlowCallRate{{.slower_than = 1s, .threshold = bad}}; }) ==
          "SlowCallRate.threshold");
  }
  CHECK(refused_field([] { FailureRate{{.threshold = percent(100)}}; }) == "");
}

TEST_CASE("rate policies refuse to wait for more calls than their window holds, or for none") {
  for (const int calls : {0, -1, 101}) {
    CAPTURE(calls);
    CHECK(refused_field([&] { FailureRate{{.threshold = percent(50), .min_calls = calls}}; }) ==
          "FailureRate.min_calls");
    CHECK(refused_field([&] {
            SlowCallRate{{.slower_than = 1s, .threshold = percent(50), .min_calls = calls}};
          }) == "SlowCallRate.min_calls");
  }
  CHECK(refused_field([] {
          FailureRate{last_calls<10>(), {.threshold = percent(50), .min_calls = 11}};
        }) == "FailureRate.min_calls");
  CHECK(refused_field([] {
          FailureRate{within(10s), {.threshold = percent(50), .min_calls = 0}};
        }) == "FailureRate.min_calls");
  CHECK(refused_field([] {
          FailureRate{within(10s), {.threshold = percent(50), .min_calls = 1'000'000}};
        }) == "");
  CHECK(refused_field([] {
          FailureRate{last_calls<10>(), {.threshold = percent(50), .min_calls = 10}};
        }) == "");
}

TEST_CASE("FailureCount refuses a count that its window can never show") {
  CHECK(refused_field([] { FailureCount{0, last_calls<10>()}; }) == "FailureCount.count");
  CHECK(refused_field([] { FailureCount{11, last_calls<10>()}; }) == "FailureCount.count");
  CHECK(refused_field([] { FailureCount{10, last_calls<10>()}; }) == "");
  CHECK(refused_field([] { FailureCount{0, within(10s)}; }) == "FailureCount.count");
  CHECK(refused_field([] { FailureCount{-5, within(10s)}; }) == "FailureCount.count");
  CHECK(refused_field([] { FailureCount{1 << 20, within(10s)}; }) == "FailureCount.count");
  CHECK(refused_field([] { FailureCount{(1 << 20) - 1, within(10s)}; }) == "");
}

TEST_CASE("SlowCallRate refuses a limit that is no duration") {
  for (const Duration bad :
       {Duration{}, Duration{0s}, Duration{-1s}, Duration{std::chrono::hours::max()}}) {
    CHECK(refused_field([&] { SlowCallRate{{.slower_than = bad, .threshold = percent(50)}}; }) ==
          "SlowCallRate.slower_than");
  }
}

TEST_CASE("a time window refuses a span that is none or can't be divided into its slices") {
  const auto window = [](Duration span) {
    return refused_field([&] { FailureCount{5, within(span)}; });
  };

  CHECK(window(0s) == "within");
  CHECK(window(-1s) == "within");
  CHECK(window(Duration{}) == "within");
  CHECK(window(9ns) == "within");
  CHECK(window(10ns) == "");
  CHECK(window(longest) == "");
  CHECK(window(longest + 1ns) == "within");
  CHECK(window(std::chrono::hours::max()) == "within");
  CHECK(window(std::chrono::nanoseconds::max()) == "within");
}

TEST_CASE("trip refuses a wait outside its range, and stays closed") {
  CircuitBreaker<> circuit;

  CHECK(refused_field([&] { circuit.trip(0s); }) == "trip.wait");
  CHECK(refused_field([&] { circuit.trip(-1s); }) == "trip.wait");
  CHECK(refused_field([&] { circuit.trip(std::chrono::hours::max()); }) == "trip.wait");

  CHECK(circuit.state() == State::closed);
}

TEST_CASE("retry_in refuses a time that has passed, and takes any other") {
  CircuitBreaker<> circuit;
  circuit.trip();

  CHECK(refused_field([&] { circuit.retry_in(-1ns); }) == "retry_in.left");
  CHECK(circuit.state() == State::open);
  CHECK(refused_field([&] { circuit.retry_in(std::chrono::hours::max()); }) == "");
  CHECK(circuit.state() == State::open);
  CHECK(refused_field([&] { circuit.retry_in(); }) == "");
  CHECK(circuit.state() == State::half_open);
}

TEST_CASE("restore refuses what was never saved, and stays closed") {
  CircuitBreaker<> circuit;

  CHECK(refused_field([&] { circuit.restore({State::half_open, 0ms, 0}); }) == "Saved.state");
  CHECK(refused_field([&] { circuit.restore({State::open, -1ms, 0}); }) == "Saved.left");
  CHECK(refused_field([&] { circuit.restore({State::open, 1ms, 32}); }) == "Saved.step");

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().transitions == 0);
}

// ---- Duration

TEST_CASE("a duration saturates where the conversions of std::chrono overflow") {
  CHECK(Duration{std::chrono::hours::max()}.ticks() == most);
  CHECK(Duration{std::chrono::hours::min()}.ticks() == least);
  CHECK(Duration{std::chrono::seconds::max()}.ticks() == most);
  CHECK(Duration{std::chrono::microseconds::min()}.ticks() == least);
  CHECK(Duration{std::chrono::nanoseconds::max()}.ticks() == most);
  CHECK(Duration{std::chrono::nanoseconds::min()}.ticks() == least);
}

TEST_CASE("a duration is exact up to where it saturates") {
  const auto last = std::chrono::seconds{most / 1'000'000'000};

  CHECK(Duration{last}.ticks() == most / 1'000'000'000 * 1'000'000'000);
  CHECK(Duration{last + 1s}.ticks() == most);
  CHECK(Duration{-last}.ticks() == -(most / 1'000'000'000 * 1'000'000'000));
  CHECK(Duration{-last - 1s}.ticks() == least);
  CHECK(Duration{-7ms}.ticks() == -7'000'000);
}

TEST_CASE("a finer duration rounds up to whole nanoseconds") {
  using picoseconds = std::chrono::duration<std::int64_t, std::pico>;

  CHECK(Duration{picoseconds{0}}.ticks() == 0);
  CHECK(Duration{picoseconds{1}}.ticks() == 1);
  CHECK(Duration{picoseconds{1'000}}.ticks() == 1);
  CHECK(Duration{picoseconds{1'001}}.ticks() == 2);
  CHECK(Duration{picoseconds{-1}}.ticks() == 0);
  CHECK(Duration{picoseconds{-1'999}}.ticks() == -1);
  CHECK(Duration{picoseconds{most}}.ticks() == most / 1'000 + 1);
}

TEST_CASE("a floating duration rounds up, saturates, and takes what is no number for the longest") {
  using seconds = std::chrono::duration<double>;

  CHECK(Duration{seconds{1.5}}.ticks() == 1'500'000'000);
  CHECK(Duration{std::chrono::duration<float, std::milli>{0.25F}}.ticks() == 250'000);
  CHECK(Duration{seconds{1e-12}}.ticks() == 1);
  CHECK(Duration{seconds{-1e-12}}.ticks() == 0);
  CHECK(Duration{seconds{-1.5}}.ticks() == -1'500'000'000);
  CHECK(Duration{seconds{1e10}}.ticks() == most);
  CHECK(Duration{seconds{-1e10}}.ticks() == least);
  CHECK(Duration{seconds{std::numeric_limits<double>::infinity()}}.ticks() == most);
  CHECK(Duration{seconds{-std::numeric_limits<double>::infinity()}}.ticks() == least);
  CHECK(Duration{seconds{std::numeric_limits<double>::quiet_NaN()}}.ticks() == most);
}

TEST_CASE("a duration may count in unsigned and in small types") {
  using unsigned_seconds = std::chrono::duration<std::uint64_t>;
  using unsigned_nanoseconds = std::chrono::duration<std::uint64_t, std::nano>;
  using small = std::chrono::duration<std::uint8_t, std::milli>;

  CHECK(Duration{unsigned_seconds{30}}.ticks() == 30'000'000'000);
  CHECK(Duration{unsigned_seconds{std::numeric_limits<std::uint64_t>::max()}}.ticks() == most);
  CHECK(Duration{unsigned_nanoseconds{std::uint64_t{1} << 63}}.ticks() == most);
  CHECK(Duration{unsigned_nanoseconds{static_cast<std::uint64_t>(most)}}.ticks() == most);
  CHECK(Duration{small{200}}.ticks() == 200'000'000);
}

TEST_CASE("a duration may count in thirds and in fortnights") {
  CHECK(Duration{std::chrono::duration<int, std::ratio<1, 3>>{1}}.ticks() == 333'333'334);
  CHECK(Duration{std::chrono::duration<int, std::ratio<1'209'600>>{2}}.ticks() ==
        2'419'200'000'000'000);
}

TEST_CASE("a duration says whether it was given") {
  STATIC_REQUIRE_FALSE(Duration{}.is_given());
  STATIC_REQUIRE(Duration{0s}.is_given());
}

// ---- arithmetic on ticks

TEST_CASE("sums of ticks saturate") {
  CHECK(detail::saturating_add(most, 1) == most);
  CHECK(detail::saturating_add(most - 1, 1) == most);
  CHECK(detail::saturating_add(least, -1) == least);
  CHECK(detail::saturating_add(least, most) == -1);
  CHECK(detail::saturating_add(most, -1) == most - 1);
  CHECK(detail::saturating_add(least, 1) == least + 1);
  CHECK(detail::saturating_add(5, -7) == -2);
  CHECK(detail::saturating_subtract(least, 1) == least);
  CHECK(detail::saturating_subtract(0, least) == most);
  CHECK(detail::saturating_subtract(-1, least) == most);
  CHECK(detail::saturating_subtract(most, -1) == most);
  CHECK(detail::saturating_subtract(5, 7) == -2);
  CHECK(detail::saturating_subtract(5, -7) == 12);
  CHECK(detail::saturating_subtract(most, 1) == most - 1);
  CHECK(detail::saturating_subtract(least, -1) == least + 1);
}

TEST_CASE("milliseconds are counted down from a time and up from its end, before time 0 too") {
  CHECK(detail::floor_divide(-1, 1'000) == -1);
  CHECK(detail::floor_divide(-1'000, 1'000) == -1);
  CHECK(detail::floor_divide(999, 1'000) == 0);
  CHECK(detail::to_milliseconds_up(1) == 1);
  CHECK(detail::to_milliseconds_up(1'000'000) == 1);
  CHECK(detail::to_milliseconds_up(-1) == 0);
  CHECK(detail::to_milliseconds_up(-1'000'001) == -1);
  CHECK(detail::to_milliseconds_up(most) == most / 1'000'000 + 1);
}

// ---- at compile time

TEST_CASE("a config is checked at compile time and comes back unchanged") {
  constexpr Config config = checked({.open_for = Backoff{.first = 1s, .max = 60s}, .probes = 3});

  STATIC_REQUIRE(config.open_for.backoff().first.ticks() == 1'000'000'000);
  STATIC_REQUIRE(config.open_for.backoff().max.ticks() == 60'000'000'000);
  STATIC_REQUIRE(config.probes == 3);
  STATIC_REQUIRE(config.close_after == Config::as_probes);
  STATIC_REQUIRE_FALSE(config.probe_lease.is_given());
}

TEST_CASE("a backoff doubles unless told otherwise") {
  const Backoff growing{.first = 1s};

  CHECK(growing.factor.hundredths() == 200);
  CHECK(growing.jitter.part() == 0);
  CHECK(Duration{std::chrono::duration<double, std::pico>{1500}}.ticks() == 2);
}

TEST_CASE("a fixed wait is a backoff that does not grow") {
  const OpenWait wait{30s};

  CHECK(wait.backoff().factor.hundredths() == 100);
  CHECK(wait.backoff().first.ticks() == wait.backoff().max.ticks());
}

TEST_CASE("an answer of no length is a wait that was given; none is not") {
  CHECK(Duration{0s}.is_given());
  CHECK_FALSE(Duration{}.is_given());
}
