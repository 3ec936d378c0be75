// The protocol of policies: what a policy that leaves something out is taken for.
#include "breaker/policy/protocol.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Kind = Standing::Kind;

/// Trips at any failure, and has no more than a policy must have.
struct Least {
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& call) const noexcept {
    return {.kind = call.verdict == Verdict::failure ? Kind::at_limit : Kind::below};
  }
  bool operator==(const Least&) const = default;
};

/// The same with its evidence in the word.
struct LeastInWord {
  using Evidence = InWord;
  Standing record(InWord& seen, const Outcome& call) const noexcept {
    seen.value = call.verdict == Verdict::failure ? seen.value + 1 : 0;
    return {.kind = seen.value == 3 ? Kind::at_limit : Kind::below};
  }
  bool operator==(const LeastInWord&) const = default;
};

/// Counts every call, wants no clock, and has settings to check.
struct EveryCall {
  int at = 1;

  static constexpr ClockUse clock_use = ClockUse::none;
  struct Evidence {
    std::uint32_t calls = 0;
  };
  Standing record(Evidence& seen, const Outcome& call) const noexcept {
    ++seen.calls;
    const bool trips = call.verdict == Verdict::failure && seen.calls > 9;
    return {.kind = trips ? Kind::at_limit : Kind::below, .numbers = {{seen.calls}}};
  }
  void require() const { detail::require_setting(at > 0, "EveryCall.at", at, "above 0"); }
  bool operator==(const EveryCall&) const = default;
};

/// Calls long calls bad, whatever their verdict.
struct Long {
  static constexpr ClockUse clock_use = ClockUse::both_ends;
  struct Evidence {};
  Standing record(Evidence& /*seen*/, const Outcome& call) const noexcept {
    return {.kind = is_bad(call) ? Kind::at_limit : Kind::below};
  }
  [[nodiscard]] bool is_bad(const Outcome& call) const noexcept { return call.took > 10; }
  bool operator==(const Long&) const = default;
};

}  // namespace

TEST_CASE("a standing that says nothing is that the first part is below its limit") {
  const Standing nothing{};

  CHECK(nothing.kind == Kind::below);
  CHECK(nothing.part == 0);
  CHECK(nothing.numbers == Numbers{});
}

TEST_CASE("a policy in the word needs no clock, any other one when a call is settled") {
  STATIC_REQUIRE(clock_use_of<Least> == ClockUse::on_settle);
  STATIC_REQUIRE(clock_use_of<LeastInWord> == ClockUse::none);
  STATIC_REQUIRE(clock_use_of<EveryCall> == ClockUse::none);
  STATIC_REQUIRE(clock_use_of<Long> == ClockUse::both_ends);
  STATIC_REQUIRE(clock_use_of<NoListener> == ClockUse::none);
}

TEST_CASE("a policy that leaves out what is optional has one part, no limits and no words") {
  const Least policy;

  CHECK(detail::parts_of<Least> == 1);
  CHECK(detail::limits_of(policy, 0) == Limits{});
  CHECK(detail::words_of(policy, 0).rule == std::string_view{"custom"});
  CHECK(detail::words_of(policy, 0).numbers[0] == nullptr);
  CHECK(detail::words_of(policy, 0).sentence == nullptr);
  CHECK(detail::window_calls_of(policy, 0) == 0);
  CHECK_NOTHROW(detail::require_policy(policy));
}

TEST_CASE("a failure is bad for every policy, and what a policy calls bad besides") {
  CHECK(detail::is_bad(Least{}, {Verdict::failure, 0, 0}));
  CHECK_FALSE(detail::is_bad(Least{}, {Verdict::success, 0, 11}));
  CHECK(detail::is_bad(Long{}, {Verdict::failure, 0, 0}));
  CHECK(detail::is_bad(Long{}, {Verdict::success, 0, 11}));
  CHECK_FALSE(detail::is_bad(Long{}, {Verdict::success, 0, 10}));
}

TEST_CASE("evidence holds under equal settings alone, unless the policy says otherwise") {
  CHECK(detail::keeps(EveryCall{3}, EveryCall{3}));
  CHECK_FALSE(detail::keeps(EveryCall{3}, EveryCall{4}));
  CHECK(detail::keeps(ConsecutiveFailures{3}, ConsecutiveFailures{4}));
}

