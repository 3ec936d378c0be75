// Rules chosen at run time beside the policies that they stand for: a million random calls of each
// kind, on one clock, with slow, ignored and late ones and a clock that jumps. After each call both
// circuits must be in the same state, with the same numbers.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/policy/any_rule.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/text/rule.hpp"

namespace {

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

int errors = 0;

/// The static policy's circuit, and the one that was told its rules.
template <class Policy, int cap>
class Pair {
 public:
  Pair(const Policy& policy, const Config& config)
      : stated_{config, policy, clock_}, told_{config, AnyRule<cap>{rule_of(policy)}, clock_} {}

  /// One call that takes `took`. **Returns** whether both circuits are alike after it.
  bool call(Verdict verdict, std::chrono::nanoseconds took, std::chrono::nanoseconds gap) {
    clock_.advance(gap);
    auto one = stated_.try_acquire();
    auto other = told_.try_acquire();
    if (bool{one} != bool{other}) return false;
    if (!one) {
      clock_.advance(stated_.why().open_for);
      return true;
    }
    clock_.advance(took);
    const Settled settled = one.settle(verdict);
    return other.settle(verdict) == settled && are_alike();
  }

  /// New settings for both.
  bool reconfigure(const Policy& policy) {
    const Reconfigured one = stated_.reconfigure(Config{}, policy);
    const Reconfigured other = told_.reconfigure(Config{}, AnyRule<cap>{rule_of(policy)});
    return one == other && are_alike();
  }

  [[nodiscard]] std::uint64_t transitions() const { return stated_.snapshot().transitions; }

 private:
  [[nodiscard]] bool are_alike() const {
    const Transition one = stated_.why();
    const Transition other = told_.why();
    if (stated_.state() != told_.state() || one.numbers != other.numbers ||
        one.limits != other.limits || one.generation != other.generation)
      return false;
    if (one.words != nullptr &&
        std::string_view{one.words->rule} != std::string_view{other.words->rule})
      return false;
    for (int part = 0; part != stated_.part_count; ++part) {
      if (stated_.numbers(part) != told_.numbers(part) ||
          stated_.limits(part) != told_.limits(part))
        return false;
    }
    return true;
  }

  ManualClock clock_;
  CircuitBreaker<ManualClock, Policy> stated_;
  CircuitBreaker<ManualClock, AnyRule<cap>> told_;
};

/// `other`: settings of the same type to change to and back.
template <int cap = 1000, class Policy>
void compare(const char* name, const Policy& policy, const Policy& other, int calls) {
  std::mt19937_64 draws{3};
  Pair<Policy, cap> pair{policy, Config{.open_for = 1s, .probes = 2}};
  const auto chance = [&](double share) {
    return static_cast<double>(draws() >> 11) * 0x1p-53 < share;
  };
  double failed = 0;
  double slow = 0;
  for (int i = 0; i != calls; ++i) {
    if (i % 500 == 0) {  // weather: often fine, sometimes bad
      failed = chance(0.4) ? 0 : static_cast<double>(draws() % 1000) / 1500;
      slow = chance(0.5) ? 0 : static_cast<double>(draws() % 1000) / 1500;
    }
    const Verdict verdict = chance(0.05)     ? Verdict::ignored
                            : chance(failed) ? Verdict::failure
                                             : Verdict::success;
    const auto took = chance(slow) ? 201ms : chance(0.1) ? 200ms : 1ms;
    const auto gap = chance(0.001)   ? 15s
                     : chance(0.001) ? -3s
                                     : std::chrono::milliseconds{draws() % 100};
    const bool is_right = i % 20'000 == 19'999
                              ? pair.reconfigure(i % 40'000 == 39'999 ? policy : other)
                              : pair.call(verdict, took, gap);
    if (is_right) continue;
    std::printf("WRONG: %s differs at call %d\n", name, i);
    ++errors;
    return;
  }
  std::printf("%s: %d calls, %llu transitions\n", name, calls,
              static_cast<unsigned long long>(pair.transitions()));
  if (calls >= 1'000'000 && pair.transitions() < 300) ++errors;
}

Cusum cusum(Ratio bad) {
  return Cusum{{.normal = 5_percent,
                .bad = bad,
                .calls_per_second = 1,
                .false_opening_every = std::chrono::hours{3}}};
}

void compare_all(int calls) {
  const SlowCallRateSettings slow{.slower_than = 200ms, .threshold = 30_percent};
  const SlowCallRateSettings slower{.slower_than = 300ms, .threshold = 30_percent};
  const BadCallRateSettings bad{.slower_than = 200ms, .threshold = 45_percent};
  compare("row", ConsecutiveFailures{4}, ConsecutiveFailures{3}, calls);
  compare("score", cusum(40_percent), cusum(20_percent), calls);
  compare("count of 1", FailureCount{1, last_calls<1>()}, FailureCount{1, last_calls<1>()}, calls);
  compare("count of 12", FailureCount{6, last_calls<12>()}, FailureCount{5, last_calls<12>()},
          calls);
  compare("count of 13", FailureCount{6, last_calls<13>()}, FailureCount{5, last_calls<13>()},
          calls);
  compare("count of 1000", FailureCount{300, last_calls<1000>()},
          FailureCount{250, last_calls<1000>()}, calls);
  compare<5000>("count of 1000, in a large window", FailureCount{300, last_calls<1000>()},
                FailureCount{250, last_calls<1000>()}, calls);
  compare("count in time", FailureCount{9, within(2s)}, FailureCount{9, within(1s)}, calls);
  compare("share of 100", FailureRate{{.threshold = 30_percent}},
          FailureRate{{.threshold = 20_percent, .min_calls = 40}}, calls);
  compare("share in time", FailureRate{within(2s), {30_percent, 15}},
          FailureRate{within(3s), {20_percent, 15}}, calls);
  compare("slow of 100", SlowCallRate{slow}, SlowCallRate{slower}, calls);
  compare("slow in time", SlowCallRate{within(2s), slow}, SlowCallRate{within(2s), slower}, calls);
  compare("bad of 100", BadCallRate{bad}, BadCallRate{bad}, calls);
  compare("bad in time", BadCallRate{within(5s), bad}, BadCallRate{within(4s), bad}, calls);
  compare("any of three",
          any_of(ConsecutiveFailures{6}, SlowCallRate{slow}, FailureCount{12, within(2s)}),
          any_of(ConsecutiveFailures{5}, SlowCallRate{slower}, FailureCount{12, within(2s)}),
          calls);
  compare("all of three",
          all_of(ConsecutiveFailures{2}, SlowCallRate{slow}, FailureCount{9, last_calls<50>()}),
          all_of(ConsecutiveFailures{3}, SlowCallRate{slow}, FailureCount{9, last_calls<50>()}),
          calls);
  compare("all of two", all_of(BadCallRate{bad}, cusum(40_percent)),
          all_of(BadCallRate{bad}, cusum(20_percent)), calls);
}

}  // namespace

/// Takes how many calls of each kind; nothing: a million.
int main(int argc, char** argv) {
  compare_all(argc > 1 ? std::atoi(argv[1]) : 1'000'000);
  std::printf("%d wrong\n", errors);
  return errors == 0 ? 0 : 1;
}
