// next(), enumerated: every state, every event, every payload that lies at a boundary.
#include "breaker/core/word.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "unit/core/word_model.hpp"

using namespace breaker;
using namespace std::chrono_literals;
using detail::Event;
using detail::EventKind;
using detail::Rules;
using detail::Step;
using detail::Word;
using word_model::Facts;
using word_model::power;

namespace {

constexpr Ticks ms = 1'000'000;
constexpr std::uint64_t last_generation = (1u << 21) - 1;

/// Times at which the clock, in whole milliseconds, is at home, negative, and about to wrap.
const std::vector<Ticks> times = {0, -5'000'000'001, 1'700'000'000'123'456'789,
                                  static_cast<Ticks>(power(35)) * ms - 1};

// ---- all words of a state whose payload lies at a boundary

std::vector<Facts> open_words(const word_model::Model& model, Ticks now) {
  const std::uint64_t here = word_model::Model::deadline(now, 0);
  const std::uint64_t longest = model.longest_wait_in_ms();
  std::vector<Facts> all;
  for (const std::uint64_t step : {0u, 1u, 29u, 30u, 31u}) {
    for (const std::uint64_t ahead :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, longest - 1, longest, longest + 1,
          longest + 2, longest + 3, power(34), power(34) + 1, power(34) + 2, power(34) + 3,
          power(35) - 2, power(35) - 1}) {
      all.push_back({.state = State::open,
                     .generation = 0,
                     .step = step,
                     .deadline = (here + ahead) % power(35)});
    }
  }
  return all;
}

std::set<std::uint64_t> around(std::uint64_t limit) { return {0, 1, limit - 1, limit, 127}; }

std::vector<Facts> half_open_words(const word_model::Model& model, Ticks now) {
  const std::uint64_t here = model.stamp(now);
  const std::uint64_t lease = model.lease_units();
  std::vector<Facts> all;
  for (const std::uint64_t step : {0u, 1u, 29u, 30u, 31u})
    for (const std::uint64_t held : around(model.probes()))
      for (const std::uint64_t good : around(model.close_after()))
        for (const std::uint64_t bad : around(model.reopen_after()))
          for (const std::uint64_t ago :
               {std::uint64_t{0}, std::uint64_t{1}, lease - 1, lease, lease + 1, power(14) - 1}) {
            all.push_back({.state = State::half_open,
                           .generation = 0,
                           .step = step,
                           .held = held,
                           .good = good,
                           .bad = bad,
                           .granted = (here + power(14) - ago) % power(14)});
          }
  return all;
}

std::vector<Facts> plain_words() {
  std::vector<Facts> all = {{.state = State::forced_open}, {.state = State::disabled}};
  for (const std::uint64_t policy : {std::uint64_t{0}, std::uint64_t{1}, power(40) - 1}) {
    all.push_back({.state = State::closed, .policy = policy});
  }
  return all;
}

std::vector<Event> events_for(const Facts& facts, const Config& config) {
  const std::uint64_t own = word_model::id_of(facts);
  std::vector<Event> all = {{EventKind::arrive},
                            {EventKind::trip, {}, 0, 7},
                            {EventKind::trip_for, {}, 1},
                            {EventKind::trip_for, {}, detail::longest_wait},
                            {EventKind::force_open},
                            {EventKind::disable},
                            {EventKind::reset}};
  const std::uint64_t strangers[] = {own ^ 1, own ^ (1 << 3), own ^ (last_generation << 3), 7};
  for (const EventKind kind :
       {EventKind::success, EventKind::ignored, EventKind::failure, EventKind::policy_trips}) {
    all.push_back({kind, StayId::begun_by(own)});
    for (const std::uint64_t id : strangers) all.push_back({kind, StayId::begun_by(id), 0, 7});
  }
  for (const EventKind kind : {EventKind::failure, EventKind::policy_trips}) {
    const Ticks first = config.open_for.backoff().first.ticks();
    const Ticks most = config.retry_after_max.ticks();
    for (const Ticks wait : {Ticks{-1}, first - 1, first + 1, most - 1, most, most + 1}) {
      all.push_back({kind, StayId::begun_by(own), wait, 7});
    }
  }
  return all;
}

// ---- the comparison

