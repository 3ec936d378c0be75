// Forecasts beside the shipping policies, in circuits with a clock that is told the time: how often
// a healthy circuit opens, how soon it opens once calls are bad, how recoveries end. Prints each
// number; an estimate off by more than promised, or a bound that is broken, is an error.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/forecast.hpp"

namespace {

using namespace breaker;
using namespace std::chrono_literals;

int errors = 0;

// ---- what is simulated

/// Numbers drawn with a seed.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : engine_{seed} {}
  /// **Returns** a number from 0, below 1.
  double number() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  /// **Returns** a time until the next of `a_second` arrivals.
  std::chrono::nanoseconds gap(double a_second) {
    return std::chrono::nanoseconds{
        static_cast<std::int64_t>(-std::log(1 - number()) / a_second * 1e9)};
  }

 private:
  std::mt19937_64 engine_;
};

/// Calls that arrive at random at a circuit, and fail or are slow by chance.
template <class Policy>
class Service {
 public:
  static constexpr auto slower_than = 1us;

  Service(const Policy& policy, double a_second, std::uint64_t seed)
      : a_second_{a_second}, draws_{seed}, circuit_{Config{}, policy, clock_} {}

  /// One call, after a while, that fails or is slow by the chances. **Returns** whether the circuit
  /// opened.
  bool call(double failed, double slow) {
    clock_.advance(draws_.gap(a_second_));
    auto permit = circuit_.try_acquire();
    const double number = draws_.number();
    ++calls_;
    has_failed_ = number < failed;
    if (has_failed_) {
      permit.failure();
      return circuit_.state() == State::open;
    }
    if (number < failed + slow) {
      clock_.advance(slower_than + 1ns);
      permit.success();
      return circuit_.state() == State::open;
    }
    permit.success();
    return false;
  }

  void close() { circuit_.reset(); }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  /// **Returns** whether the last call did.
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] double now() const {
    return static_cast<double>(clock_.now().time_since_epoch().count()) / 1e9;
  }

 private:
  double a_second_;
  std::uint64_t calls_ = 0;
  bool has_failed_ = false;
  Draws draws_;
  ManualClock clock_;
  CircuitBreaker<ManualClock, Policy> circuit_;
};

// ---- what is found

struct Found {
  double mean;
  double error;  // standard
  double late;   // share of what took longer than the forecast's 95 %
};

Found summary(const std::vector<double>& times, double limit) {
  double sum = 0;
  double squares = 0;
  double late = 0;
  for (const double time : times) {
    sum += time;
    squares += time * time;
    if (time > limit * (1 + 1e-9)) ++late;
  }
  const auto n = static_cast<double>(times.size());
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / n), late / n};
}

void check(bool holds, const char* what) {
  if (holds) return;
  std::printf("    WRONG: %s\n", what);
  ++errors;
}

/// **Returns** how long a healthy circuit stayed closed, `count` times.
template <class Policy>
std::vector<double> stays(const Policy& policy, const Traffic& traffic, int count,
                          std::uint64_t seed) {
  const double failed = detail::share_of(traffic.normal);
  const double slow = detail::share_of(traffic.slow);
  Service service{policy, traffic.calls_per_second, seed};
  std::vector<double> found;
  double began = service.now();
  while (static_cast<int>(found.size()) < count) {
    if (!service.call(failed, slow)) continue;
    found.push_back(service.now() - began);
    service.close();
    began = service.now();
  }
  return found;
}

/// **Returns** how many calls it took to open, `count` times, once a share `bad` of them was, after
/// `normal_for` seconds in which all was well.
template <class Policy>
std::vector<double> delays(const Policy& policy, const Traffic& traffic, double bad,
                           double normal_for, int count, std::uint64_t seed) {
  const bool by_time = rule_of(policy).rule[0].marks == Rule::Marks::slow;
  const double failed = detail::share_of(traffic.normal);
  const double slow = detail::share_of(traffic.slow);
  Service service{policy, traffic.calls_per_second, seed};
  std::vector<double> found;
  while (static_cast<int>(found.size()) < count) {
    service.close();
    bool opened = false;
    for (const double end = service.now() + normal_for; service.now() < end && !opened;)
      opened = service.call(failed, slow);
    if (opened) continue;
    const double began = service.now();
    while (!service.call(by_time ? 0 : bad, by_time ? bad : 0)) {
    }
    found.push_back(service.now() - began);
  }
  return found;
}

