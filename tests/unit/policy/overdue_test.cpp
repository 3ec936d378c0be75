// Overdue: calls that are out for too long.
#include "breaker/policy/overdue.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/fleet/advise.hpp"
#include "breaker/metrics/prometheus.hpp"
#include "breaker/policy/advised.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr auto just_over = 2s + 3us;  // as exact as it is

/// A circuit of some policy, and the calls that hang in it.
template <class Policy>
struct Hanging {
  ManualClock clock;
  CircuitBreaker<ManualClock, Policy> circuit;
  std::vector<typename CircuitBreaker<ManualClock, Policy>::Permit> calls;

  explicit Hanging(const Policy& policy, const Config& config = {})
      : circuit{config, clock, policy} {}

  void begin(int count) {
    for (int i = 0; i < count; ++i) calls.push_back(circuit.try_acquire());
  }
  [[nodiscard]] bool is_open() const { return circuit.state() == State::open; }
};
template <class Policy>
Hanging(Policy) -> Hanging<Policy>;

/// Whatever comes back opens the circuit.
struct TripsFor {
  static Judgement on_result(int /*result*/) { return Judgement::trip(1ms); }
};

constexpr Overdue five_over_2s{{.limit = 2s, .calls = 5}};

}  // namespace

TEST_CASE("so many calls out for longer than the limit trip, not fewer, and not sooner") {
  Hanging hanging{five_over_2s};
  hanging.begin(4);
  hanging.clock.advance(1s);
  hanging.begin(1);

  hanging.clock.advance(just_over - 1s);  // four are overdue
  CHECK_FALSE(hanging.circuit.check());
  CHECK(hanging.circuit.try_acquire());
  hanging.clock.advance(1s - 3us);  // the fifth is at the limit
  CHECK(hanging.circuit.try_acquire());
  CHECK(hanging.circuit.numbers() == Numbers{{4, 5}});
  hanging.clock.advance(3us);

  const auto refused = hanging.circuit.try_acquire();
  REQUIRE_FALSE(refused);
  CHECK(refused.rejection().reason == RejectionReason::open);
  const Transition why = hanging.circuit.why();
  CHECK(why.reason == Reason::policy);
  CHECK(why.numbers == Numbers{{5, 5}});
  CHECK(why.limits == Limits{{5, 2000}});
  CHECK(describe(why) ==
        "closed -> open: 5 calls out for more than 2000 ms (limit 5); calls are refused for 30000 "
        "ms");
}

TEST_CASE("one call that hangs is told as one") {
  Hanging hanging{Overdue{{.limit = 2s, .calls = 1}}};
  hanging.begin(1);
  hanging.clock.advance(just_over);
  CHECK(hanging.circuit.check());
  CHECK(describe(hanging.circuit.why()) ==
        "closed -> open: 1 call out for more than 2000 ms (limit 1); calls are refused for 30000 "
        "ms");
}

TEST_CASE("a call that has ended is not overdue, however it ended") {
  const int how = GENERATE(0, 1, 2, 3, 4);
  Hanging hanging{any_of(five_over_2s, ConsecutiveFailures{9})};
  hanging.begin(5);
  hanging.clock.advance(1s);
  auto& one = hanging.calls[2];
  if (how == 0) one.success();
  if (how == 1) one.failure();
  if (how == 2) one.ignore();
  if (how == 3) one = {};
  if (how == 4) one.settle_by(std::exception_ptr{});

  hanging.clock.advance(9s);

  CHECK_FALSE(hanging.circuit.check());
  CHECK(hanging.circuit.numbers() == Numbers{{4, 4}});
}

TEST_CASE("call() says that a call has ended, by a result, an exception, a judgement") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, clock, Overdue{{.limit = 2s, .calls = 1}},
                         failing_on([](int result) { return result < 0; })};
  const auto run = [&](auto&& end) {
    return circuit.call(
        [&]() -> int {
          CHECK(circuit.numbers().at[1] == 1);
          return end();
        },
        0);
  };
  run([] { return 1; });
  run([] { return -1; });
  run([]() -> int { throw 1; });
  run([]() -> int { throw CircuitOpen{{}, nullptr}; });
  CHECK(circuit.numbers() == Numbers{});

  CircuitBreaker judged{Config{}, clock, Overdue{{.limit = 2s, .calls = 1}}, TripsFor{}};
  judged.call([] { return 1; });
  CHECK(judged.state() == State::open);
}

