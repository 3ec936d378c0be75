// Uses everything that the library offers, once, for compilers and modes that run no tests. It
// compiles without exceptions and without run-time type information, too.
#include <chrono>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>
#if __has_include(<expected>)
#include <expected>
#endif

#include "breaker/breaker.hpp"
#include "breaker/candidate.hpp"
#include "breaker/describe.hpp"
#include "breaker/fleet/fleet.hpp"
#include "breaker/fleet/memory_store.hpp"
#include "breaker/metrics/duration_histogram.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/metrics/transition_counters.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "breaker/text/circuit.hpp"
#include "breaker/text/forecast.hpp"
#include "breaker/text/pairs.hpp"
#include "breaker/text/sentence.hpp"
#include "breaker/window/striped_count_window.hpp"

namespace {

using namespace std::chrono_literals;
using namespace breaker::literals;

struct EverySecond {
  struct Evidence {
    int failures = 0;
  };
  breaker::Standing record(Evidence& seen, const breaker::Outcome& outcome) const noexcept {
    const bool trips = outcome.verdict == breaker::Verdict::failure && ++seen.failures % 2 == 0;
    return {.kind = trips ? breaker::Standing::Kind::at_limit : breaker::Standing::Kind::below};
  }
  bool operator==(const EverySecond&) const = default;
};

struct Response {
  int status;
};

constexpr breaker::Config config = breaker::checked(
    {.open_for = breaker::Backoff{.first = 1s, .factor = 2, .max = 1min, .jitter = 10_percent},
     .probes = 3,
     .close_after = 2,
     .reopen_after = 2,
     .probe_lease = 5s,
     .retry_after_max = 10min,
     .mode = breaker::Mode::enforce});
constinit breaker::CircuitBreaker<> global{config};

template <class Circuit>
int use(Circuit& circuit) {
  int sum = circuit.call([] { return 1; }, 2);
  sum += circuit.call([] { return 1; }, [] { return 2; });
  sum += circuit.call([] { return 1; }, [](const breaker::Rejection&) { return 2; });
  sum += circuit.call([] { return 1; },
                      [](const breaker::NoResult& why) { return why.rejection() ? 2 : 3; });
  circuit.call([] {}, [] {});
  if (circuit.call([] { return std::error_code{}; })) ++sum;
#if defined(__cpp_lib_expected)
  sum += circuit.call([]() -> std::expected<int, std::error_code> { return 1; }).value_or(0);
#endif
#if defined(__cpp_exceptions)
  sum += circuit.call([] { return 1; });
#endif
  auto permit = circuit.try_acquire();
  permit.if_dropped(breaker::Verdict::failure);
  permit.settle(breaker::Verdict::failure, 2s);
  if (!circuit.would_admit()) circuit.reset();
  if (circuit.trip() || circuit.trip(3s) || circuit.retry_in(1s)) circuit.force_open();
  circuit.restore(circuit.saved());
  sum += circuit.call(breaker::never_probe, [] { return 1; }, 2) + circuit.try_acquire().is_probe();
  circuit.disable();
  sum += static_cast<int>(describe(circuit.why()).size() + circuit.snapshot().transitions);
  return sum + to_string(circuit.state())[0];
}

template <class... Parts>
int use_circuit_of(Parts&&... parts) {
  breaker::CircuitBreaker circuit{config, std::forward<Parts>(parts)...};
  return use(circuit);
}

/// Classes of whose destructors nobody thought.
struct Shape {
  [[nodiscard]] virtual int size() const { return 1; }
};
struct Listening {
  virtual void operator()(const breaker::Transition&) {}
};
struct Judging {
  [[nodiscard]] virtual breaker::Verdict on_result(const Shape&) const {
    return breaker::Verdict::success;
  }
};

}  // namespace

