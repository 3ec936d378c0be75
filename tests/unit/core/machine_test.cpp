// Machine: its refusals are those of the rules, and what it remembers beside the word reaches them.
#include "breaker/core/machine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "breaker/circuit_breaker.hpp"
#include "breaker/core/calls.hpp"
#include "breaker/testing/manual_clock.hpp"
#include "support/catch.hpp"
#include "unit/core/word_model.hpp"
#include "unit/core/words.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::EventKind;
using detail::Machine;
using detail::Ticket;
using detail::Word;
using std::chrono::nanoseconds;
using word_model::Facts;
using word_model::Model;

namespace {

constexpr Ticks ms = 1'000'000;
constexpr Ticks s = 1'000 * ms;

// ---- refusals, enumerated

/// **Returns** the reason and the wait that a call is refused with, by the rules in plain words.
Rejection expected(const Facts& facts, const Model& model, Ticks now, bool may_probe) {
  const nanoseconds rest = facts.state == State::open ? model.rest_of_wait(facts, now) : 0ns;
  const nanoseconds hint = std::min<nanoseconds>(100ms, nanoseconds{model.first_lease()});
  const auto with = [&](RejectionReason reason, nanoseconds wait) {
    return Rejection{wait, static_cast<Generation>(facts.generation), reason};
  };
  if (facts.state == State::forced_open)
    return with(RejectionReason::forced_open, model.longest_wait());
  if (rest > 0ns) return with(RejectionReason::open, rest);
  return with(may_probe ? RejectionReason::probes_busy : RejectionReason::needs_probe, hint);
}

/// **Returns** how the refusal of a call differs from what arrive() and the rules say, or nothing.
std::string difference(const Machine& machine, const Model& model, const Facts& facts, Ticks now,
                       bool may_probe) {
  const Word word = word_model::encode(facts);
  const bool is_admitted = detail::arrive(word, now, machine.gate(), may_probe).takes_effect;
  const Ticket ticket = may_probe ? detail::refusal(word, now, machine.gate())
                                  : detail::refusal_of_no_probe(word, now, machine.gate());
  if (ticket.is_refused() == is_admitted) return "admitted and refused: " + to_text(facts);
  if (is_admitted) return ticket.stay() == StayId::of(word) ? "" : "admitted to another stay";

  const Rejection want = expected(facts, model, now, may_probe);
  const Rejection got = ticket.rejection();
  // A lease is kept to a 16th of itself.
  const bool is_hint =
      got.reason == RejectionReason::probes_busy || got.reason == RejectionReason::needs_probe;
  const nanoseconds grain = is_hint ? want.retry_after / 16 : 0ns;
  if (got.reason == want.reason && got.generation == want.generation &&
      got.retry_after <= want.retry_after && got.retry_after >= want.retry_after - grain)
    return "";
  return std::string{"refused as "} + to_string(got.reason) + " for " +
         std::to_string(got.retry_after.count()) + " ns: " + to_text(facts);
}

// ---- a machine that is driven by hand

struct Driven {
  explicit Driven(const Config& config) : machine{config} {}

  bool happens(const detail::Event& event) {
    Word seen = machine.word.load(detail::acquire);
    for (;;) {
      const Machine::Attempt attempt = event.kind < EventKind::trip
                                           ? machine.try_once<false>(seen, event, now)
                                           : machine.try_once<true>(seen, event, now);
      if (attempt.is_overtaken) continue;
      if (attempt.is_transition()) machine.keep(attempt, now, {});
      return attempt.step.takes_effect;
    }
  }
  /// On a call of the current stay.
  bool happens(EventKind kind) { return happens({kind, stay()}); }
  void asked(std::chrono::nanoseconds wait) { machine.note_asked(stay(), wait.count(), now); }

  [[nodiscard]] StayId stay() const { return StayId::of(machine.word.load(detail::acquire)); }
  [[nodiscard]] Transition last() const {
    detail::Record::Cause cause{};
    return machine.last.load(0, cause, machine.word.load(detail::relaxed));
  }

  Machine machine;
  Ticks now = 12'345'678;  // not a whole millisecond
};

}  // namespace