/// **Returns** how long a window must run to be full.
double filling_time(const TripRules& rules, double a_second) {
  double longest = 0;
  for (int i = 0; i != rules.count; ++i) {
    const Rule& rule = rules.rule[i];
    longest = std::max({longest, static_cast<double>(rule.within) / 1e9,
                        rule.last_calls == 0 ? 0 : 2 * rule.last_calls / a_second});
  }
  return longest;
}

struct Size {
  int openings = 200;
  int delays = 2000;
  int recoveries = 20000;
};

template <class Policy>
void try_delay(const Policy& policy, const Traffic& traffic, double bad,
               const Forecast::Delay& promised, const Size& size) {
  const TripRules rules = rule_of(policy);
  if (promised.barely || promised.calls > 500) return;
  const bool is_alone = rules.count == 1;
  const bool is_all = rules.trip == TripRules::Trip::on_all;
  const double normal_for = filling_time(rules, traffic.calls_per_second);
  const int count =
      normal_for > 0 ? size.delays : 4 * size.delays;  // a row's delays are of any length
  const auto times = delays(policy, traffic, bad, normal_for, count, 7);
  const Found found = summary(times, promised.seconds_95);
  std::printf("    %3.0f %% bad: %.4g s (95 %%: %.4g), simulated %.4g ± %.1f %%, %.1f %% later\n",
              bad * 100, promised.seconds, promised.seconds_95, found.mean,
              found.error / found.mean * 100, found.late * 100);
  // What a window reaches by chance alone is estimated, as false openings are.
  const bool by_chance = is_alone && normal_for > 0 && promised.calls > 80;
  const double room = 0.02 * found.mean + 2 * found.error;
  if (!is_all)
    check(found.mean <= promised.seconds * (by_chance ? 1.1 : 1) + room, "it took longer");
  if (is_alone)
    check(found.mean >= promised.seconds / (by_chance ? 1.25 : 1) - room, "it took less");
  check(found.late < 0.08, "it was late more often");
}

template <class Policy>
void try_policy(const char* name, const Policy& policy, const Traffic& traffic, const Size& size) {
  const Forecast promise = forecast(policy, Config{}, traffic);
  std::printf("%s at %g calls/s, %.3g %% failed, %.3g %% slow: %.4g s, %.4g at least%s%s\n", name,
              traffic.calls_per_second, detail::share_of(traffic.normal) * 100,
              detail::share_of(traffic.slow) * 100, promise.false_openings_every, promise.at_least,
              promise.exact ? ", exact" : "", promise.is_rough ? ", rough" : "");
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Found found = summary(stays(policy, traffic, size.openings, seed), 0);
    const double off = promise.false_openings_every / found.mean;
    const double error = found.error / found.mean;
    std::printf("    simulated %.4g ± %.1f %%, estimate %+.1f %%\n", found.mean, error * 100,
                (off - 1) * 100);
    check(found.mean >= promise.at_least - 3 * found.error, "below the bound");
    if (!promise.is_rough)
      check(off > 0.9 - 2 * error && off < 1.25 + 2 * error, "the estimate is off");
  }
  try_delay(policy, traffic, 0.1, promise.at_10, size);
  try_delay(policy, traffic, 0.2, promise.at_20, size);
  try_delay(policy, traffic, 0.5, promise.at_50, size);
  try_delay(policy, traffic, 1, promise.dead, size);
}

// ---- a Cusum: what was stated

/// **Returns** a Cusum for a normal share, in thousandths, that opens once in 1000 calls.
Cusum cusum(int normal, double a_second, Ratio after_failure) {
  return Cusum{{.normal = {normal, 1000},
                .bad = {4 * normal, 1000},
                .calls_per_second = a_second,
                .false_opening_every = std::chrono::duration<double>{1000 / a_second},
                .after_failure = after_failure}};
}

