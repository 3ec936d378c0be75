// Scenarios: calls that a thread makes within its own probe.
#include "proof/explore/fixture.hpp"
#include "proof/explore/scenarios.hpp"

namespace explore {

namespace {

using breaker::Config;
using breaker::ConsecutiveFailures;
using breaker::Settled;

/// A half-open circuit whose one probe is a call: what it is made of, and what a thread does within.
struct Outing {
  using Circuit = breaker::CircuitBreaker<Clock, ConsecutiveFailures>;

  explicit Outing(const Config& config) : circuit{config, ConsecutiveFailures{1}, clock} {
    circuit.trip();
    clock.advance(30s);
  }

  Clock::Time time;
  Clock clock{time};
  Circuit circuit;
};

Outing& make_outing(Run& run) {
  return run.make<Outing>(Config{.close_after = 63, .probe_lease = 10s});
}

void nobody_else_was_asked(const breaker::Rejection& /*why*/) {}

// Whoever else renews the lease meanwhile: what is part of a probe is admitted.
void a_call_rides_over_a_renewal(Run& run) {
  auto& o = make_outing(run);
  run.thread([&run, &o] {
    const auto probe = [&] {
      o.clock.advance(10s);
      auto inner = o.circuit.try_acquire();
      run.check(static_cast<bool>(inner), "a call within its own probe was refused");
      run.check(inner.success() == Settled::unaccounted, "a call within a probe is accounted for");
    };
    o.circuit.call(probe, nobody_else_was_asked);
  });
  run.thread([&o] { o.circuit.try_acquire().ignore(); });
}

// Once the recovery is over, a call within a former probe is a call as any other.
void a_call_rides_to_the_end_of_the_recovery(Run& run) {
  auto& o = make_outing(run);
  run.thread([&run, &o] {
    const auto probe = [&] {
      o.circuit.trip();
      const auto inner = o.circuit.try_acquire();
      run.check(!inner || inner.generation() != 0, "a call rode, and its recovery was over");
    };
    o.circuit.call(probe, nobody_else_was_asked);
  });
  run.thread([&o] { o.circuit.reset(); });
}

// Who is in no probe, or in none any more, gets in as a probe or not at all.
void nobody_rides_on_another_threads_probe(Run& run) {
  auto& o = make_outing(run);
  for (int i = 0; i < 2; ++i) {
    run.thread([&run, &o] {
      o.circuit.call([] {}, nobody_else_was_asked);
      auto other = o.circuit.try_acquire();
      run.check(!other || other.generation() != 0, "a call rode, and was in no probe");
      other.ignore();
    });
  }
}

const Scenarios riding{
    {"a call within a probe against a renewal", a_call_rides_over_a_renewal},
    {"a call within a probe against the end of the recovery",
     a_call_rides_to_the_end_of_the_recovery, 1},
    {"nobody rides on another thread's probe", nobody_rides_on_another_threads_probe, 1},
};

}  // namespace

}  // namespace explore
