// A classifier says more than a verdict: that the circuit opens at once, and for how long; and it may go by
// how long a call took.
#include <chrono>
#include <exception>
#include <stdexcept>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

struct Response {
  int status;
  bool is_quota_exhausted = false;
};

struct ByStatus {
  Duration wait;

  [[nodiscard]] Judgement on_result(const Response& response) const {
    if (response.is_quota_exhausted) return Judgement::trip(wait);
    return response.status >= 500 ? Verdict::failure : Verdict::success;
  }
};

const auto exhausted = [] { return Response{429, true}; };
const auto fine = [] { return Response{200}; };

}  // namespace

TEST_CASE("a judgement that trips opens the circuit at once, for as long as it says") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s, .retry_after_max = 60s}, ConsecutiveFailures{5},
                         ByStatus{.wait = 1h}, clock, log};

  CHECK(circuit.call(exhausted).status == 429);

  CHECK(log.last().from == State::closed);
  CHECK(log.last().to == State::open);
  CHECK(log.last().reason == Reason::classifier);
  CHECK(log.last().open_for == 1h);
  CHECK(log.last().numbers == Numbers{});
  clock.advance(1h - 1ms);
  CHECK(circuit.state() == State::open);
  clock.advance(1ms);
  CHECK(circuit.state() == State::half_open);
}

TEST_CASE("a probe whose judgement trips opens the circuit, however many bad probes it takes") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s, .reopen_after = 3}, ConsecutiveFailures{5},
                         ByStatus{.wait = 1h}, clock, log};
  circuit.trip();
  clock.advance(30s);

  circuit.call(exhausted);

  CHECK(log.last().from == State::half_open);
  CHECK(log.last().reason == Reason::classifier);
  CHECK(log.last().open_for == 1h);
  clock.advance(1h);
  circuit.call(fine);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a judgement that trips without a wait opens as the policy would") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = Backoff{.first = 10s, .max = 60s}},
                         ConsecutiveFailures{5}, ByStatus{.wait = GENERATE(Duration{}, -1s)}, clock,
                         log};

  circuit.call(exhausted);
  CHECK(log.last().open_for == 10s);
  clock.advance(10s);
  circuit.call(exhausted);
  CHECK(log.last().open_for == 20s);
  clock.advance(20s);
  circuit.call(fine);
  REQUIRE(circuit.state() == State::closed);
  circuit.call(exhausted);
  CHECK(log.last().open_for == 40s);
}

TEST_CASE("a wait above the longest that a judgement may ask for counts as that") {
  CircuitBreaker circuit{Config{}, ByStatus{.wait = std::chrono::hours::max()}, ManualClock{}};

  circuit.call(exhausted);

  CHECK(circuit.why().open_for == std::chrono::milliseconds{std::int64_t{1} << 34});
}

TEST_CASE(
    "a judgement that trips moves nothing if its call comes too late, or is not accounted for") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ByStatus{.wait = 1h}, clock};
  auto late = circuit.try_acquire();
  circuit.reset();

  CHECK(late.settle(Judgement::trip(1h)) == Settled::stale);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().stale == 1);

  circuit.disable();
  auto unaccounted = circuit.try_acquire();
  CHECK(unaccounted.settle(Judgement::trip()) == Settled::unaccounted);
  CHECK(circuit.state() == State::disabled);
}

TEST_CASE("only a failure trips, whatever a judgement says besides") {
  CircuitBreaker circuit{Config{}, ByStatus{.wait = 1h}, ManualClock{}};
  Judgement judgement{Verdict::success};
  judgement.trips = true;

  CHECK(circuit.try_acquire().settle(judgement) == Settled::counted);
  CHECK(circuit.state() == State::closed);
}

TEST_CASE("a permit settled by a judgement that trips opens the circuit, once") {
  CircuitBreaker circuit{Config{}, ByStatus{.wait = 1h}, ManualClock{}};
  auto permit = circuit.try_acquire();

  CHECK(permit.settle_by(Response{429, true}) == Settled::counted);
  CHECK(permit.settle(Judgement::trip(2h)) == Settled::repeated);

  CHECK(circuit.why().open_for == 1h);
  CHECK(circuit.try_acquire().settle(Judgement::trip()) == Settled::refused);
}

TEST_CASE("a call whose judgement trips goes to the fallback, as a failure") {
  CircuitBreaker circuit{Config{}, ByStatus{.wait = 1h}, ManualClock{}};

  CHECK(circuit.call(exhausted, Response{0}).status == 0);
}