/// **Returns** what next() does differently from the model, or nothing.
std::string difference(const word_model::Model& model, const Rules& rules, const Facts& facts,
                       const Event& event, Ticks now) {
  const Word word = word_model::encode(facts);
  const Step step = detail::next(word, event, now, rules);
  const word_model::Answer answer = model.answer(facts, event, now);

  Facts expected = answer.facts;
  const bool opens = answer.takes_effect && answer.facts.state == State::open;
  if (opens) expected.deadline = word_model::Model::deadline(now, step.wait);
  const Ticks wait = step.deadline != 0 ? detail::ticks_until(step.deadline, now) : step.wait;
  const bool wait_fits = wait >= answer.shortest_wait && wait <= answer.longest_wait;
  if (step.word == word_model::encode(expected) && step.takes_effect == answer.takes_effect &&
      step.reason == answer.reason && wait_fits)
    return {};
  return "at " + std::to_string(now) + " event " + std::to_string(static_cast<int>(event.kind)) +
         " id " + std::to_string(event.id.clean_word()) + " wait " + std::to_string(event.wait) +
         "\n  on   " + to_text(facts) + "\n  want " + to_text(expected) + " reason " +
         to_string(answer.reason) + "\n  got  word " + std::to_string(step.word) + " reason " +
         to_string(step.reason) + " wait " + std::to_string(wait);
}

/// **Returns** which invariant of every single step this one breaks, or nothing.
std::string broken_invariant(const Rules& rules, Word word, const Step& step) {
  const std::uint64_t passed =
      (StayId::of(step.word).generation() - StayId::of(word).generation()) & last_generation;
  const bool moves = step.reason != Reason::none;
  if (passed != (moves ? 1 : 0)) return "a transition, and nothing else, begins one generation";
  if (moves && !step.takes_effect) return "a transition takes effect";
  if (!step.takes_effect && step.word != word) return "what takes no effect writes nothing";
  if ((step.wait != 0 || step.deadline != 0) && detail::state_of(step.word) != State::open)
    return "only open waits";
  if (step.wait != 0 && step.deadline != 0) return "a wait begins, or it goes on";
  const auto held_in = [](Word half_open) { return (half_open >> 29) & 127; };
  if (detail::state_of(step.word) != State::half_open) return {};
  const bool was_within =
      detail::state_of(word) != State::half_open || held_in(word) <= rules.probes;
  if (was_within && held_in(step.word) > rules.probes) return "no more probes than slots";
  return {};
}

struct NamedConfig {
  const char* name;
  Config config;
};

const std::vector<NamedConfig> configs = {
    {"defaults", {}},
    {"three probes", {.open_for = 10s, .probes = 3, .close_after = 2, .reopen_after = 3}},
    {"127 of each",
     {.open_for = 1s, .probes = 127, .close_after = 127, .reopen_after = 127, .probe_lease = 7min}},
    {"backoff", {.open_for = Backoff{.first = 1s, .factor = 3, .max = 100s}}},
    {"backoff with jitter, asked waits short",
     {.open_for = Backoff{.first = 1500us, .factor = 2, .max = 1h, .jitter = {1, 2}, .seed = 9},
      .probes = 2,
      .retry_after_max = 100ms}},
    {"longest and shortest",
     {.open_for = Backoff{.first = 1ns, .factor = 100, .max = std::chrono::milliseconds{1LL << 34}},
      .probe_lease = 1ns,
      .retry_after_max = std::chrono::milliseconds{1LL << 34}}}};

}  // namespace

