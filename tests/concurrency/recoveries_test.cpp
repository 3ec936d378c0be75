// Threads race through thousands of recoveries: the probe cap, late verdicts and lost probes hold
// in every one of them.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "concurrency/barrier.hpp"
#include "concurrency/race.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace breaker::literals;
using namespace std::chrono_literals;

namespace {

bool is_conserved(const CallTotals& totals) {
  return totals.admitted == totals.succeeded + totals.failed + totals.ignored + totals.stale;
}

}  // namespace

TEST_CASE("threads that race at the open deadline get as many probes as there are, each time") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int threads = crew.threads;
  constexpr std::size_t rounds = 700;
  const int probes = GENERATE(1, 3);
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s, .probes = probes, .probe_lease = 1h},
                         ConsecutiveFailures{1}, clock, log};
  circuit.try_acquire().failure();
  std::vector<decltype(circuit)::Permit> permits(static_cast<std::size_t>(threads));
  int wrong_counts = 0;
  int wrong_generations = 0;

  Barrier ready{threads, [&]() noexcept { clock.advance(30s); }};
  Barrier done{threads, [&]() noexcept {
                 int admitted = 0;
                 for (auto& permit : permits) {
                   if (!permit) continue;
                   ++admitted;
                   if (permit.generation() % 2 != 0) ++wrong_generations;  // half-open is even
                 }
                 if (admitted != std::min(probes, threads)) ++wrong_counts;
                 for (auto& permit : permits) permit.failure();  // the first one reopens
               }};
  race(crew, [&](int number) {
    for (std::size_t round = 0; round < rounds; ++round) {
      ready.arrive_and_wait();
      permits[static_cast<std::size_t>(number)] = circuit.try_acquire();
      done.arrive_and_wait();
    }
  });

  auto events = log.transitions();
  CHECK(wrong_counts == 0);
  CHECK(wrong_generations == 0);
  CHECK(events.size() == 1 + 2 * rounds);
  CHECK(is_one_chain(events));
}

TEST_CASE("nobody gets a probe from a circuit that has only just opened") {
  constexpr int threads = 4;
  constexpr int rounds = 1000;
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock, log};

  Barrier start{threads, [&]() noexcept {
                  circuit.reset();
                  clock.advance(31s);  // the deadline of the last opening is past
                }};
  race(threads, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      if (number == 0) circuit.try_acquire().failure();
      for (int i = 0; i < 10; ++i) circuit.try_acquire().ignore();
    }
  });

  auto events = log.transitions();
  CHECK(is_one_chain(events));
  CHECK(events.size() == 2 * rounds);  // closed, open: never half-open
}

TEST_CASE("under random settling, dropping and losing, no generation exceeds its probes") {
  const Crew crew = GENERATE(from_range(std::begin(crews), std::end(crews)));
  const int threads = crew.threads;
  constexpr int probes = 2;
  constexpr std::size_t generations = 1u << 18;
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 10ms,
                                .probes = probes,
                                .close_after = 3,
                                .reopen_after = 2,
                                .probe_lease = 64ms},
                         ConsecutiveFailures{1}, clock, Listeners{log, Counters{}}};
  // Of each generation, the permits that are surely out (counted after the grant, and only until
  // before the verdict), and the most of them at a time.
  struct Out {
    std::atomic<int> now{0};
    std::atomic<int> most{0};
  };
  const auto out = std::make_unique<Out[]>(generations);

  race(crew, [&](int number) {
    Random random{number};
    for (int i = 0; i < 15000 / threads; ++i) {
      auto permit = circuit.try_acquire();
      if (random.below(4) == 0) clock.advance(std::chrono::milliseconds{random.below(40)});
      if (!permit) continue;
      Out& mine = out[permit.generation()];
      const int now = mine.now.fetch_add(1) + 1;
      for (int most = mine.most; most < now && !mine.most.compare_exchange_weak(most, now);) {
      }
      if (random.below(3) == 0) std::this_thread::yield();
      mine.now.fetch_sub(1);
      const int ending = random.below(8);
      if (ending < 3) permit.success();
      if (ending == 3 || ending == 4) permit.failure();
      if (ending == 5) permit.ignore();
    }
  });

  auto events = log.transitions();
  int above = 0;
  int full = 0;
  for (const Transition& event : events) {
    if (event.to != State::half_open) continue;
    above += out[event.generation].most > probes ? 1 : 0;
    full += out[event.generation].most == probes ? 1 : 0;
  }
  CHECK(events.size() < generations);
  CHECK(above == 0);
  CHECK(full > 0);
  CHECK(is_one_chain(events));
  CHECK(is_conserved(circuit.listener().get<Counters<>>().totals()));
}

