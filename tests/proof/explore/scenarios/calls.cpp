// Scenarios: calls and what they are counted as, mostly on circuits of their own.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::ConsecutiveFailures;

void shadow_mode_refuses_nobody(Run& run) {
  auto& f = make(run, {.mode = breaker::Mode::shadow}, ConsecutiveFailures{1});
  for (int i = 0; i < 2; ++i) {
    run.thread([&f] {
      auto permit = f.acquire();
      f.check(static_cast<bool>(permit), "a call was refused in shadow mode");
      f.settle(permit, Verdict::failure);
    });
  }
  run.finally([&f] { f.check(f.memory.transitions.size() == 1, "it trips once all the same"); });
}

// A guard settles the call whose exception passes through it, whatever passes through another thread's.
void exceptions_pass_through_two_guards(Run& run) {
  using Circuit = breaker::CircuitBreaker<Clock, ConsecutiveFailures>;
  auto& time = run.make<Clock::Time>();
  auto& circuit = run.make<Circuit>(Config{}, ConsecutiveFailures{2}, Clock{time});
  for (int number = 1; number <= 2; ++number) {
    run.thread([&run, &circuit, number] {
      int caught = 0;
      try {
        circuit.call([number]() -> int { throw number; });
      } catch (int thrown) {
        caught = thrown;
      }
      run.check(caught == number, "an exception came out of another thread's call");
    });
  }
  run.finally([&run, &circuit] {
    run.check(circuit.snapshot().transitions == 1 && circuit.state() == State::open,
              "two calls that threw are two failures");
  });
}

void counters_add_up(Run& run) {
  using Circuit = breaker::CircuitBreaker<Clock, ConsecutiveFailures, breaker::DefaultClassifier,
                                          breaker::Counters<2>>;
  auto& time = run.make<Clock::Time>();
  auto& circuit =
      run.make<Circuit>(Config{}, ConsecutiveFailures{1}, Clock{time}, breaker::Counters<2>{});
  auto& refused = run.make<std::array<bool, 2>>();
  for (std::size_t i = 0; i < 2; ++i) {
    run.thread([&circuit, &refused, i] {
      auto permit = circuit.try_acquire();
      refused[i] = !permit;
      permit.settle(i == 0 ? Verdict::failure : Verdict::success);
    });
  }
  run.thread([&circuit] { circuit.reset(); });
  run.finally([&run, &circuit, &refused] {
    const auto all = circuit.listener().totals();
    run.check(all.admitted == all.succeeded + all.failed + all.ignored + all.stale,
              "what was admitted is not what was settled");
    run.check(all.admitted + all.refused == 2, "a call was counted twice, or not at all");
    run.check(all.refused == std::uint64_t{refused[0]} + refused[1], "a refusal was not counted");
    run.check(all.stale == circuit.snapshot().stale, "the circuit counts other stale calls");
  });
}

// The cached time guards nothing: who sees that the circuit opened sees a time that is not before.
void cached_clock_while_it_opens(Run& run) {
  using Circuit = breaker::CircuitBreaker<breaker::CachedClock, ConsecutiveFailures>;
  auto& time = run.make<breaker::CachedClock::Time>();
  time.set(0ns);
  auto& circuit = run.make<Circuit>(Config{}, ConsecutiveFailures{1}, breaker::CachedClock{time});
  run.thread([&time, &circuit] {
    time.set(1h);
    circuit.trip();
  });
  run.thread([&run, &circuit] {
    run.check(circuit.state() != State::half_open,
              "a circuit that has only just opened seems to be due");
  });
}

const Scenarios calls{
    {"shadow mode refuses nobody", shadow_mode_refuses_nobody},
    {"exceptions pass through two guards", exceptions_pass_through_two_guards},
    {"counters add up", counters_add_up, 1},
    {"a cached clock while the circuit opens", cached_clock_while_it_opens},
};

}  // namespace

}  // namespace explore
