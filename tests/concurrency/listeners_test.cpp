// Listeners under threads: each event once, no lock held, and a stalled one holds up nobody.
#include <atomic>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

constexpr int threads = 4;

// Calls the circuit from inside each event, and throws now and then.
struct Meddles {
  using Circuit = CircuitBreaker<ManualClock, ConsecutiveFailures, DefaultClassifier,
                                 Listeners<TransitionLog, Meddles, Counters<>>>;
  struct Shared {
    Circuit* circuit = nullptr;
    std::atomic<int> thrown{0};
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();

  void operator()(const Transition& event) const;
};

void Meddles::operator()(const Transition& event) const {
  Circuit& circuit = *shared->circuit;
  static_cast<void>(circuit.snapshot());
  auto permit = circuit.try_acquire();
  if (event.generation % 64 == 0) circuit.reset();
  permit.ignore();
  if (event.generation % 16 == 0) {
    ++shared->thrown;
    throw std::runtime_error{"listener"};
  }
}

// Stays in its first event until it is told to go on.
struct Stalls {
  struct Shared {
    std::atomic<bool> is_in{false};
    std::atomic<bool> goes_on{false};
    std::atomic<int> events{0};
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();

  void operator()(const Transition&) const {
    if (shared->events.fetch_add(1) > 0) return;
    shared->is_in = true;
    while (!shared->goes_on) std::this_thread::yield();
  }
};

}  // namespace

TEST_CASE("listeners that call the circuit and throw, in all threads at once, break nothing") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  ManualClock clock;
  TransitionLog log;
  const Meddles meddles;
  Meddles::Circuit circuit{Config{.open_for = 2ms, .probe_lease = 64ms}, ConsecutiveFailures{2},
                           clock, Listeners{log, meddles, Counters{}}};
  meddles.shared->circuit = &circuit;

  race(crew, [&](int number) {
    Random random{number};
    for (int i = 0; i < 12'000 / crew.threads; ++i) {
      auto permit = circuit.try_acquire();
      permit.settle(static_cast<Verdict>(random.below(3)));
      clock.advance(1ms);
    }
  });

  auto events = log.transitions();
  const CallTotals totals = circuit.listener().get<Counters<>>().totals();
  CHECK(events.size() > 64);
  CHECK(is_one_chain(events));
  CHECK(events.size() == circuit.snapshot().transitions);
  CHECK(circuit.snapshot().listener_errors == static_cast<std::uint32_t>(meddles.shared->thrown));
  CHECK(totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale);
}

TEST_CASE("a thread that stalls in a listener holds up nobody") {
  ManualClock clock;
  const Stalls listener;
  CircuitBreaker circuit{Config{.open_for = 1ms}, ConsecutiveFailures{1}, clock, listener};
  std::thread stalled{[&] { circuit.try_acquire().failure(); }};
  while (!listener.shared->is_in) std::this_thread::yield();

  // All of this finishes while the other thread is still inside its event.
  for (int i = 0; i < 100; ++i) {
    clock.advance(1ms);
    circuit.try_acquire().success();
    circuit.try_acquire().failure();
  }
  circuit.reset();

  CHECK(circuit.state() == State::closed);
  CHECK(listener.shared->events == 302);
  CHECK_FALSE(listener.shared->goes_on);
  listener.shared->goes_on = true;
  stalled.join();
}

TEST_CASE("counters of many threads miss no call, in one stripe as in many") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const auto count = [&](auto counters) {
    CircuitBreaker circuit{Config{}, ConsecutiveFailures{1'000'000}, std::move(counters)};
    race(crew, [&](int) {
      for (int i = 0; i < 9600 / crew.threads; ++i)
        circuit.try_acquire().settle(static_cast<Verdict>(i % 3));
    });
    return circuit.listener().totals();
  };

  for (const CallTotals& totals : {count(Counters<1>{}), count(Counters<4>{}), count(Counters{})}) {
    CHECK(totals.admitted == 9600);
    CHECK(totals.succeeded == 3200);
    CHECK(totals.failed == 3200);
    CHECK(totals.ignored == 3200);
    CHECK(totals.stale == 0);
  }
}

TEST_CASE("of the durations that many threads count, the longest is kept and none is lost") {
  TimedCounters<1> counters;

  race(threads, [&](int number) {
    for (int i = 1; i <= 5000; ++i)
      counters.on_settled(
          {Verdict::success, Settled::counted, std::chrono::nanoseconds{4 * i + number}});
  });

  CHECK(counters.durations().succeeded.longest == 20'003ns);
  CHECK(counters.durations().succeeded.sum ==
        4ns * threads * 5000 * 5001 / 2 + 5000 * (0ns + 1ns + 2ns + 3ns));
}