TEST_CASE("each step of the state word is that of the rules said in plain words") {
  const NamedConfig& named = configs[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  const Ticks now = times[GENERATE(range(std::size_t{0}, std::size_t{4}))];
  CAPTURE(named.name, now);
  const word_model::Model model{named.config};
  const Rules rules{named.config};
  std::vector<Facts> words = plain_words();
  for (const auto& more : {open_words(model, now), half_open_words(model, now)})
    words.insert(words.end(), more.begin(), more.end());

  std::uint64_t steps = 0;
  std::string wrong;
  for (Facts facts : words) {
    for (const std::uint64_t generation : {std::uint64_t{0}, last_generation}) {
      facts.generation = generation;
      for (const Event& event : events_for(facts, named.config)) {
        ++steps;
        if (wrong.empty()) wrong = difference(model, rules, facts, event, now);
      }
    }
  }

  CHECK(wrong == "");
  CHECK(steps > 40'000);
}

TEST_CASE("each step keeps the invariants of the state word") {
  const NamedConfig& named = configs[GENERATE(range(std::size_t{0}, std::size_t{6}))];
  CAPTURE(named.name);
  const word_model::Model model{named.config};
  const Rules rules{named.config};
  std::vector<Facts> words = plain_words();
  for (const auto& more : {open_words(model, 0), half_open_words(model, 0)})
    words.insert(words.end(), more.begin(), more.end());

  std::string broken;
  for (Facts facts : words) {
    facts.generation = last_generation;
    const Word word = word_model::encode(facts);
    for (const Event& event : events_for(facts, named.config)) {
      if (broken.empty())
        broken = broken_invariant(rules, word, detail::next(word, event, 0, rules));
    }
  }

  CHECK(broken == "");
}

TEST_CASE("a number that is no state admits nobody and moves nowhere by itself") {
  const Rules rules{Config{}};

  for (const Word state : {5u, 6u, 7u}) {
    const Word word = state | 12u << 3;
    for (const EventKind kind : {EventKind::arrive, EventKind::success, EventKind::failure,
                                 EventKind::ignored, EventKind::policy_trips}) {
      const Step step = detail::next(word, {kind, StayId::begun_by(word)}, 0, rules);
      CHECK(step.word == word);
      CHECK_FALSE(step.takes_effect);
    }
  }
}

// ---- the rows that explain the library, at compile time

namespace {

constexpr Rules rules_of_three{Config{.open_for = 10s, .probes = 3, .close_after = 2}};

constexpr Word closed_at(std::uint64_t generation) {
  return word_model::encode({.state = State::closed, .generation = generation});
}
constexpr Word open_until(std::uint64_t deadline_ms) {
  // Milliseconds are numbered from the earliest time of a clock.
  const std::uint64_t number = (deadline_ms + power(63) / 1'000'000) % power(35);
  return word_model::encode({.state = State::open, .generation = 5, .deadline = number});
}
constexpr Facts probing{.state = State::half_open, .generation = 6, .held = 3};

constexpr Step on(Word word, EventKind kind, Ticks now = 0, Ticks wait = 0) {
  return detail::next(word, {kind, StayId::of(word), wait}, now, rules_of_three);
}
constexpr Step on(Facts facts, EventKind kind, Ticks now = 0) {
  return on(word_model::encode(facts), kind, now);
}

// closed → open, with a deadline in whole milliseconds, rounded up.
static_assert(on(closed_at(4), EventKind::policy_trips).word == open_until(10'000));
static_assert(on(closed_at(4), EventKind::policy_trips, 1).word == open_until(10'001));
static_assert(on(closed_at(4), EventKind::policy_trips).reason == Reason::policy);
static_assert(on(closed_at(last_generation), EventKind::reset).word == closed_at(0));
// An answer may ask for a longer wait, up to five minutes.
static_assert(on(closed_at(4), EventKind::policy_trips, 0, 20'000 * ms).word == open_until(20'000));
static_assert(on(closed_at(4), EventKind::policy_trips, 0, 9'000 * ms).word == open_until(10'000));
static_assert(on(closed_at(4), EventKind::policy_trips, 0, 1'000'000 * ms).word ==
              open_until(300'000));
// open → half-open, not a nanosecond early.
static_assert(!on(open_until(10'000), EventKind::arrive, 10'000 * ms - 1).takes_effect);
static_assert(on(open_until(10'000), EventKind::arrive, 10'000 * ms).reason == Reason::wait_over);
static_assert(!on(open_until(10'000), EventKind::trip).takes_effect);
// half-open: the slots are full, a verdict frees one, the second good probe closes, a bad one
// opens.
static_assert(!on(probing, EventKind::arrive).takes_effect);
static_assert(on(on(probing, EventKind::ignored).word, EventKind::arrive).takes_effect);
static_assert(on(probing, EventKind::success).reason == Reason::none);
static_assert(on(on(probing, EventKind::success).word, EventKind::success).word == closed_at(7));
static_assert(on(probing, EventKind::failure).reason == Reason::probes_failed);
static_assert(on(probing, EventKind::arrive, 10'000 * ms).reason == Reason::probe_lost);
// By hand.
static_assert(on(closed_at(4), EventKind::force_open).word == (3 | 5 << 3));
static_assert(on(Word{3 | 5 << 3}, EventKind::force_open).word == (3 | 5 << 3));
static_assert(on(Word{3 | 5 << 3}, EventKind::arrive).takes_effect == false);
static_assert(on(Word{3 | 5 << 3}, EventKind::disable).word == (4 | 6 << 3));
static_assert(on(Word{4 | 6 << 3}, EventKind::arrive).takes_effect);
static_assert(on(Word{4 | 6 << 3}, EventKind::trip).takes_effect == false);

}  // namespace

TEST_CASE("an event of no kind changes nothing, in no state") {
  for (const Word word : {closed_at(4), open_until(10'000), word_model::encode(probing)}) {
    const Step step = on(word, static_cast<EventKind>(99));

    CHECK(step.word == word);
    CHECK_FALSE(step.takes_effect);
  }
}
