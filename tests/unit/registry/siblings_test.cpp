// Siblings: who is bad beside the others, and how often a healthy one is called so.
#include "breaker/registry/siblings.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/registry.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;
using detail::SiblingCalls;

namespace {

double ln_choose(double n, double k) {
  return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// The tail by its definition: each term by factorials.
double by_definition(const SiblingCalls& own, const SiblingCalls& others, double odds) {
  const auto n = static_cast<double>(own.calls);
  const auto m = static_cast<double>(others.calls);
  const auto k = static_cast<double>(own.failures + others.failures);
  double tail = 0;
  double all = 0;
  for (double x = std::max(0.0, k - m); x <= std::min(n, k); ++x) {
    const double term =
        std::exp(ln_choose(n, x) + ln_choose(m, k - x) - ln_choose(n + m, k) + x * std::log(odds));
    all += term;
    if (x >= static_cast<double>(own.failures)) tail += term;
  }
  return tail / all;
}

/// A group of circuits that call ten times a second each, as fast as the test can.
class Group {
 public:
  explicit Group(int count, double normal = 0.01)
      : shares_(static_cast<std::size_t>(count), normal) {
    for (int i = 0; i < count; ++i) names_.push_back("host-" + std::to_string(i));
  }

  void set(std::size_t host, double share) { shares_[host] = share; }

  /// Let a second pass, and look. **Returns** those that were tripped.
  std::vector<BadSibling> second(const Siblings& rule = {}) {
    for (int call = 0; call < 10; ++call) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        auto permit = circuits_.of(names_[i]).try_acquire();
        permit.settle(chance_(random_) < shares_[i] ? Verdict::failure : Verdict::success);
      }
      clock_.advance(100ms);
    }
    return circuits_.trip_bad_siblings(rule);
  }
  /// **Returns** after how many seconds `bad` circuits were tripped; `most`, if they were not.
  int seconds_until(std::size_t bad, int most, const Siblings& rule = {}) {
    std::size_t found = 0;
    for (int passed = 1; passed <= most; ++passed) {
      found += second(rule).size();
      if (found >= bad) return passed;
    }
    return most;
  }

  ManualClock clock_;
  using Rate = decltype(FailureRate{within<2>(20s), {100_percent}});
  RegistryOf<ManualClock, Rate> circuits_{{.capacity = 1000, .config = {.open_for = 1h}},
                                          clock_,
                                          Rate{within<2>(20s), {100_percent, 1'000'000}}};

 private:
  std::vector<std::string> names_;
  std::vector<double> shares_;
  std::mt19937 random_{1};
  std::uniform_real_distribution<double> chance_{0, 1};
};

std::string field_refused(const Siblings& rule) {
  Group group{1};
  try {
    group.second(rule);
  } catch (const ConfigError& error) {
    return error.field();
  }
  return "none";
}

}  // namespace

TEST_CASE("the chance is the tail of the hypergeometric distribution, also with odds") {
  std::mt19937 random{1};
  for (int i = 0; i < 2'000; ++i) {
    const std::uint64_t calls = 1 + random() % 200;
    const std::uint64_t other_calls = 1 + random() % 2'000;
    const SiblingCalls own{random() % (calls + 1), calls};
    const SiblingCalls others{random() % (other_calls + 1), other_calls};
    for (const double odds : {1.0, 5.3, 0.2}) {
      const double expected = by_definition(own, others, odds);
      if (expected < 1e-250) continue;
      CAPTURE(own.failures, own.calls, others.failures, others.calls, odds);
      REQUIRE(detail::chance_of(own, others, odds) == Approx(expected).epsilon(1e-7));
    }
  }
  CHECK(detail::chance_of({0, 10}, {5, 100}) == Approx(1));
  CHECK(detail::chance_of({10, 10}, {0, 100'000'000}) < 1e-60);
  CHECK(detail::chance_of({2'000, 2'000}, {0, 100'000'000}) == 0);  // less than can be said
}

TEST_CASE(
    "siblings that were not called say nothing, and nobody is bad who fails no more than all") {
  const std::vector<SiblingCalls> all{{5, 10}, {0, 0}, {0, 10}, {1, 10}};
  const SiblingCalls sum{6, 30};
  const Siblings rule;
  CHECK(SiblingCalls{}.share() == 0);
  CHECK(detail::is_above_median({{5, 10}, {0, 0}, {4, 10}}, 0, 2) == false);
  CHECK(detail::is_above_median({{5, 10}, {0, 0}, {0, 10}}, 0, 2));
  CHECK(detail::standing_of(all, 0, sum, 1, all.size(), rule).others.calls == 20);
  CHECK(detail::standing_of(all, 3, sum, 1, all.size(), rule).chance == 1);
}

