// Promise 7: exactly one event per committed transition, numbered without gaps, each `from` equal
// to its predecessor's `to`. Nothing user-written runs under a lock.
#include <memory>
#include <string>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

constexpr Generation generations = 1u << 21;

struct Logged {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, TransitionLog> circuit{
      Config{.open_for = 30s, .probe_lease = 10s}, ConsecutiveFailures{1}, clock, log};
};

bool is_a_chain(const std::vector<Transition>& events) {
  State state = State::closed;
  Generation generation = 0;
  for (const Transition& event : events) {
    if (event.from != state || event.generation != (generation + 1) % generations) return false;
    state = event.to;
    generation = event.generation;
  }
  return true;
}

}  // namespace

TEST_CASE("a whole life is told as one chain of events, each with its reason") {
  Logged logged;
  auto& circuit = logged.circuit;

  circuit.try_acquire().failure();
  logged.clock.advance(30s);
  const auto lost = circuit.try_acquire();
  logged.clock.advance(11s);
  circuit.try_acquire().failure();
  logged.clock.advance(30s);
  circuit.try_acquire().success();
  circuit.trip();
  circuit.force_open();
  circuit.disable();
  circuit.reset();

  const std::vector<Transition> events = logged.log.transitions();
  std::vector<Reason> reasons;
  for (const Transition& event : events) reasons.push_back(event.reason);
  const std::vector<Reason> expected{Reason::policy,     Reason::wait_over,
                                     Reason::probe_lost, Reason::probes_failed,
                                     Reason::wait_over,  Reason::probes_succeeded,
                                     Reason::tripped,    Reason::forced_open,
                                     Reason::disabled,   Reason::reset};
  REQUIRE(lost);
  CHECK(reasons == expected);
  CHECK(is_a_chain(events));
  CHECK(circuit.snapshot().transitions == events.size());
}

TEST_CASE("what changes nothing makes no event") {
  Logged logged;
  auto& circuit = logged.circuit;
  auto late = circuit.try_acquire();
  circuit.try_acquire().failure();
  REQUIRE(logged.log.size() == 1);

  SECTION("refused calls") {
    for (int i = 0; i < 5; ++i) CHECK_FALSE(circuit.try_acquire());
  }
  SECTION("stale verdicts") { late.failure(); }
  SECTION("questions, also those that find the wait over") {
    logged.clock.advance(30s);
    CHECK(circuit.would_admit());
    CHECK(circuit.state() == State::half_open);
    CHECK(circuit.snapshot().state == State::half_open);
  }
  SECTION("a trip of an open circuit") { CHECK_FALSE(circuit.trip()); }

  CHECK(logged.log.size() == 1);
}

TEST_CASE("probes that are granted and settled within a stay make no event") {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.probes = 3, .close_after = 9, .reopen_after = 9},
                         ConsecutiveFailures{1}, clock, log};
  circuit.trip();
  clock.advance(30s);

  auto first = circuit.try_acquire();
  auto second = circuit.try_acquire();
  first.success();
  second.failure();
  circuit.try_acquire().ignore();

  CHECK(log.size() == 2);  // opened, half-open
  CHECK(circuit.snapshot().transitions == 2);
}

TEST_CASE("a command by hand that finds its state is obeyed without an event") {
  Logged logged;

  logged.circuit.force_open();
  logged.circuit.force_open();
  CHECK(logged.log.size() == 1);
  logged.circuit.disable();
  logged.circuit.disable();
  CHECK(logged.log.size() == 2);
}

TEST_CASE("a reset of a closed circuit is a transition: it ends a stay and its evidence") {
  Logged logged;

  logged.circuit.reset();
  logged.circuit.reset();

  REQUIRE(logged.log.size() == 2);
  CHECK(logged.log.last().from == State::closed);
  CHECK(logged.log.last().to == State::closed);
  CHECK(is_a_chain(logged.log.transitions()));
}

TEST_CASE("two verdicts that both reach the threshold open the circuit once") {
  Logged logged;
  auto first = logged.circuit.try_acquire();
  auto second = logged.circuit.try_acquire();

  CHECK(first.failure() == Settled::counted);
  CHECK(second.failure() == Settled::stale);

  CHECK(logged.log.size() == 1);
}

TEST_CASE("a listener finds the circuit in the state that it is told of") {
  struct Asks {
    const std::unique_ptr<State>* seen;
    const CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Asks>** circuit;
    void operator()(const Transition&) const { **seen = (*circuit)->state(); }
  };
  const auto seen = std::make_unique<State>(State::closed);
  const CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Asks>* self = nullptr;
  CircuitBreaker circuit{Config{}, Asks{&seen, &self}};
  self = &circuit;

  circuit.force_open();

  CHECK(*seen == State::forced_open);
}