TEST_CASE("calls that began at the same time each have their place") {
  Hanging hanging{five_over_2s};
  hanging.begin(8);
  CHECK(hanging.circuit.numbers() == Numbers{{0, 8}});

  for (std::size_t i = 0; i < 4; ++i) hanging.calls[i].success();
  CHECK(hanging.circuit.numbers() == Numbers{{0, 4}});
  hanging.clock.advance(just_over);

  CHECK_FALSE(hanging.circuit.check());
  CHECK(hanging.circuit.numbers() == Numbers{{4, 4}});
}

TEST_CASE("with all places taken a call is not watched, and takes none away") {
  const bool at_once = GENERATE(true, false);
  Hanging hanging{Overdue{{.limit = 2s, .calls = 8}}};
  for (int i = 0; i < 16; ++i) {
    hanging.begin(1);
    if (!at_once) hanging.clock.advance(1ms);
  }
  auto unwatched = hanging.circuit.try_acquire();
  CHECK(unwatched);
  CHECK(hanging.circuit.numbers().at[1] == 16);

  hanging.clock.advance(1s);
  unwatched.success();
  // Of calls that began at the same time one is as good as the other.
  CHECK(hanging.circuit.numbers().at[1] == (at_once ? 15U : 16U));
  for (auto& call : hanging.calls) call.success();
  CHECK(hanging.circuit.numbers() == Numbers{});
}

TEST_CASE("more places watch more calls") {
  Hanging hanging{Overdue<64>{{.limit = 2s, .calls = 32}}};
  hanging.begin(70);
  CHECK(hanging.circuit.numbers().at[1] == 64);
  hanging.clock.advance(just_over);
  CHECK(hanging.circuit.check());
  CHECK(hanging.circuit.why().numbers == Numbers{{64, 64}});
}

TEST_CASE("a call that ends after the trip is stale") {
  Hanging hanging{five_over_2s};
  hanging.begin(5);
  hanging.clock.advance(just_over);
  REQUIRE(hanging.circuit.check());

  CHECK(hanging.calls[0].success() == Settled::stale);
  CHECK(hanging.calls[1].failure() == Settled::stale);
  CHECK(hanging.circuit.snapshot().stale == 2);
}

TEST_CASE("calls of an earlier stay are not watched, and give their places to others") {
  Hanging hanging{Overdue{{.limit = 2s, .calls = 8}}};
  hanging.begin(16);
  hanging.circuit.reset();
  CHECK(hanging.circuit.numbers() == Numbers{});
  hanging.clock.advance(1s);
  hanging.begin(7);
  CHECK(hanging.circuit.numbers() == Numbers{{0, 7}});

  hanging.clock.advance(just_over);
  CHECK_FALSE(hanging.circuit.check());
  for (std::size_t i = 0; i < 16; ++i) CHECK(hanging.calls[i].success() == Settled::stale);
  CHECK(hanging.circuit.numbers() == Numbers{{7, 7}});
}

TEST_CASE("a call that is expected to be long is not watched") {
  Hanging hanging{five_over_2s};
  hanging.begin(5);
  hanging.calls[0].expect_long();
  hanging.clock.advance(just_over);
  CHECK_FALSE(hanging.circuit.check());

  // Its end frees no other's place, though all began at the same time.
  CHECK(hanging.calls[0].success() == Settled::counted);
  CHECK(hanging.circuit.numbers() == Numbers{{4, 4}});
  // A permit that was moved remembers.
  hanging.calls[1].expect_long();
  auto moved = std::move(hanging.calls[1]);
  hanging.calls[1] = std::move(moved);
  hanging.calls[1].expect_long();
  hanging.calls[1].failure();
  CHECK(hanging.circuit.numbers() == Numbers{{3, 3}});
}

TEST_CASE(
    "a permit that is refused, settled, a probe's, or of another policy may be expected to be "
    "long") {
  Hanging hanging{five_over_2s};
  hanging.begin(2);
  hanging.calls[0].success();
  hanging.calls[0].expect_long();
  CHECK(hanging.circuit.numbers() == Numbers{{0, 1}});
  hanging.circuit.trip();
  hanging.circuit.try_acquire().expect_long();
  hanging.clock.advance(30s);
  auto probe = hanging.circuit.try_acquire();
  probe.expect_long();
  probe.success();
  CHECK(hanging.circuit.state() == State::closed);

  CircuitBreaker other{Config{}, ConsecutiveFailures{1}};
  auto call = other.try_acquire();
  call.expect_long();
  call.failure();
  CHECK(other.state() == State::open);
  CHECK_FALSE(other.check());
}