TEST_CASE("a listener hears of a judgement that trips as of a failure") {
  struct Heard {
    std::vector<SettledCall>* calls;
    void on_settled(const SettledCall& call) { calls->push_back(call); }
  };
  std::vector<SettledCall> calls;
  CircuitBreaker circuit{Config{}, ByStatus{.wait = 1h}, ManualClock{}, Heard{&calls}};

  circuit.call(exhausted);

  REQUIRE(calls.size() == 1);
  CHECK(calls[0].verdict == Verdict::failure);
  CHECK(calls[0].settled == Settled::counted);
}

// ---- how long it took

namespace {

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error{"cancelled"} {}
};

struct ByTime {
  static constexpr bool takes_time = true;
  static Judgement on_result(const Response&, std::chrono::nanoseconds took) {
    return took > 1s ? Verdict::failure : Verdict::success;
  }
  static Judgement on_exception(const std::exception_ptr&, std::chrono::nanoseconds took) {
    return took > 1s ? Verdict::failure : Verdict::ignored;
  }
};

}  // namespace

TEST_CASE("who gives up on a call that hangs is heard, who changes his mind is not") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{3}, clock, ignoring<Cancelled>().up_to(5s)};
  const auto give_up_after = [&](Duration time) {
    CHECK_THROWS_AS(circuit.call([&] {
      clock.advance(std::chrono::nanoseconds{time.ticks()});
      throw Cancelled{};
    }),
                    Cancelled);
  };

  for (int i = 0; i < 100; ++i) give_up_after(5s);
  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{});

  for (int i = 0; i < 3; ++i) give_up_after(5s + 1ns);
  CHECK(circuit.state() == State::open);
}

TEST_CASE(
    "a classifier that takes the time goes by it, for results and exceptions, in call and by "
    "permit") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{100}, clock, ByTime{}};
  const auto failures = [&] { return circuit.snapshot().numbers.at[0]; };
  const auto after = [&](std::chrono::nanoseconds time) {
    return [&, time] {
      clock.advance(time);
      return Response{200};
    };
  };

  circuit.call(after(1s));
  CHECK(failures() == 0);
  circuit.call(after(2s));
  CHECK(failures() == 1);
  CHECK_THROWS(circuit.call([&]() -> Response {
    clock.advance(2s);
    throw Cancelled{};
  }));
  CHECK(failures() == 2);
  CHECK_THROWS(circuit.call([&]() -> Response {
    clock.advance(1s);
    throw Cancelled{};
  }));
  CHECK(failures() == 2);

  auto permit = circuit.try_acquire();
  clock.advance(2s);
  CHECK(permit.settle_by(Response{200}) == Settled::counted);
  CHECK(failures() == 3);
  auto other = circuit.try_acquire();
  clock.advance(2s);
  CHECK(other.settle_by(std::make_exception_ptr(Cancelled{})) == Settled::counted);
  CHECK(failures() == 4);
}

TEST_CASE("two classifiers of which one takes the time combine") {
  ManualClock clock;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, clock,
                         ignoring<Cancelled>().up_to(5s) | ByStatus{.wait = {}}};

  CHECK_THROWS(circuit.call([&]() -> Response { throw Cancelled{}; }));
  CHECK(circuit.state() == State::closed);
  circuit.call(fine);
  CHECK(circuit.state() == State::closed);
  CHECK_THROWS(circuit.call([&]() -> Response {
    clock.advance(6s);
    throw Cancelled{};
  }));
  CHECK(circuit.state() == State::open);
}

TEST_CASE("a judgement outside a circuit may be told the time, too") {
  const auto classifier = ignoring<Cancelled>().up_to(5s);
  CHECK_FALSE(classifier.on_exception(std::make_exception_ptr(1), 1s).is_made);
  const auto cancelled = std::make_exception_ptr(Cancelled{});

  CHECK(judge(classifier, cancelled, 5s).verdict == Verdict::ignored);
  CHECK(judge(classifier, cancelled, 6s).verdict == Verdict::failure);
  CHECK(judge(classifier, Response{500}, 6s).verdict == Verdict::success);
}

TEST_CASE("a policy that says when it needs the clock keeps its times beside such a classifier") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, SlowCallRate{{.slower_than = 1s, .threshold = 100_percent, .min_calls = 2}}, clock,
      ignoring<Cancelled>().up_to(5s)};

  for (int i = 0; i < 2; ++i) circuit.call([&] { clock.advance(2s); });

  CHECK(circuit.state() == State::open);
}