TEST_CASE("one of ten that is half dead is found in seconds, and nobody else") {
  double sum = 0;
  for (int run = 0; run < 5; ++run) {
    Group group{10};
    for (int i = 0; i < 20 + 7 * run; ++i) CHECK(group.second().empty());
    group.set(3, 0.5);
    sum += group.seconds_until(1, 60);
    CHECK(group.circuits_.find("host-3")->state() == State::open);
    CHECK(group.circuits_.find("host-3")->why().reason == Reason::tripped);
    CHECK(group.circuits_.summary().open == 1);
  }
  CHECK(sum / 5 <= 4);
}

TEST_CASE("five of ten that are half dead are found, as the median is well") {
  Group group{10};
  for (int i = 0; i < 30; ++i) group.second();
  for (std::size_t host = 0; host < 5; ++host) group.set(host, 0.5);

  CHECK(group.seconds_until(5, 60) <= 15);
  CHECK(group.circuits_.summary().open == 5);
}

TEST_CASE("if all are bad nobody is worse than the others") {
  Group group{10};
  for (std::size_t host = 0; host < 10; ++host) group.set(host, 0.5);
  for (int i = 0; i < 600; ++i) CHECK(group.second().empty());
}

TEST_CASE("a healthy group sees no false trip in hours, at one a year") {
#if defined(BREAKER_LONG_RUN)
  constexpr int hours = 300;
#else
  constexpr int hours = 1;
#endif
  Group group{10};
  std::size_t tripped = 0;
  for (int i = 0; i < hours * 3600; ++i) tripped += group.second().size();
  CHECK(tripped == 0);
}

TEST_CASE("a stated rate of false trips is kept, and is no empty promise") {
  Group group{10, 0.05};
  Siblings rule{.false_every = 100s, .at_least = Ratio{1, 100}, .times = 1};
  std::size_t tripped = 0;
  constexpr int seconds = 20'000;
  for (int i = 0; i < seconds; ++i) {
    for (const BadSibling& bad : group.second(rule)) {
      ++tripped;
      group.circuits_.of(bad.key).reset();
    }
  }
  CHECK(tripped <= seconds / 100);
  CHECK(tripped >= 3);  // it looks, and finds what chance does
}