TEST_CASE("a probe that hangs is its lease's affair") {
  Hanging hanging{Overdue{{.limit = 2s, .calls = 1}}, Config{.open_for = 10s}};
  hanging.circuit.trip();
  hanging.clock.advance(10s);
  hanging.begin(1);
  REQUIRE(hanging.calls[0].is_probe());
  hanging.clock.advance(5s);

  CHECK_FALSE(hanging.circuit.check());
  CHECK(hanging.circuit.state() == State::half_open);
  CHECK(hanging.calls[0].success() == Settled::counted);
  CHECK(hanging.circuit.state() == State::closed);
}

TEST_CASE("in any_of it trips alone, and the other part too") {
  Hanging hanging{any_of(ConsecutiveFailures{2}, five_over_2s)};
  hanging.begin(5);
  hanging.clock.advance(just_over);
  CHECK_FALSE(hanging.circuit.try_acquire());
  CHECK(hanging.circuit.why().words->rule == std::string_view{"overdue"});

  hanging.circuit.reset();
  hanging.circuit.try_acquire().failure();
  CHECK(hanging.circuit.numbers(0) == Numbers{{1}});
  hanging.circuit.try_acquire().failure();
  CHECK(hanging.circuit.why().words->rule == std::string_view{"consecutive_failures"});
}

TEST_CASE("in all_of it trips with the other part alone, at an arrival, a check, or a failure") {
  const int how = GENERATE(0, 1, 2);
  Hanging hanging{all_of(five_over_2s, ConsecutiveFailures{2})};
  hanging.begin(7);
  hanging.calls[0].failure();
  hanging.clock.advance(just_over);
  CHECK(hanging.circuit.try_acquire());
  CHECK_FALSE(hanging.circuit.check());
  if (how == 2) {
    hanging.calls[1].failure();  // five are left
    CHECK(hanging.is_open());
    return;
  }
  hanging.circuit.reset();
  hanging.begin(7);
  hanging.calls[7].failure();
  hanging.calls[8].failure();
  CHECK_FALSE(hanging.is_open());
  hanging.clock.advance(just_over);
  CHECK((how == 0 ? !hanging.circuit.try_acquire() : hanging.circuit.check()));
  CHECK(hanging.is_open());
}

TEST_CASE("beside a timed window, and where calls are timed, a call has one begin") {
  Hanging hanging{any_of(SlowCallRate{{.slower_than = 1s, .threshold = 50_percent, .min_calls = 2}},
                         Overdue{{.limit = 2s, .calls = 2}},
                         FailureRate{within(10s), {.threshold = 50_percent, .min_calls = 2}})};
  hanging.clock.advance(7s);
  hanging.begin(3);
  hanging.clock.advance(1500ms);
  hanging.calls[0].success();
  CHECK(hanging.circuit.numbers(0) == Numbers{{1, 1}});
  CHECK(hanging.circuit.numbers(1) == Numbers{{0, 2}});
  CHECK(hanging.circuit.numbers(2) == Numbers{{0, 1}});
  hanging.clock.advance(1s);
  CHECK(hanging.circuit.check());
  CHECK(hanging.circuit.why().words->rule == std::string_view{"overdue"});
}

TEST_CASE("new settings keep what is watched, and count at once") {
  Hanging hanging{five_over_2s};
  hanging.begin(3);
  hanging.clock.advance(1s);
  CHECK(hanging.circuit.try_acquire());  // counted: the next to be overdue is so in a second
  CHECK(hanging.circuit.reconfigure(Config{}, Overdue{{.limit = 500ms, .calls = 4}}).kept_evidence);
  CHECK(hanging.circuit.try_acquire());

  hanging.circuit.reconfigure(Config{}, Overdue{{.limit = 500ms, .calls = 3}});
  CHECK_FALSE(hanging.circuit.try_acquire());
  CHECK(hanging.circuit.why().limits == Limits{{3, 500}});
}

TEST_CASE("under advice fewer calls are enough, at an arrival and at a check") {
  const bool arrives = GENERATE(true, false);
  Hanging hanging{advised(five_over_2s)};  // 2 of 5
  hanging.begin(3);
  hanging.calls[0].ignore();
  CHECK_FALSE(hanging.circuit.check());
  CHECK_FALSE(fleet::advise(hanging.circuit, 1min));
  hanging.clock.advance(2s);
  CHECK_FALSE(hanging.circuit.check());
  hanging.clock.advance(3us);
  CHECK((arrives ? !hanging.circuit.try_acquire() : hanging.circuit.check()));
  CHECK(hanging.circuit.why().limits == Limits{{2, 2000}});
}

TEST_CASE("under advice a call that has ended is not overdue") {
  Hanging hanging{advised(five_over_2s)};
  hanging.begin(3);
  for (auto& call : hanging.calls) call.ignore();
  CHECK_FALSE(fleet::advise(hanging.circuit, 1min));
  hanging.clock.advance(3s);
  CHECK(hanging.circuit.try_acquire());
}

