// Synchronized: a user's sequential policy, with a lock around it.
#include "breaker/policy/synchronized.hpp"

#include <cstdint>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "unit/policy/policy_test.hpp"

using namespace breaker;
using policy_test::Asked;

namespace {

/// Counts what it is told, on plain integers.
struct Plain {
  int trips_at = 2;
  int calls = 0;
  int failures = 0;

  bool record(const Outcome& outcome) noexcept {
    calls += 1;
    failures += outcome.verdict == Verdict::failure ? 1 : 0;
    return failures >= trips_at;
  }
  void clear() noexcept { calls = failures = 0; }
  [[nodiscard]] Evidence evidence() const noexcept {
    return {static_cast<std::uint32_t>(calls), static_cast<std::uint32_t>(failures), 0};
  }
};

/// The same, and needs no clock.
struct Timeless : Plain {
  static constexpr ClockUse clock_use = ClockUse::none;
};

/// The same, with everything that is optional.
struct Full : Plain {
  static constexpr ClockUse clock_use = ClockUse::both_ends;
  [[nodiscard]] bool is_bad(const Outcome& outcome) const noexcept { return outcome.took > 10; }
  [[nodiscard]] Limit limit() const noexcept { return {.rule = Rule::custom, .count = trips_at}; }
};

/// Only what must be there.
struct Least {
  bool record(const Outcome&) noexcept { return true; }
  void clear() noexcept {}
};

}  // namespace

TEST_CASE("a user's policy is asked on failures, and shows its evidence and limit") {
  Asked policy{synchronized(Plain{2})};

  CHECK_FALSE(policy.fails());
  CHECK_FALSE(policy.succeeds());
  CHECK(policy.fails());

  CHECK(policy.evidence() == Evidence{3, 2, 0});
  CHECK(policy.policy().limit(0) == Limit{.rule = Rule::custom});
}

TEST_CASE("a user's policy may say which calls are bad, besides failures") {
  const Synchronized<Full> policy{Full{}};

  CHECK(policy.is_bad({Verdict::success, 0, 11}));
  CHECK_FALSE(policy.is_bad({Verdict::success, 0, 10}));
  CHECK(policy.is_bad({Verdict::failure, 0, 0}));
  CHECK(policy.limit(0).count == 2);
  STATIC_REQUIRE(Synchronized<Full>::clock_use == ClockUse::both_ends);
  STATIC_REQUIRE(Synchronized<Plain>::clock_use == ClockUse::on_settle);
}

TEST_CASE("a user's policy is cleared when a new stay begins") {
  Asked policy{synchronized(Plain{2})};
  policy.fails();

  policy.enter_next_stay();

  CHECK(policy.evidence() == Evidence{0, 0, 0});
  CHECK_FALSE(policy.fails());
  CHECK(policy.fails());
}

TEST_CASE("evidence that a user's policy came with is cleared before its first call") {
  Asked policy{synchronized(Plain{.trips_at = 2, .calls = 9, .failures = 9})};

  CHECK(policy.evidence() == Evidence{0, 0, 0});
  CHECK_FALSE(policy.fails());
  CHECK(policy.evidence() == Evidence{1, 1, 0});
}

TEST_CASE("a record of a stay that is over is refused") {
  Asked policy{synchronized(Plain{2})};
  const Stay old = policy.stay();
  policy.enter_next_stay();
  policy.fails();

  Finding finding;
  CHECK_FALSE(policy.policy().record({Verdict::failure, 0, 0}, old, &finding));

  CHECK_FALSE(finding.at_threshold);
  CHECK(policy.evidence() == Evidence{1, 1, 0});
}

TEST_CASE("a user's policy that trips on everything trips on failures only") {
  CircuitBreaker circuit{Config{}, Least{}, ManualClock{}};

  circuit.try_acquire().success();
  CHECK(circuit.state() == State::closed);
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().limit.rule == Rule::custom);
}

TEST_CASE("the lock loses no call of several threads") {
  constexpr int each = 20'000;
  Asked policy{synchronized(Plain{1 << 30})};

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < each; ++call)
        policy.policy().record({Verdict::failure, 0, 0}, policy.stay(), nullptr);
    });
  }
  for (std::thread& thread : threads) thread.join();

  CHECK(policy.evidence() == Evidence{4 * each, 4 * each, 0});
}

TEST_CASE("a policy that shows no evidence trips without numbers") {
  struct Strict {
    bool record(const Outcome&) noexcept { return true; }
    void clear() noexcept {}
  };
  CircuitBreaker circuit{Config{}, Strict{}};
  circuit.try_acquire().failure();

  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.why().evidence == Evidence{0, 0, 0});
}

TEST_CASE("a user's policy that was asked before its stay's first call stands at no threshold") {
  Asked policy{synchronized(Plain{1})};
  policy.fails();
  policy.enter_next_stay();

  const Finding finding = policy.policy().ask(0, policy.stay());

  CHECK_FALSE(finding.at_threshold);
  CHECK(finding.evidence == Evidence{0, 0, 0});
}

TEST_CASE("a user's policy that needs no clock hears of every success") {
  CircuitBreaker circuit{Config{}, Timeless{Plain{9}}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().success();

  CHECK(circuit.snapshot().evidence == Evidence{3, 0, 0});
}