TEST_CASE("one that normally fails more is judged by its own normal") {
  const SiblingCalls own{30, 200};
  const SiblingCalls others{18, 1'800};
  CHECK(detail::chance_of(own, others) < 1e-12);
  CHECK(detail::chance_of(own, others, 20) > 0.1);

  Group group{10};
  group.set(0, 0.15);
  Siblings rule;
  rule.normal = {{"host-0", 17.5}};
  for (int i = 0; i < 300; ++i) CHECK(group.second(rule).empty());
  rule.normal = {{"host-1", 17.5}};  // nobody else's
  CHECK(group.seconds_until(1, 120, rule) < 120);
}

TEST_CASE("circuits that are out are in nobody's pool") {
  const auto chance_with_out = [](int out) {
    Group group{10};
    for (int i = 0; i < out; ++i) group.circuits_.of("out-" + std::to_string(i)).force_open();
    group.set(3, 0.3);
    std::vector<BadSibling> found;
    for (int i = 0; i < 60 && found.empty(); ++i) found = group.second();
    REQUIRE(found.size() == 1);
    return found[0].by_chance_every;
  };
  CHECK(chance_with_out(0) == chance_with_out(90));
}

TEST_CASE("the median of two others is the better one, of three the one between") {
  CHECK(detail::is_above_median({{10, 10}, {0, 10}, {10, 10}}, 0, 5));
  CHECK_FALSE(detail::is_above_median({{10, 10}, {0, 10}, {10, 10}, {10, 10}}, 0, 5));
}

TEST_CASE("failures that come in bursts count once for each burst") {
  const std::vector<SiblingCalls> all{{30, 200}, {2, 200}, {2, 200}, {2, 200}};
  const SiblingCalls sum{36, 800};
  const auto chance = [&](int bursts_of) {
    Siblings rule;
    rule.bursts_of = bursts_of;
    return detail::standing_of(all, 0, sum, 1, 4, rule).chance;
  };
  CHECK(chance(1) < chance(3));
  CHECK(chance(3) < chance(10));
  CHECK(chance(3) == Approx(detail::chance_of({10, 66}, {2, 200})));
}

TEST_CASE("no more are out than may be") {
  Group group{10};
  for (int i = 0; i < 30; ++i) group.second();
  for (std::size_t host = 0; host < 4; ++host) group.set(host, 1);
  group.circuits_.reconfigure({.capacity = 1000,
                               .config = {.open_for = 1h},
                               .policy = Group::Rate{within<2>(20s), {100_percent, 1'000'000}},
                               .at_most_open = 25_percent});

  std::size_t tripped = 0;
  for (int i = 0; i < 60; ++i) tripped += group.second().size();

  CHECK(tripped == 2);
  CHECK(group.circuits_.summary().open == 2);
  CHECK(group.circuits_.find("host-0")->why().reason != Reason::policy);
  group.circuits_.for_each_not_closed([](std::string_view, const auto& circuit) {
    CHECK(circuit.why().reason == Reason::tripped);
    CHECK(circuit.why().open_for == 1h);
  });
}

TEST_CASE("of those that are found at one look the least likely comes first") {
  Group group{20};
  group.set(2, 0.3);
  group.set(3, 0.7);
  group.set(5, 0.5);
  Siblings blind;
  blind.at_least = 100_percent;
  for (int i = 0; i < 20; ++i) CHECK(group.second(blind).empty());

  const std::vector<BadSibling> found = group.second();

  REQUIRE(found.size() == 3);
  CHECK(found[0].key == "host-3");
  CHECK(found[1].key == "host-5");
  CHECK(found[2].key == "host-2");
}

TEST_CASE("what tells a bad one from the trivial: a large share, and many times the median") {
  const Siblings rule;
  const auto is_bad = [&](SiblingCalls own, SiblingCalls each) {
    const std::vector<SiblingCalls> all{own, each, each, each, each};
    SiblingCalls sum;
    for (const SiblingCalls& one : all) {
      sum.failures += one.failures;
      sum.calls += one.calls;
    }
    return detail::standing_of(all, 0, sum, 1, 5, rule).is_bad;
  };
  CHECK(is_bad({2'000, 10'000}, {100, 10'000}));
  CHECK_FALSE(is_bad({900, 10'000}, {100, 10'000}));    // 9 %
  CHECK_FALSE(is_bad({2'000, 10'000}, {500, 10'000}));  // four times
  CHECK_FALSE(is_bad({1, 1}, {0, 100}));                // chance
}

TEST_CASE("the evidence is told in words") {
  BadSibling bad{.key = "host",
                 .failures = 31,
                 .calls = 120,
                 .sibling_failures = 9,
                 .sibling_calls = 1080,
                 .chance = 1e-9,
                 .by_chance_every = std::chrono::hours{24 * 365}};
  bad.by_chance_every = std::chrono::hours{24 * 730};
  CHECK(describe(bad) == "31 of 120 calls failed, siblings 9 of 1080; by chance once in 2 years");
  bad.by_chance_every = std::chrono::hours{48};
  CHECK(describe(bad) == "31 of 120 calls failed, siblings 9 of 1080; by chance once in 2 days");
  bad.by_chance_every = detail::by_chance_every(0, 10, {});
  CHECK(describe(bad) ==
        "31 of 120 calls failed, siblings 9 of 1080; by chance once in more than 292 years");
}

TEST_CASE("a rule out of its range is refused by name") {
  CHECK(field_refused({.false_every = 0s}) == "Siblings.false_every");
  CHECK(field_refused({.look_every = 0s}) == "Siblings.look_every");
  CHECK(field_refused({.false_every = 1s, .look_every = 1s}) == "Siblings.look_every");
  CHECK(field_refused({.at_least = Ratio{0, 100}}) == "Siblings.at_least");
  CHECK(field_refused({.times = 0}) == "Siblings.times");
  CHECK(field_refused({.bursts_of = 0}) == "Siblings.bursts_of");
  CHECK(field_refused({.normal = {{"a", 0}}}) == "SiblingNormal.odds");
  CHECK(field_refused({}) == "none");
}