TEST_CASE("probes that are lost by some threads never block the recovery of the others") {
  constexpr int threads = 4;
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 10ms, .probes = 1, .probe_lease = 64ms},
                         ConsecutiveFailures{1}, clock, Listeners{log, Counters{}}};
  std::atomic<int> recoveries{0};

  race(threads, [&](int number) {
    Random random{number};
    std::vector<decltype(circuit)::Permit> lost;
    for (int i = 0; i < 1500; ++i) {
      if (number < 2) {  // holds on to what it gets, and reports it much later
        lost.push_back(circuit.try_acquire());
        if (lost.size() > 50) lost.erase(lost.begin());
      } else {
        auto permit = circuit.try_acquire();
        if (permit) permit.settle(random.below(2) == 0 ? Verdict::failure : Verdict::success);
        if (circuit.state() == State::closed) ++recoveries;
      }
      clock.advance(7ms);
    }
  });
  clock.advance(1h);
  auto last = circuit.try_acquire();

  auto events = log.transitions();
  CHECK(last);
  CHECK(recoveries > 0);
  CHECK(is_one_chain(events));
  last.success();
  CHECK(is_conserved(circuit.listener().get<Counters<>>().totals()));
}

TEST_CASE("threads whose calls take longer than a lease close the circuit by the first that ends") {
  constexpr int threads = 4;
  constexpr int rounds = 500;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 100ms}, ConsecutiveFailures{1}, clock};
  std::atomic<int> calls{0};
  int not_closed = 0;

  Barrier start{threads, [&]() noexcept {
                  circuit.trip();
                  clock.advance(100ms);
                }};
  Barrier end{threads, [&]() noexcept {
                if (circuit.state() != State::closed) ++not_closed;
              }};
  race(threads, [&](int /*number*/) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      while (circuit.state() != State::closed) {
        circuit.call(
            [&] {
              ++calls;
              clock.advance(150ms);
              std::this_thread::yield();
            },
            [](const Rejection&) { std::this_thread::yield(); });
      }
      end.arrive_and_wait();
    }
  });

  CHECK(not_closed == 0);
  CHECK(calls <= threads * rounds);  // who has made one finds the circuit closed
}

TEST_CASE("late verdicts of many threads move nothing in the generations after theirs") {
  constexpr int threads = 4;
  constexpr int rounds = 500;
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{Config{.open_for = 30s}, ConsecutiveFailures{1}, clock, log};
  std::vector<std::vector<decltype(circuit)::Permit>> permits(threads);
  std::atomic<int> counted{0};
  int wrong_states = 0;

  Barrier taken{threads, [&]() noexcept {
                  circuit.trip();
                  clock.advance(30s);
                  auto probe = circuit.try_acquire();  // half-open, its one slot held …
                  probe.if_dropped(Verdict::success);  // … until here: closed again
                }};
  Barrier settled{threads, [&]() noexcept {
                    if (circuit.state() != State::closed) ++wrong_states;
                    if (circuit.snapshot().numbers.at[0] != 0) ++wrong_states;
                  }};
  race(threads, [&](int number) {
    auto& mine = permits[static_cast<std::size_t>(number)];
    for (int round = 0; round < rounds; ++round) {
      for (int i = 0; i < 4; ++i) mine.push_back(circuit.try_acquire());
      taken.arrive_and_wait();
      for (auto& permit : mine) counted += permit.failure() == Settled::counted ? 1 : 0;
      mine.clear();
      settled.arrive_and_wait();
    }
  });

  CHECK(counted == 0);
  CHECK(wrong_states == 0);
  CHECK(circuit.snapshot().stale == threads * rounds * 4);
  CHECK(log.size() == 3 * rounds);
}

TEST_CASE("late verdicts that race with a recovery neither decide it nor disturb it") {
  constexpr int rounds = 2000;
  ManualClock clock;
  CircuitBreaker circuit{Config{.open_for = 30s, .probes = 2, .close_after = 2},
                         ConsecutiveFailures{1}, clock};
  decltype(circuit)::Permit late;
  decltype(circuit)::Permit first;
  decltype(circuit)::Permit second;
  int wrong = 0;

  Barrier start{2, [&]() noexcept {
                  circuit.reset();
                  late = circuit.try_acquire();
                  circuit.trip();
                  clock.advance(30s);
                  first = circuit.try_acquire();
                  second = circuit.try_acquire();
                }};
  Barrier end{2, [&]() noexcept {
                if (circuit.state() != State::closed) ++wrong;
              }};
  race(2, [&](int number) {
    for (int round = 0; round < rounds; ++round) {
      start.arrive_and_wait();
      if (number == 0) {
        late.failure();
      } else {
        first.success();
        second.success();
      }
      end.arrive_and_wait();
    }
  });

  CHECK(wrong == 0);
  CHECK(circuit.snapshot().stale == rounds);
}