/// Delays, to 1 %, and false openings where failures come in clumps.
void try_cusum(int normal, double after_failure, const Size& size) {
  const Cusum policy = cusum(normal, 10, {static_cast<int>(after_failure * 1000), 1000});
  const Traffic traffic{.normal = {normal, 1000}, .calls_per_second = 10};
  const double otherwise = 0.001 * normal * (1 - after_failure) / (1 - 0.001 * normal);
  Service service{policy, 10, 5};
  std::vector<double> calls;
  while (static_cast<int>(calls.size()) < 10 * size.openings) {
    const std::uint64_t before = service.calls();
    double chance = otherwise;
    while (!service.call(chance, 0)) chance = service.has_failed() ? after_failure : otherwise;
    calls.push_back(static_cast<double>(service.calls() - before));
    service.close();
  }
  const Found openings = summary(calls, 0);
  std::printf("cusum, %.1f %% failed, %.0f %% after a failure: 1000 calls stated, %.4g ± %.1f %%\n",
              normal / 10.0, after_failure * 100, openings.mean,
              openings.error / openings.mean * 100);
  check(openings.mean >= 1000 - 3 * openings.error, "it opens more often than stated");

  const Forecast promise = forecast(policy, Config{}, traffic);
  const Found delay = summary(delays(policy, traffic, 0.5, 0, 20 * size.delays, 9), 0);
  std::printf("    half dead: %.4g s, simulated %.4g ± %.2f %%\n", promise.at_50.seconds,
              delay.mean, delay.error / delay.mean * 100);
  check(std::abs(delay.mean - promise.at_50.seconds) <= 0.01 * delay.mean + 2 * delay.error,
        "the delay is off by more than 1 %");
}

// ---- calls that are out for long

constexpr auto overdue_after = 100ms;

/// Calls that arrive at random at a circuit, and are out for no time, but some for longer than the limit.
class Outstanding {
 public:
  Outstanding(const Overdue<64>& policy, double a_second, std::uint64_t seed)
      : a_second_{a_second}, draws_{seed}, circuit_{Config{}, policy, clock_} {}

  /// One call, after a while; `stay` draws how long one that is slow is overdue, in seconds. **Returns**
  /// whether the circuit opened.
  template <class Stay>
  bool call(double slow, const Stay& stay) {
    clock_.advance(draws_.gap(a_second_));
    while (!out_.empty() && out_.begin()->first <= clock_.now()) out_.erase(out_.begin());
    auto permit = circuit_.try_acquire();
    if (draws_.number() >= slow) return !permit;
    const auto time = std::chrono::duration<double>{stay(draws_)};
    out_.emplace(
        clock_.now() + overdue_after + std::chrono::duration_cast<std::chrono::nanoseconds>(time),
        std::move(permit));
    return circuit_.state() == State::open;
  }
  void close() {
    circuit_.reset();
    out_.clear();
  }
  [[nodiscard]] double now() const {
    return static_cast<double>(clock_.now().time_since_epoch().count()) / 1e9;
  }

 private:
  using Circuit = CircuitBreaker<ManualClock, Overdue<64>>;

  double a_second_;
  Draws draws_;
  ManualClock clock_;
  Circuit circuit_;
  std::multimap<ManualClock::time_point, Circuit::Permit> out_;  // by when they end
};

template <class Stay>
std::vector<double> overdue_times(const Overdue<64>& policy, double a_second, double slow,
                                  const Stay& stay, int count) {
  Outstanding service{policy, a_second, 5};
  std::vector<double> found;
  double began = service.now();
  while (static_cast<int>(found.size()) < count) {
    if (!service.call(slow, stay)) continue;
    found.push_back(service.now() - began);
    service.close();
    began = service.now();
  }
  return found;
}