TEST_CASE("a listener that asks why hears of the very transition that it is told of") {
  struct AsksWhy {
    using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier, AsksWhy>;
    const Circuit** circuit;
    int* agreed;
    void operator()(const Transition& told) const { *agreed += (*circuit)->why() == told ? 1 : 0; }
  };
  ManualClock clock;
  const AsksWhy::Circuit* self = nullptr;
  int agreed = 0;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock,
                         AsksWhy{&self, &agreed}};
  self = &circuit;

  circuit.try_acquire().failure();
  clock.advance(30s);
  circuit.try_acquire().success();  // half-open, then closed
  circuit.force_open();

  CHECK(circuit.snapshot().transitions == 4);
  CHECK(agreed == 4);
}

namespace {

// Answers the first opening by what a test wants, from inside the event.
struct Reenters {
  using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier,
                                 Listeners<Reenters, TransitionLog>>;
  struct Shared {
    Circuit* circuit = nullptr;
    int action = 0;
    bool done = false;
    bool was_admitted = false;
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();

  void operator()(const Transition&) const;
};

void Reenters::operator()(const Transition&) const {
  if (shared->done) return;
  shared->done = true;
  Circuit& circuit = *shared->circuit;
  if (shared->action == 0) circuit.reset();
  if (shared->action == 1) circuit.force_open();
  if (shared->action == 2) circuit.disable();
  if (shared->action == 3) shared->was_admitted = static_cast<bool>(circuit.try_acquire());
  if (shared->action == 4) shared->was_admitted = circuit.call([] { return true; }, false);
}

}  // namespace

TEST_CASE("a listener may call the circuit, and the nested event comes after the outer one") {
  const int action = GENERATE(0, 1, 2, 3, 4);
  ManualClock clock;
  TransitionLog log;
  const Reenters listener;
  Reenters::Circuit circuit{Config{}, ConsecutiveFailures{1}, clock, Listeners{listener, log}};
  listener.shared->circuit = &circuit;
  listener.shared->action = action;

  const Settled settled = circuit.try_acquire().failure();

  const State expected[] = {State::closed, State::forced_open, State::disabled, State::open,
                            State::open};
  CHECK(settled == Settled::counted);
  CHECK(circuit.state() == expected[action]);
  CHECK_FALSE(listener.shared->was_admitted);
  CHECK(log.size() == (action < 3 ? 2u : 1u));
  CHECK(circuit.why().to == expected[action]);
}

TEST_CASE("a listener that resets on each opening does not recurse") {
  struct Resets {
    CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Resets>** circuit;
    void operator()(const Transition& event) const {
      if (event.to == State::open) (*circuit)->reset();
    }
  };
  CircuitBreaker<SteadyClock, ConsecutiveFailures, DefaultClassifier, Resets>* self = nullptr;
  CircuitBreaker circuit{Config{}, ConsecutiveFailures{1}, Resets{&self}};
  self = &circuit;

  for (int i = 0; i < 10; ++i) circuit.try_acquire().failure();

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().transitions == 20);
}

TEST_CASE("several listeners hear in their order") {
  auto heard = std::make_shared<std::string>();
  CircuitBreaker circuit{Config{}, Listeners{[=](const Transition&) { *heard += 'a'; },
                                             [=](const Transition&) { *heard += 'b'; },
                                             [=](const Transition&) { *heard += 'c'; }}};

  circuit.trip();
  circuit.reset();

  CHECK(*heard == "abcabc");
}

// ---- the number wraps

namespace {

struct Chain {
  struct Shared {
    State state = State::closed;
    Generation generation = 0;
    std::uint64_t events = 0;
    std::uint64_t breaks = 0;
  };
  Shared* shared;

  void operator()(const Transition& event) const {
    if (event.from != shared->state || event.generation != (shared->generation + 1) % generations)
      ++shared->breaks;
    shared->state = event.to;
    shared->generation = event.generation;
    ++shared->events;
  }
};

}  // namespace

TEST_CASE("events go on without a gap when the number wraps at 2^21") {
  Chain::Shared chain;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 1ms}, ConsecutiveFailures{1}, clock, Chain{&chain}};
  for (Generation i = 0; i < generations - 2; ++i) circuit.reset();

  circuit.try_acquire().failure();
  clock.advance(1ms);
  circuit.try_acquire().success();
  CHECK(circuit.why().generation == 1);
  CHECK(circuit.why().reason == Reason::probes_succeeded);
  circuit.trip();

  CHECK(chain.breaks == 0);
  CHECK(chain.events == generations + 2u);
  CHECK(circuit.snapshot().transitions == generations + 2u);
  CHECK(circuit.why().generation == 2);
  CHECK(circuit.why().has_numbers);
}

TEST_CASE("a call in flight across exactly 2^21 transitions miscounts itself and no more") {
  CircuitBreaker circuit{Config{}, FailureRate{last_calls<10>(), {100_percent, 2}}};
  auto ancient = circuit.try_acquire();
  auto nearly = circuit.try_acquire();
  for (Generation i = 0; i < generations - 1; ++i) circuit.reset();
  CHECK(nearly.failure() == Settled::stale);
  circuit.reset();

  CHECK(ancient.failure() == Settled::counted);

  CHECK(circuit.state() == State::closed);
  CHECK(circuit.snapshot().numbers == Numbers{{1, 1}});
  circuit.try_acquire().failure();
  CHECK(circuit.state() == State::open);
}