TEST_CASE("a call is refused if, and only if, the rules do not let it in, and told why") {
  const auto named = word_model::configs()[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  const Ticks now = word_model::times[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  const bool may_probe = GENERATE(true, false);
  CAPTURE(named.name, now, may_probe);
  const Model model{named.config};
  const Machine machine{named.config};

  std::string wrong;
  for (Facts facts : word_model::all_words(model, now)) {
    facts.generation = word_model::last_generation;
    if (wrong.empty()) wrong = difference(machine, model, facts, now, may_probe);
  }

  CHECK(wrong == "");
}

TEST_CASE("a call that a forced-open circuit refuses waits for as long as settings allow") {
  const auto named = word_model::configs()[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(named.name);
  CircuitBreaker circuit{named.config, ManualClock{}};
  circuit.force_open();

  const Rejection refused = circuit.try_acquire().rejection();

  CHECK(refused.reason == RejectionReason::forced_open);
  CHECK(refused.retry_after == Model{named.config}.longest_wait());
  CHECK(circuit.try_acquire(never_probe).rejection() == refused);
}

TEST_CASE("while probes are out, a caller is told 100 ms, or the first lease if it is shorter") {
  const Word busy = word_model::encode({.state = State::half_open, .held = 1});
  const auto hint = [&](Duration lease) {
    const Machine machine{Config{.probe_lease = lease}};
    return detail::refusal(busy, 0, machine.gate()).rejection().retry_after;
  };

  CHECK(hint(1h) == 100ms);
  CHECK(hint(200ms) == 100ms);
  CHECK(hint(1ns) == 1ns);
  CHECK(hint(65'536ns) == 65'536ns);
}

// ---- asked waits

TEST_CASE("an answer that asks to wait is heeded by the opening that it causes, up to the cap") {
  for (const auto& [asked, waited] : {std::pair{20s, 30s}, {31s, 31s}, {60s, 60s}, {61s, 60s}}) {
    Driven circuit{Config{.open_for = 30s, .retry_after_max = 60s}};

    circuit.asked(asked);
    circuit.happens(EventKind::policy_trips);

    CHECK(circuit.last().open_for == waited);
  }
}

TEST_CASE("of what answers ask for the latest time counts, while it is ahead") {
  Driven circuit{Config{.open_for = 1s}};
  circuit.asked(20s);
  circuit.now += 5 * s;
  circuit.asked(10s);
  circuit.now += 1 * s;

  circuit.happens(EventKind::policy_trips);

  CHECK(circuit.last().open_for == 14s);
}

TEST_CASE("a time that has passed is asked for no longer, and makes room for a new one") {
  Driven circuit{Config{.open_for = 1s}};
  circuit.asked(20s);
  circuit.now += 21 * s;
  circuit.asked(3s);

  circuit.happens(EventKind::policy_trips);

  CHECK(circuit.last().open_for == 3s);
}

TEST_CASE("what was asked in one stay is forgotten in the next") {
  Driven circuit{Config{.open_for = 1s}};
  const StayId before = circuit.stay();
  circuit.asked(20s);
  circuit.happens(EventKind::reset);
  circuit.machine.note_asked(before, 20 * s, circuit.now);

  circuit.happens(EventKind::policy_trips);

  CHECK(circuit.last().open_for == 1s);
}

TEST_CASE("a recovery is one stay: what a probe asks for counts, before its lease ends and after") {
  Driven circuit{Config{.open_for = 1s, .reopen_after = 2}};
  circuit.happens(EventKind::trip);
  circuit.now += 2 * s;
  circuit.happens(EventKind::arrive);
  const StayId first = circuit.stay();
  const bool asks_before = GENERATE(true, false);

  if (asks_before) circuit.asked(20s);
  circuit.now += 1 * s;
  REQUIRE(circuit.happens(EventKind::arrive));
  REQUIRE(circuit.stay() != first);
  if (!asks_before) circuit.machine.note_asked(first, 19 * s, circuit.now);
  circuit.happens({EventKind::failure, first});
  circuit.happens(EventKind::failure);

  CHECK(circuit.last().open_for == 19s);
}

TEST_CASE("a probe of another recovery asks for nothing") {
  Driven circuit{Config{.open_for = 1s}};
  circuit.happens(EventKind::trip);
  circuit.now += 2 * s;
  circuit.happens(EventKind::arrive);
  const StayId before = circuit.stay();
  circuit.happens(EventKind::failure);
  circuit.now += 2 * s;
  circuit.happens(EventKind::arrive);

  circuit.machine.note_asked(before, 20 * s, circuit.now);
  circuit.happens(EventKind::failure);

  CHECK(circuit.last().open_for == 1s);
}

// ---- flapping

TEST_CASE("a circuit that trips again soon waits longer, one that was closed for long does not") {
  Driven circuit{Config{.open_for = Backoff{.first = 1s}}};
  const auto recover = [&] {
    circuit.now += nanoseconds{circuit.last().open_for}.count() + ms;
    circuit.happens(EventKind::arrive);
    circuit.happens(EventKind::success);
    REQUIRE(circuit.stay().state() == State::closed);
  };

  for (const auto waited : {1s, 2s, 4s, 8s}) {
    circuit.happens(EventKind::policy_trips);
    CHECK(circuit.last().open_for == waited);
    recover();
  }
  circuit.now += 8 * s - 1;
  circuit.happens(EventKind::policy_trips);
  CHECK(circuit.last().open_for == 16s);
  recover();
  circuit.now += 16 * s;
  circuit.happens(EventKind::policy_trips);
  CHECK(circuit.last().open_for == 1s);
}

TEST_CASE("a circuit whose closing is not on record yet has just been closed") {
  Driven circuit{Config{.open_for = Backoff{.first = 1s}}};
  circuit.happens(EventKind::trip);
  circuit.now += 2 * s;
  circuit.happens(EventKind::arrive);
  Word seen = circuit.machine.word.load(detail::acquire);
  const detail::Event success{EventKind::success, circuit.stay()};
  while (circuit.machine.try_once<false>(seen, success, circuit.now).is_overtaken) {
  }  // not kept
  circuit.now += 1'000 * s;

  circuit.happens(EventKind::policy_trips);

  CHECK(circuit.last().open_for == 2s);
}

// ---- what is kept of a transition

TEST_CASE("a lost probe is told and counted, and does not replace what is on record") {
  Driven circuit{Config{.open_for = 1s}};
  circuit.happens(EventKind::trip);
  circuit.now += 2 * s;
  circuit.happens(EventKind::arrive);
  const Transition before = circuit.last();
  circuit.now += 2 * s;

  circuit.happens(EventKind::arrive);

  Transition after = circuit.last();
  CHECK(circuit.machine.transitions.load(detail::relaxed) == 3);
  CHECK(after.generation == before.generation + 1);
  after.generation = before.generation;
  CHECK(after == before);
}
