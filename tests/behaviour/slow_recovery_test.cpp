// A dependency that is well again but slow: the circuit closes at its first good answers, however many
// leases they take, and few probes are in flight meanwhile.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <utility>

#include "breaker/breaker.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "breaker/testing/transition_log.hpp"
#include "support/catch.hpp"

using namespace breaker;
using namespace std::chrono_literals;

namespace {

using Milliseconds = std::chrono::milliseconds;

struct Recovery {
  Milliseconds closed_after;  // from the probe whose answer closed it, if each answer counts
  std::size_t most_in_flight;
  std::size_t renewals;
  Snapshot end;
};

// The circuit has opened; from now on each call is answered well, `answer` after it began.
Recovery recover(const Config& config, Milliseconds answer, Milliseconds between_calls = 50ms) {
  ManualClock clock;
  TransitionLog log;
  CircuitBreaker circuit{config, ConsecutiveFailures{1}, clock, log};
  circuit.try_acquire().failure();
  struct Call {
    Milliseconds end;
    decltype(circuit)::Permit permit;
  };
  std::deque<Call> in_flight;
  const auto needed =
      static_cast<std::size_t>(config.close_after > 0 ? config.close_after : config.probes);
  std::size_t probes = 0;
  Milliseconds decisive{};  // when the probe began that closes the circuit if each answer counts
  Recovery recovery{-1ms, 0, 0, {}};

  for (Milliseconds now{}; now < 1h; now += between_calls) {
    clock.set(now);
    while (!in_flight.empty() && in_flight.front().end <= now) {
      in_flight.front().permit.success();
      in_flight.pop_front();
    }
    if (circuit.state() == State::closed) {
      recovery.closed_after = now - decisive;
      break;
    }
    auto permit = circuit.try_acquire();
    if (!permit) continue;
    if (++probes == needed) decisive = now;
    in_flight.push_back({now + answer, std::move(permit)});
    recovery.most_in_flight = std::max(recovery.most_in_flight, in_flight.size());
  }
  for (const Transition& transition : log.transitions()) {
    if (transition.reason == Reason::probe_lost) ++recovery.renewals;
  }
  recovery.end = circuit.snapshot();
  return recovery;
}

Milliseconds any_answer() { return GENERATE(900ms, 1500ms, 5s, 9s, 15s, 30s, 45s); }

}  // namespace

TEST_CASE("answers that take many leases close the circuit, and the first good ones do") {
  const int probes = GENERATE(1, 3);
  const Milliseconds answer = any_answer();
  const bool grows = GENERATE(false, true);
  const auto first = GENERATE(1s, 30s);
  CAPTURE(probes, answer.count(), grows, first.count());
  const OpenWait wait = grows ? OpenWait{Backoff{.first = first, .max = 60s}} : OpenWait{first};

  const Recovery recovery = recover({.open_for = wait, .probes = probes}, answer);

  CHECK(recovery.end.state == State::closed);
  CHECK(recovery.closed_after == answer);
  CHECK(recovery.end.stale == 0);
}

TEST_CASE(
    "where leases double, at most six times as many probes are in flight as there are slots") {
  const int probes = GENERATE(1, 3);
  const auto first = GENERATE(1s, 30s);
  CAPTURE(probes, first.count());

  const Recovery recovery =
      recover({.open_for = Backoff{.first = first, .max = 60s}, .probes = probes}, any_answer());

  CHECK(recovery.most_in_flight <= 6U * static_cast<std::size_t>(probes));
}

TEST_CASE("with a fixed wait, each lease that passes lets one further probe out for each slot") {
  const int probes = GENERATE(1, 3);
  const auto wait = GENERATE(1s, 30s);
  const Milliseconds answer = any_answer();
  CAPTURE(probes, wait.count(), answer.count());

  const Recovery recovery = recover({.open_for = wait, .probes = probes}, answer);

  const auto leases = static_cast<std::size_t>(answer * 16 / (wait * 15));
  CHECK(recovery.renewals <= leases);
  CHECK(recovery.most_in_flight <= (1 + leases) * static_cast<std::size_t>(probes));
}

TEST_CASE("a default circuit closes if its dependency takes 45 s for an answer") {
  const Recovery recovery = recover({}, 45s, 1s);

  CHECK(recovery.end.state == State::closed);
  CHECK(recovery.closed_after == 45s);
  CHECK(recovery.most_in_flight == 2);
}

TEST_CASE("a wait that is shorter than an answer closes, too") {
  const auto first = GENERATE(50ms, 70ms, 100ms);
  const Config config = GENERATE_COPY(Config{.open_for = first},
                                      Config{.open_for = Backoff{.first = first, .max = 60s}});
  const int probes = GENERATE(1, 3);
  Config with_probes = config;
  with_probes.probes = probes;

  const Recovery recovery = recover(with_probes, 150ms, 10ms);

  CHECK(recovery.end.state == State::closed);
  CHECK(recovery.closed_after == 150ms);
}

TEST_CASE("one good answer closes, however many probes there are") {
  const int probes = GENERATE(1, 3, 10, 50);
  const auto answer = GENERATE(900ms, 1100ms, 3s);
  CAPTURE(probes, answer.count());

  const Recovery recovery =
      recover({.open_for = 1s, .probes = probes, .close_after = 1}, answer, 20ms);

  CHECK(recovery.end.state == State::closed);
  CHECK(recovery.closed_after == answer);
}

TEST_CASE("a short lease that grows lets few probes out to a dependency that hangs for long") {
  const Recovery recovery = recover({.open_for = Backoff{.first = 50ms, .max = 60s}}, 30s, 10ms);

  CHECK(recovery.end.state == State::closed);
  CHECK(recovery.closed_after == 30s);
  CHECK(recovery.most_in_flight <= 11);
}
