// Slow calls: judged by time, whatever their verdict; a slow probe is a bad probe.
#include <string_view>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

struct Timed {
  ManualClock clock;
  CircuitBreaker<ManualClock, SlowCallRate<LastCalls<10>>> circuit;

  explicit Timed(Config config = {})
      : circuit{config, clock,
                SlowCallRate{last_calls<10>(),
                             {.slower_than = 200ms, .threshold = 50_percent, .min_calls = 4}}} {}

  Settled run(std::chrono::nanoseconds time, Verdict verdict = Verdict::success) {
    auto permit = circuit.try_acquire();
    clock.advance(time);
    return permit.settle(verdict);
  }
};

}  // namespace

TEST_CASE("slow successes open the circuit, and why() shows them") {
  Timed timed;

  for (int i = 0; i < 2; ++i) timed.run(1ms);
  for (int i = 0; i < 2; ++i) timed.run(201ms);

  CHECK(timed.circuit.state() == State::open);
  CHECK(timed.circuit.why().numbers == Numbers{{2, 4}});
  CHECK(timed.circuit.why().words->rule == std::string_view{"slow_call_rate"});
}

TEST_CASE("a call that takes exactly the limit is not slow") {
  Timed timed;

  for (int i = 0; i < 10; ++i) timed.run(200ms);

  CHECK(timed.circuit.state() == State::closed);
  CHECK(timed.circuit.snapshot().numbers.at[0] == 0);
}

TEST_CASE("a call's verdict makes no difference to whether it is slow") {
  const Verdict verdict = GENERATE(Verdict::success, Verdict::failure);
  Timed timed;

  for (int i = 0; i < 4; ++i) timed.run(1s, verdict);

  CHECK(timed.circuit.state() == State::open);
}

TEST_CASE("a fast failure is not a slow call") {
  Timed timed;

  for (int i = 0; i < 10; ++i) timed.run(1ms, Verdict::failure);

  CHECK(timed.circuit.state() == State::closed);
}

TEST_CASE("a success that is slow closes nothing: a slow probe is a bad probe") {
  Timed timed;
  timed.circuit.trip();
  timed.clock.advance(30s);

  timed.run(201ms);

  CHECK(timed.circuit.state() == State::open);
  CHECK(timed.circuit.why().reason == Reason::probes_failed);
}

TEST_CASE("a probe that fails fast is a bad probe") {
  Timed timed{{.open_for = 30s}};
  timed.circuit.trip();
  timed.clock.advance(30s);

  timed.run(1ms, Verdict::failure);

  CHECK(timed.circuit.why().reason == Reason::probes_failed);
}

TEST_CASE("a fast probe closes, and an ignored slow one is neither") {
  Timed timed;
  timed.circuit.trip();
  timed.clock.advance(30s);

  timed.run(10s, Verdict::ignored);
  CHECK(timed.circuit.state() == State::half_open);
  timed.run(200ms);

  CHECK(timed.circuit.state() == State::closed);
}

TEST_CASE("call measures the function, not what comes before it") {
  Timed timed;
  timed.clock.advance(1h);

  for (int i = 0; i < 4; ++i) timed.circuit.call([&] { timed.clock.advance(1s); });

  CHECK(timed.circuit.state() == State::open);
}

TEST_CASE("beside another policy, a slow call alone is enough for any of them") {
  ManualClock clock;
  CircuitBreaker circuit{
      Config{}, clock,
      any_of(ConsecutiveFailures{5},
             SlowCallRate{{.slower_than = 1s, .threshold = 100_percent, .min_calls = 1}})};

  circuit.call([&] { clock.advance(2s); });

  CHECK(circuit.state() == State::open);
  CHECK(circuit.why().words->rule == std::string_view{"slow_call_rate"});
}