int main() {
  const breaker::ManualClock clock;
  const breaker::CachedClock::Time loop_time;
  const breaker::FailureRateSettings half{.threshold = 50_percent, .min_calls = 10};
  const breaker::SlowCallRateSettings slow{.slower_than = 200ms, .threshold = 50_percent};

  int sum = use(global);
  sum += use_circuit_of(clock, breaker::FailureRate{half});
  sum += use_circuit_of(clock, breaker::FailureRate{breaker::last_calls<100, 8>(), half});
  sum += use_circuit_of(breaker::AnyClock{clock},
                        breaker::FailureRate{breaker::within<20, 4>(10s), half});
  sum += use_circuit_of(breaker::CoarseClock{}, breaker::FailureCount{5, breaker::within(10s)});
  sum += use_circuit_of(breaker::CachedClock{loop_time}, breaker::SlowCallRate{slow});
  sum += use_circuit_of(
      breaker::any_of(breaker::ConsecutiveFailures{3}, breaker::FailureRate{half}, EverySecond{}));
  sum +=
      use_circuit_of(breaker::all_of(breaker::ConsecutiveFailures{3}, breaker::SlowCallRate{slow}));
  sum += use_circuit_of(breaker::Cusum{{.normal = 1_percent,
                                        .bad = 10_percent,
                                        .calls_per_second = 100,
                                        .false_opening_every = std::chrono::days{30}}});
  sum += use_circuit_of(EverySecond{});
  sum += use_circuit_of(breaker::BadCallRate{{.slower_than = 1s, .threshold = 12.5_percent}});
  sum += use_circuit_of(breaker::Overdue{{.limit = 2s}});
  sum += use_circuit_of(
      breaker::any_of(breaker::SlowCallRate{slow}, breaker::Overdue<64>{{.limit = 2s}}));
  sum += use_circuit_of(breaker::TransitionLog{}, breaker::ignoring<std::exception>());
  sum += use_circuit_of(breaker::Listeners{breaker::TimedCounters{}, breaker::TransitionLog{}});
  const breaker::CircuitBreaker watched{
      config, breaker::Listeners{breaker::DurationHistogram<>{}, breaker::TransitionCounters{}}};
  sum += static_cast<int>(breaker::PrometheusPage{}
                              .add("watched", watched)
                              .add_settings("watched", watched)
                              .text(breaker::prometheus_format("application/openmetrics-text"))
                              .size());

  auto of_sentence = breaker::circuit<"5 failures in 10 s, open 30 s, named a">(clock);
  sum += use(of_sentence) +
         static_cast<int>(in_words(breaker::parse("50 % in 1 s").value()).view().size());
  const std::pair<const char*, const char*> entries[] = {{"trip", "1 failure in a row"}};
  sum += breaker::from_pairs(entries)->config.probes;

  auto told = breaker::circuit<50>(breaker::parse("50 % in 1 s").value(), clock);
  sum += use(told) + reconfigure(told, breaker::parse("1 failure in a row").value()).times;

  breaker::CircuitBreaker tried{config, breaker::Candidate{config}};
  sum += use(tried) + tried.listener().take_over(tried).times;

  breaker::Registry circuits{
      {.capacity = 10, .config = config, .for_prefix = {{"b", {.probes = 2}}}},
      breaker::Counters{},
      breaker::FailureRate{{.threshold = 50_percent}}};
  const auto handle = circuits.handle("a");
  sum += use(handle) + (circuits.find("b") ? 1 : 0);
  sum += circuits.of({"a", "b"}).call([] { return 1; }, 2) + static_cast<int>(circuits.sweep());
  sum += static_cast<int>(circuits.reconfigure({.capacity = 10}).changed + circuits.summary().open);
  circuits.for_each([&](std::string_view, const auto& circuit) {
    sum += int(circuit.state() == breaker::State::open);
  });
  sum += static_cast<int>(breaker::prometheus_page(circuits).size());
  sum += circuits.erase("a") ? 1 : 0;

  breaker::CircuitBreaker advised{config, breaker::advised(breaker::FailureRate{half}),
                                  breaker::named("advised")};
  sum += use(advised);
  breaker::fleet::MemoryHub hub;
  breaker::fleet::MemoryStore store{hub};
  breaker::fleet::Circuits fleet{advised};
  breaker::fleet::Agent agent{store, fleet, {.quorum = 1}};
  breaker::fleet::Agent of_registry{store, circuits};
  agent.step();
  of_registry.step();
  sum += static_cast<int>(agent.status().commands);

  breaker::CircuitBreaker judging{
      breaker::Config{}, breaker::ignoring<std::exception>() |
                             breaker::failing_on([](const Response& r) { return r.status > 499; })};
  sum += judging.call([] { return Response{200}; }, Response{0}).status;

  breaker::CircuitBreaker of_shapes{breaker::Config{}, Listening{}, Judging{}};
  sum += of_shapes.call([] { return Shape{}; }, Shape{}).size();
  return sum == 0 ? 1 : 0;
}