TEST_CASE("settings that a policy refuses make no circuit") {
  CHECK_THROWS_AS((CircuitBreaker{Config{}, EveryCall{0}}), ConfigError);
  CHECK_THROWS_AS((CircuitBreaker{Config{}, any_of(ConsecutiveFailures{}, EveryCall{0})}),
                  ConfigError);
  CHECK_THROWS_AS((CircuitBreaker{Config{}, all_of(EveryCall{0}, ConsecutiveFailures{})}),
                  ConfigError);
}

TEST_CASE("settings that are refused under advice alone are refused by their name") {
  try {
    CircuitBreaker circuit{Config{}, advised(EveryCall{1}, EveryCall{0})};
    FAIL("was not refused");
  } catch (const ConfigError& error) {
    CHECK(error.field() == std::string_view{"EveryCall.at"});
  }
}

TEST_CASE("a policy that needs no clock hears of every success") {
  CircuitBreaker circuit{Config{}, EveryCall{}};

  for (int i = 0; i < 3; ++i) circuit.try_acquire().success();
  circuit.call([] {});

  CHECK(circuit.numbers() == Numbers{{4}});
}

TEST_CASE("a policy that gives no numbers trips without them") {
  CircuitBreaker circuit{Config{}, Least{}};
  circuit.try_acquire().success();
  CHECK(circuit.state() == State::closed);

  circuit.try_acquire().failure();

  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.why().numbers == Numbers{});
  CHECK(circuit.why().limits == Limits{});
  CHECK(circuit.why().words->rule == std::string_view{"custom"});
}

TEST_CASE("a number in the word is shown, be it that the policy can't look") {
  CircuitBreaker circuit{Config{}, LeastInWord{}};
  circuit.try_acquire().failure();
  circuit.try_acquire().failure();

  CHECK(circuit.numbers() == Numbers{{2}});
  CHECK(circuit.snapshot().numbers == Numbers{{2}});
  circuit.try_acquire().failure();

  CHECK(circuit.state() == State::open);
  CHECK(circuit.numbers() == Numbers{});
}

TEST_CASE("what a policy calls bad is a bad probe") {
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s}, Long{}, clock};
  circuit.trip();
  clock.advance(30s);

  auto probe = circuit.try_acquire();
  clock.advance(11ns);
  probe.success();

  CHECK(circuit.why().reason == Reason::probes_failed);
}

// ---- arrivals

namespace {

/// Trips when more than `most` calls are out that have arrived since the last answer.
struct Unanswered {
  std::uint32_t most;

  struct Evidence {
    std::uint32_t calls = 0;
  };
  Standing record(Evidence& seen, const Outcome& /*call*/) const noexcept {
    seen.calls = 0;
    return {};
  }
  Standing arrive(Evidence& seen, Ticks now) const noexcept {
    last_arrival = now;
    return {.kind = ++seen.calls > most ? Kind::at_limit : Kind::below, .numbers = {{seen.calls}}};
  }
  bool operator==(const Unanswered&) const = default;

  inline static Ticks last_arrival = 0;
};

/// The same for many threads.
struct UnansweredShared {
  std::uint32_t most;

  struct Evidence {
    std::atomic<std::uint32_t> calls{0};
  };
  Standing record(Evidence& seen, const Outcome& /*call*/, const Stay& /*stay*/) const noexcept {
    seen.calls = 0;
    return {};
  }
  Standing arrive(Evidence& seen, Ticks /*now*/, const Stay& /*stay*/) const noexcept {
    const std::uint32_t calls = seen.calls.fetch_add(1) + 1;
    return {.kind = calls > most ? Kind::at_limit : Kind::below, .numbers = {{calls}}};
  }
  Standing look(const Evidence& seen, Ticks /*now*/, const Stay& /*stay*/) const noexcept {
    return {.kind = seen.calls > most ? Kind::at_limit : Kind::below, .numbers = {{seen.calls}}};
  }
  bool operator==(const UnansweredShared&) const = default;
};

}  // namespace

TEST_CASE("a policy that is asked about arrivals refuses the call by which it trips") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, Unanswered{2}, clock};
  clock.advance(7s);
  auto first = circuit.try_acquire();
  auto second = circuit.try_acquire();
  CHECK(Unanswered::last_arrival == clock.now().time_since_epoch().count());
  REQUIRE(first);
  REQUIRE(second);

  const auto third = circuit.try_acquire();

  CHECK_FALSE(third);
  CHECK(third.rejection().reason == RejectionReason::open);
  CHECK(circuit.why().reason == Reason::policy);
  CHECK(circuit.why().numbers.at[0] == 3);
}