TEST_CASE("calls are counted again as soon as one more can be overdue") {
  Hanging hanging{Overdue{{.limit = 1s, .calls = 2}}};
  hanging.begin(1);
  hanging.clock.advance(600ms);
  hanging.begin(1);
  hanging.clock.advance(500ms);
  CHECK(hanging.circuit.try_acquire());  // the first is overdue: counted
  hanging.clock.advance(500ms + 3us);    // now the second is, too

  CHECK_FALSE(hanging.circuit.try_acquire());
}

TEST_CASE("a call of a stay that is over takes no place from those of the next") {
  std::atomic<std::uint64_t> word{0};
  const Stay over{word, StayId::of(0)};
  word = 8;
  const Stay next{word, StayId::of(8)};
  detail::WatchedCalls<2> calls;
  for (const Ticks began : {1'000'000, 2'000'000}) CHECK(calls.add(began, next));

  CHECK_FALSE(calls.add(3'000'000, over));

  CHECK(calls.count(9'000'000, 1'000, next).watched == 2);
}

TEST_CASE("a clock that is set back makes nobody overdue, and hides nobody for good") {
  Hanging hanging{five_over_2s};
  hanging.clock.advance(1h);
  hanging.begin(5);
  hanging.clock.set(0s);
  CHECK(hanging.circuit.try_acquire());
  CHECK_FALSE(hanging.circuit.check());
  hanging.clock.advance(1h + just_over);
  CHECK_FALSE(hanging.circuit.try_acquire());

  Hanging before{five_over_2s};
  before.clock.set(-1h);
  before.begin(5);
  before.clock.advance(just_over);
  CHECK_FALSE(before.circuit.try_acquire());
}

TEST_CASE("in shadow mode calls pass, and the trip is told") {
  Hanging hanging{five_over_2s, Config{.mode = Mode::shadow}};
  hanging.begin(5);
  hanging.clock.advance(just_over);
  CHECK(hanging.circuit.try_acquire());
  CHECK(hanging.is_open());
}

TEST_CASE("settings out of their range are refused by name") {
  const auto field_of = [](auto&& make) -> std::string_view {
    try {
      make();
    } catch (const ConfigError& error) {
      return error.field();
    }
    return "";
  };
  CHECK(field_of([] { Overdue{{.limit = 0s}}; }) == "Overdue.limit");
  CHECK(field_of([] { Overdue{{.limit = {}, .calls = 5}}; }) == "Overdue.limit");
  CHECK(field_of([] { Overdue{{.limit = 24h + 1ns}}; }) == "Overdue.limit");
  CHECK(field_of([] { Overdue{{.limit = 2s, .calls = 0}}; }) == "Overdue.calls");
  CHECK(field_of([] { Overdue{{.limit = 2s, .calls = 9}}; }) == "Overdue.calls");
  CHECK(field_of([] { Overdue<64>{{.limit = 2s, .calls = 33}}; }) == "Overdue.calls");
  CHECK(field_of([] { Overdue<64>{{.limit = 24h, .calls = 32}}; }).empty());
  CHECK(field_of([] { Overdue{{.limit = 1ns, .calls = 8}}; }).empty());
}

TEST_CASE("it says what it trips on, as data") {
  constexpr Rule rule = five_over_2s.rule();
  STATIC_REQUIRE(rule.kind == Rule::Kind::overdue);
  STATIC_REQUIRE(rule.limit == 5);
  STATIC_REQUIRE(rule.slower_than == 2'000'000'000);
  STATIC_REQUIRE(five_over_2s == Overdue{{.limit = 2s}});
  STATIC_REQUIRE(five_over_2s != Overdue{{.limit = 3s}});
}

TEST_CASE("its numbers are on the metrics page") {
  Hanging hanging{five_over_2s};
  hanging.begin(3);
  hanging.clock.advance(just_over);
  const std::string page = PrometheusPage{}.add("payments", hanging.circuit).text();
  CAPTURE(page);
  CHECK(page.find(R"(rule="overdue",number="overdue_calls"} 3)") != std::string::npos);
  CHECK(page.find(R"(rule="overdue",number="watched_calls"} 3)") != std::string::npos);
}

namespace {

[[maybe_unused]] constinit CircuitBreaker<SteadyClock, Overdue<>> before_main{
    Config{}, Overdue{{.limit = 2s}}};
static_assert(sizeof before_main == 320);
static_assert(sizeof(CircuitBreaker<SteadyClock, Overdue<64>>) == 704);
static_assert(sizeof(decltype(before_main)::Permit) == 24);

}  // namespace