/// The number that is overdue at a time depends on the mean of the times alone. So does the bound. The
/// estimate is a tenth too low at most; a quarter, where few times are far longer than the others.
void try_overdue(int calls, int slow_per_10000, double a_second, const Size& size) {
  const Overdue<64> policy{{.limit = overdue_after, .calls = calls}};
  const Traffic traffic{.normal = {0, 1},
                        .calls_per_second = a_second,
                        .slow = {slow_per_10000, 10'000},
                        .slow_excess = 1};
  const double slow = detail::share_of(traffic.slow);
  const Forecast promise = forecast(policy, Config{}, traffic);
  std::printf("%d overdue at %g calls/s, %g %% slow: %.4g s, %.4g at least%s\n", calls, a_second,
              slow * 100, promise.false_openings_every, promise.at_least,
              promise.is_rough ? ", rough" : "");
  const auto try_times = [&](const char* name, double least, const auto& stay) {
    const Found found =
        summary(overdue_times(policy, a_second, slow, stay, size.openings), promise.at_least);
    const double off = promise.false_openings_every / found.mean;
    const double error = found.error / found.mean;
    std::printf("    times %s: simulated %.4g ± %.1f %%, estimate %+.1f %%\n", name, found.mean,
                error * 100, (off - 1) * 100);
    check(found.mean >= promise.at_least - 3 * found.error, "below the bound");
    if (!promise.is_rough)
      check(off > least - 2 * error && off < 1.25 + 2 * error, "the estimate is off");
  };
  try_times("exponential", 0.9, [](Draws& draws) { return -std::log(1 - draws.number()); });
  try_times("all the same", 0.9, [](Draws&) { return 1.0; });
  try_times("mixed", 0.75, [](Draws& draws) {
    return (draws.number() < 0.9 ? -0.5 : -5.5) * std::log(1 - draws.number());
  });
  for (const auto& [bad, delay] :
       {std::pair{0.1, promise.at_10}, {0.5, promise.at_50}, {1.0, promise.dead}}) {
    const auto hangs = [](Draws&) { return 1e6; };
    const Found found =
        summary(overdue_times(policy, a_second, bad, hangs, size.delays), delay.seconds_95);
    std::printf(
        "    %3.0f %% hang: %.4g s (95 %%: %.4g), simulated %.4g ± %.1f %%, %.1f %% later\n",
        bad * 100, delay.seconds, delay.seconds_95, found.mean, found.error / found.mean * 100,
        found.late * 100);
    check(std::abs(found.mean - delay.seconds) < 0.01 * found.mean + 3 * found.error, "the delay");
    check(found.late < 0.08, "it was late more often");
  }
}

// ---- recoveries

/// **Returns** how often a recovery closes, if a probe is bad by the chance `bad`.
double share_closed(const Config& config, double bad, int count) {
  ManualClock clock;
  CircuitBreaker circuit{config, ConsecutiveFailures{}, clock};
  Draws draws{11};
  int closed = 0;
  for (int i = 0; i != count; ++i) {
    circuit.reset();
    circuit.trip();
    clock.advance(31s);
    do {
      auto probe = circuit.try_acquire();
      if (draws.number() < bad) {
        probe.failure();
      } else {
        probe.success();
      }
    } while (circuit.state() == State::half_open);
    closed += circuit.state() == State::closed ? 1 : 0;
  }
  return static_cast<double>(closed) / count;
}

void try_recovery(int close_after, int reopen_after, const Size& size) {
  Config config;
  config.close_after = close_after;
  config.reopen_after = reopen_after;
  const Traffic traffic{.normal = percent(1), .calls_per_second = 1};
  const Forecast promise = forecast(ConsecutiveFailures{}, config, traffic);
  const double half_dead = share_closed(config, 0.5, size.recoveries);
  const double healthy = 1 - share_closed(config, 0.01, size.recoveries);
  std::printf(
      "close after %d, reopen after %d: half dead %.2f %% (simulated %.2f), healthy %.3f %% "
      "(%.3f)\n",
      close_after, reopen_after, promise.closes_on_half_dead * 100, half_dead * 100,
      promise.reopens_healthy * 100, healthy * 100);
  const auto agree = [&](double promised, double found) {
    return std::abs(promised - found) <=
           4 * std::sqrt(promised * (1 - promised) / size.recoveries) + 1e-9;
  };
  check(agree(promise.closes_on_half_dead, half_dead), "closes on a half-dead backend");
  check(agree(promise.reopens_healthy, healthy), "opens again on a healthy one");
}

// ---- how long it takes

/// A forecast of the last 1000 calls takes 10 ms of processor time at most. (3 ms; the fastest of five counts.)
void try_cost() {
  const FailureRate policy{last_calls<1000>(), {.threshold = percent(50)}};
  const Traffic traffic{.normal = percent(1), .calls_per_second = 100};
  double fastest = 1;
  for (int i = 0; i < 5; ++i) {
    const std::clock_t began = std::clock();
    const Forecast promise = forecast(policy, Config{}, traffic);
    const double took = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
    check(promise.is_stated, "a share of the last 1000 calls is not stated");
    fastest = std::min(fastest, took);
  }
  std::printf("a forecast of the last 1000 calls: %.1f ms\n", fastest * 1000);
  check(fastest <= 0.01, "it took more than 10 ms");
}

// ---- each kind, at three levels of traffic

Traffic failing(int per_mille, double a_second) {
  return {.normal = {per_mille, 1000}, .calls_per_second = a_second};
}

void try_all(const Size& size) {
  for (const auto& [share, calls] : {std::pair{50, 1.0}, {100, 10.0}, {200, 100.0}}) {
    try_policy("3 in a row", ConsecutiveFailures{3}, failing(share, calls), size);
    try_policy("cusum", cusum(50 + share / 5, calls, {0, 1}), failing(50 + share / 5, calls), size);
    try_policy("10 of the last 50", FailureCount{10, last_calls<50>()},
               failing(60 + share / 10, calls), size);
    try_policy("50 % of the last 20, 10 at least",
               FailureRate{last_calls<20>(), {.threshold = percent(50), .min_calls = 10}},
               failing(150 + share / 4, calls), size);
  }
  for (const auto& [failed, calls] : {std::pair{100, 1.0}, {15, 10.0}, {2, 100.0}})
    try_policy("5 in 10 s", FailureCount{5, within(10s)}, failing(failed * 3 / 4, calls), size);
  for (const auto& [failed, calls] : {std::pair{200, 2.0}, {270, 5.0}, {330, 10.0}})
    try_policy("50 % of 10 s", FailureRate{within(10s), {.threshold = percent(50)}},
               failing(failed, calls), size);
  for (const auto& [slow, calls] : {std::pair{110, 1.0}, {120, 10.0}, {130, 100.0}}) {
    const Traffic traffic{.normal = {20, 1000}, .calls_per_second = calls, .slow = {slow, 1000}};
    try_policy("30 % slow of the last 50",
               SlowCallRate{last_calls<50>(), {.slower_than = 1us, .threshold = percent(30)}},
               traffic, size);
    try_policy("30 % bad of the last 50",
               BadCallRate{last_calls<50>(), {.slower_than = 1us, .threshold = percent(30)}},
               traffic, size);
    try_policy("3 in a row or 10 of the last 50",
               any_of(ConsecutiveFailures{3}, FailureCount{10, last_calls<50>()}),
               failing(slow - 50, calls), size);
    try_policy("3 in a row and 8 of the last 50",
               all_of(ConsecutiveFailures{3}, FailureCount{8, last_calls<50>()}),
               failing(slow - 30, calls), size);
  }
  for (const auto& [slow, calls] : {std::pair{170, 2.0}, {220, 5.0}, {290, 10.0}}) {
    const Traffic traffic{.normal = {20, 1000}, .calls_per_second = calls, .slow = {slow, 1000}};
    try_policy("45 % slow of 10 s",
               SlowCallRate{within(10s), {.slower_than = 1us, .threshold = percent(45)}}, traffic,
               size);
  }
  for (const double after_failure : {0.05, 0.2, 0.5}) try_cusum(50, after_failure, size);
  try_overdue(2, 100, 20, size);
  try_overdue(3, 20, 150, size);
  try_overdue(5, 40, 250, size);
  try_overdue(8, 100, 200, size);
  for (const auto& [good, bad] : {std::pair{1, 1}, {3, 1}, {3, 2}, {5, 1}, {7, 1}, {7, 2}})
    try_recovery(good, bad, size);
  try_cost();
}

}  // namespace

/// Takes how many times as much to simulate; nothing: once.
int main(int argc, char** argv) {
  const int times = argc > 1 ? std::atoi(argv[1]) : 1;
  try_all({.openings = 200 * times, .delays = 2000 * times, .recoveries = 20000 * times});
  std::printf("%d wrong\n", errors);
  return errors == 0 ? 0 : 1;
}