TEST_CASE("an answer counts for a policy that is asked about arrivals") {
  CircuitBreaker circuit{Config{}, UnansweredShared{2}};
  for (int i = 0; i < 9; ++i) {
    CHECK(circuit.call([] { return true; }));
  }
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("evidence about arrivals ends with the stay") {
  CircuitBreaker circuit{Config{}, Unanswered{1}};
  auto before = circuit.try_acquire();
  circuit.reset();
  const auto after = circuit.try_acquire();
  CHECK(after);
  CHECK_FALSE(circuit.try_acquire());
}

TEST_CASE("in shadow mode an arrival trips, and the call passes") {
  CircuitBreaker circuit{Config{.mode = Mode::shadow}, Unanswered{1}};
  auto first = circuit.try_acquire();
  const auto second = circuit.try_acquire();
  CHECK(second);
  CHECK(circuit.state() == State::open);
}

TEST_CASE("a part of a combined policy may be asked about arrivals") {
  CircuitBreaker any{Config{}, any_of(ConsecutiveFailures{9}, UnansweredShared{1})};
  auto first = any.try_acquire();
  CHECK_FALSE(any.try_acquire());
  CHECK(any.why().numbers.at[0] == 2);

  CircuitBreaker all{Config{}, all_of(ConsecutiveFailures{1}, UnansweredShared{1})};
  auto one = all.try_acquire();
  auto two = all.try_acquire();
  CHECK(two);  // no failure yet
  CircuitBreaker both{Config{}, all_of(UnansweredShared{2}, UnansweredShared{1})};
  auto permits = std::array{both.try_acquire(), both.try_acquire()};
  CHECK(permits[1]);
  CHECK_FALSE(both.try_acquire());
}

// ---- a clock that the settings ask for

namespace {

/// Remembers how long the last call took.
struct Timed {
  ClockUse use;

  static constexpr ClockUse clock_use = ClockUse::both_ends;
  struct Evidence {};
  [[nodiscard]] ClockUse needs_clock() const noexcept { return use; }
  Standing record(Evidence& /*seen*/, const Outcome& call) const noexcept {
    last = call;
    return {};
  }
  static bool keeps(const Timed& /*before*/) noexcept { return true; }
  bool operator==(const Timed&) const = default;

  inline static Outcome last{};
};

}  // namespace

TEST_CASE("the clock is read as the settings ask for it") {
  const auto use =
      GENERATE(ClockUse::none, ClockUse::on_failure, ClockUse::on_settle, ClockUse::both_ends);
  const bool fails = GENERATE(true, false);
  const bool is_combined = GENERATE(true, false);
  CAPTURE(static_cast<int>(use), fails, is_combined);
  ManualClock clock;
  clock.advance(10s);
  const auto run = [&](auto&& circuit) {
    auto permit = circuit.try_acquire();
    clock.advance(3s);
    permit.settle(fails ? Verdict::failure : Verdict::success);
  };

  if (is_combined) {
    run(CircuitBreaker{Config{}, any_of(ConsecutiveFailures{9}, Timed{use}), clock});
  } else {
    run(CircuitBreaker{Config{}, Timed{use}, clock});
  }

  const bool reads = use >= ClockUse::on_settle || (use == ClockUse::on_failure && fails);
  const Ticks now = clock.now().time_since_epoch().count();
  CHECK(Timed::last.now == (reads ? now : 0));
  CHECK(Timed::last.took == (use == ClockUse::both_ends ? Ticks{3'000'000'000} : 0));
}

TEST_CASE("a call that began before the settings asked for its time took none") {
  ManualClock clock;
  clock.advance(10s);
  CircuitBreaker circuit{Config{}, Timed{ClockUse::on_failure}, clock};
  auto before = circuit.try_acquire();
  circuit.reconfigure(Config{}, Timed{ClockUse::both_ends});
  auto after = circuit.try_acquire();
  clock.advance(3s);

  before.failure();
  CHECK(Timed::last.took == 0);
  after.failure();
  CHECK(Timed::last.took == 3'000'000'000);
}
